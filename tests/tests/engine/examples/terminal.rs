//! A terminal, as a user has it, with a program in it.

use std::time::Duration;

use engines::case::Stop;
use engines::example::example;
use pty_process::{Pts, Pty, Size};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;

/// The maximum time that a test waits for something to appear.
const LIMIT: Duration = Duration::from_secs(30);

/// A pseudo-terminal. What runs in it is killed when it is dropped.
pub(super) struct Terminal {
    pty: Pty,
    free: Option<Pts>,
    child: Option<Child>,
    seen: String,
    /// The end of what was expected so far.
    at: usize,
}

impl Terminal {
    /// An empty one of this many rows and columns.
    pub(super) fn open(rows: u16, columns: u16) -> Result<Self, Stop> {
        let (pty, free) = pty_process::open()?;
        pty.resize(Size::new(rows, columns))?;
        Ok(Self { pty, free: Some(free), child: None, seen: String::new(), at: 0 })
    }

    /// Starts an example in it, with no other settings than these.
    pub(super) fn start(
        &mut self,
        name: &str,
        arguments: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<(), Stop> {
        let program = example(name)?;
        let command = pty_process::Command::new(program).args(arguments);
        self.spawn(command, settings)
    }

    /// Starts a shell in it, which runs the script. There the example is `$0`, and the arguments are `$@`.
    pub(super) fn start_shell(
        &mut self,
        script: &str,
        name: &str,
        arguments: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<(), Stop> {
        let command = pty_process::Command::new("/bin/sh").args(["-c", script]);
        self.spawn(command.arg(example(name)?).args(arguments), settings)
    }

    fn spawn(
        &mut self,
        command: pty_process::Command,
        settings: &[(&str, &str)],
    ) -> Result<(), Stop> {
        let free = self.free.take().ok_or("something was started in this terminal before")?;
        let command = command.env_clear().envs(settings.iter().copied()).kill_on_drop(true);
        self.child = Some(command.spawn(free)?);
        Ok(())
    }

    /// Types.
    pub(super) async fn send(&mut self, keys: &str) -> Result<(), Stop> {
        Ok(self.pty.write_all(keys.as_bytes()).await?)
    }

    /// Makes the window larger or smaller.
    pub(super) fn resize(&self, rows: u16, columns: u16) -> Result<(), Stop> {
        Ok(self.pty.resize(Size::new(rows, columns))?)
    }

    /// Waits until the text appears, after what was expected before, and returns what came in between.
    pub(super) async fn expect(&mut self, text: &str) -> Result<String, Stop> {
        let wait = async {
            loop {
                if let Some(found) = self.seen[self.at..].find(text) {
                    let between = self.seen[self.at..self.at + found].to_owned();
                    self.at += found + text.len();
                    return Some(between);
                }
                if !self.read().await {
                    return None;
                }
            }
        };
        let found = tokio::time::timeout(LIMIT, wait).await.ok().flatten();
        found.ok_or_else(|| Stop::Fail(format!("{text:?} did not appear: {:?}", self.seen)))
    }

    /// Waits until the program has exited; its exit code.
    pub(super) async fn exit_code(&mut self) -> Result<i32, Stop> {
        let wait = async { while self.read().await {} };
        if tokio::time::timeout(LIMIT, wait).await.is_err() {
            return Err(Stop::Fail(format!("it did not end: {:?}", self.seen)));
        }
        let child = self.child.as_mut().ok_or("nothing was started")?;
        Ok(child.wait().await?.code().ok_or("it was killed")?)
    }

    /// All that appeared so far.
    pub(super) fn seen(&self) -> &str {
        &self.seen
    }

    /// Reads what appears next; `false` if the program has ended, which Linux reports as an error.
    async fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.pty.read(&mut buffer).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
                true
            }
        }
    }
}
