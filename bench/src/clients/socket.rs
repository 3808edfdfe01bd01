//! The limit of the socket: one blocking thread writes prepared bytes, and counts and discards the received ones.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};

use crate::engine::Process;
use crate::summary::Summary;
use crate::work::{ECHO_LINE, LOAD_PIECE, Workload};

/// The number of bytes that are read at once.
const READ_SIZE: usize = 64 * 1024;

/// A socket that stays open for small requests, and a new one for each stream.
#[derive(Clone, Debug)]
pub struct Client {
    path: Arc<PathBuf>,
    kept: Arc<Mutex<Option<UnixStream>>>,
}

impl Client {
    pub(super) fn connect(engine: &Process) -> Self {
        Self { path: engine.socket().into(), kept: Arc::default() }
    }

    pub(super) fn run(&self, work: Workload, summary: &mut Summary) -> Result<()> {
        match work {
            Workload::Ping | Workload::Version | Workload::List(_) | Workload::Inspect => {
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                let stream = match &mut *kept {
                    Some(stream) => stream,
                    None => kept.insert(UnixStream::connect(&*self.path)?),
                };
                ask(stream, work, "")?;
                answer(stream, summary)
            }
            Workload::Echo(lines) => self.echo(lines, summary),
            _ => {
                let mut stream = UnixStream::connect(&*self.path)?;
                if let Workload::Load(bytes) = work {
                    ask(&mut stream, work, &format!("Content-Length: {bytes}\r\n"))?;
                    let piece = vec![b'x'; LOAD_PIECE];
                    for _ in 0..bytes / LOAD_PIECE as u64 {
                        stream.write_all(&piece)?;
                    }
                } else {
                    ask(&mut stream, work, "")?;
                }
                let mut buffer = vec![0; READ_SIZE];
                loop {
                    match stream.read(&mut buffer)? {
                        0 => return Ok(()),
                        count => summary.piece(0, &buffer[..count]),
                    }
                }
            }
        }
    }

    fn echo(&self, lines: u32, summary: &mut Summary) -> Result<()> {
        let mut stream = UnixStream::connect(&*self.path)?;
        let headers = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
        ask(&mut stream, Workload::Echo(lines), headers)?;
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer)?;
        ensure!(buffer[..count].ends_with(b"\r\n\r\n"), "the head was not received in one read");
        let mut frame = [0; 8 + ECHO_LINE.len()];
        for _ in 0..lines {
            stream.write_all(ECHO_LINE)?;
            stream.read_exact(&mut frame)?;
            summary.piece(1, &frame[8..]);
        }
        Ok(())
    }
}

/// Only small requests and the echo keep the connection.
fn ask(stream: &mut UnixStream, work: Workload, headers: &str) -> Result<()> {
    let (method, target) = work.request();
    let close = match work {
        Workload::Ping
        | Workload::Version
        | Workload::List(_)
        | Workload::Inspect
        | Workload::Echo(_) => "",
        _ => "Connection: close\r\n",
    };
    let head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}{close}\r\n");
    Ok(stream.write_all(head.as_bytes())?)
}

/// Reads a response with a `Content-Length`.
fn answer(stream: &mut UnixStream, summary: &mut Summary) -> Result<()> {
    let mut buffer = vec![0; READ_SIZE];
    let mut filled = 0;
    let (start, length) = loop {
        let count = stream.read(&mut buffer[filled..])?;
        ensure!(count > 0, "the connection ended within a head");
        filled += count;
        if let Some(at) = buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") {
            let head = std::str::from_utf8(&buffer[..at])?;
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("Content-Length: "))
                .context("no length")?;
            break (at + 4, length.parse::<usize>()?);
        }
    };
    summary.piece(0, &buffer[start..filled]);
    let mut missing = length - (filled - start);
    while missing > 0 {
        let count = stream.read(&mut buffer)?;
        ensure!(count > 0, "the connection ended within a body");
        summary.piece(0, &buffer[..count]);
        missing -= count;
    }
    Ok(())
}
