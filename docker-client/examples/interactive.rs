//! `docker run --interactive --tty --rm busybox sh`
//!
//! Arguments: the image (`busybox`) and the command (by default, that of the image).
//!
//! Every key is sent to the container, including ctrl-c. ctrl-p ctrl-q detaches and leaves the container running. The terminal of
//! the container always has the size of the local one, and the program exits with the exit code of the container.

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
        125 // The code of `docker run` for errors other than those of the command.
    });
    // A thread may still be waiting for the next key, so returning from `main` could block.
    std::process::exit(i32::try_from(code).unwrap_or(125));
}

async fn run(image: String, command: Vec<String>) -> Result<i64, Box<dyn Error>> {
    if !stdin().is_terminal() {
        return Err("standard input is not a terminal".into());
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
    // The output ends when the container exits or the user detaches. The event distinguishes the two.
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

/// Sets the size of the container's terminal to that of the local one: at the start, because engines below API 1.42 ignore the
/// initial size, and whenever it changes.
async fn keep_size(terminal: Terminal) -> std::io::Result<()> {
    #[cfg(unix)]
    let mut changed = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::window_change())?
    };
    loop {
        let (columns, rows) = size()?;
        // This fails if the container has just exited.
        let _ = terminal.resize(TerminalSize { rows, columns }).await;
        #[cfg(unix)]
        changed.recv().await;
        // There is no signal for a change of the size.
        #[cfg(not(unix))]
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
}

/// The raw mode of the terminal, in which every key is read at once. Dropping this restores the previous mode.
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
