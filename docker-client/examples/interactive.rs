//! `docker run --interactive --tty --rm busybox sh`
//!
//! Arguments: the image (`busybox`) and the command (that of the image). Every key goes to the container, ctrl-c as well;
//! ctrl-p ctrl-q detaches and leaves it running. The container's terminal has the size of this one, and the program exits
//! with the exit code of the container.

use std::error::Error;
use std::io::{IsTerminal, Write, stdin, stdout};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};
use docker_client::{Attached, Docker, Filters, Running, Terminal, TerminalSize, prelude::*};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let image = arguments.next().unwrap_or_else(|| "busybox".into());
    let code = run(image, arguments.collect()).await.unwrap_or_else(|error| {
        eprintln!("interactive: {error}");
        125 // as `docker run` where it is not the command that failed
    });
    // A thread may still wait for the next key, which is no reason to stay.
    std::process::exit(i32::try_from(code).unwrap_or(125));
}

async fn run(image: String, command: Vec<String>) -> Result<i64, Box<dyn Error>> {
    if !stdin().is_terminal() {
        return Err("standard input is no terminal".into());
    }
    let docker = Docker::connect()?;
    let mut run = docker.run(image).cmd(command).interactive(true).tty(true).remove(true);
    if let Ok(kind) = std::env::var("TERM") {
        run = run.env("TERM", kind);
    }
    let (columns, rows) = size()?;
    let run = run.tty_size(TerminalSize { rows, columns });
    let Running { container, attached, exit, .. } = run.start().await?;
    let Attached { mut input, mut output, terminal, .. } = attached;
    // The output ends when the container exits and when the user detaches. This is how to tell which it was.
    let detach = Filters::new().with("container", container.id()).with("event", "detach");
    let mut detached = docker.system_events().filters(detach).events().await?;

    let raw = Raw::enter()?;
    tokio::spawn(keep_size(terminal));
    tokio::spawn(async move { tokio::io::copy(&mut tokio::io::stdin(), &mut input).await });
    while let Some(piece) = output.next().await {
        stdout().write_all(piece?.bytes())?;
        stdout().flush()?;
    }
    drop(raw);

    tokio::select! {
        code = exit.code() => Ok(code?),
        _ = detached.next() => {
            println!("\ndetached from {}", container.id());
            Ok(0)
        }
    }
}

/// Tells the container's terminal the size of this one: at the start, where engines below API 1.42 are not told it
/// otherwise, and whenever it changes.
async fn keep_size(terminal: Terminal) -> std::io::Result<()> {
    #[cfg(unix)]
    let mut changed = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::window_change())?
    };
    loop {
        let (columns, rows) = size()?;
        // A container that has just exited has no terminal any more.
        let _ = terminal.resize(TerminalSize { rows, columns }).await;
        #[cfg(unix)]
        changed.recv().await;
        // Nobody tells there.
        #[cfg(not(unix))]
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
}

/// The terminal as long as it hands on each key as it is. Dropped, however that comes, the terminal is as it was before.
struct Raw;

impl Raw {
    fn enter() -> std::io::Result<Self> {
        enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
    }
}
