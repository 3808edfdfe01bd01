//! One connection to the fake engine: reads requests and writes prepared responses.

use std::io;
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::head::{Head, Length};
use super::replies::{Replies, Reply};
use crate::fixture::Block;

/// The number of bytes that are read at once.
const READ_SIZE: usize = 256 * 1024;

/// Serves requests until the client closes the connection.
pub(super) async fn serve<S>(stream: S, replies: Rc<Replies>) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = Connection { stream, input: BytesMut::new() };
    loop {
        let head = loop {
            if let Some(head) = Head::parse(&connection.input)? {
                break head;
            }
            if !connection.fill().await? {
                return Ok(());
            }
        };
        connection.input.advance(head.size);
        let received = connection.discard(head.body).await?;
        match replies.to(&head, received)? {
            Reply::Canned(bytes) => connection.stream.write_all(&bytes).await?,
            Reply::Stream { head, block, count } => {
                connection.stream.write_all(head.as_bytes()).await?;
                connection.send(&block, count).await?;
            }
            Reply::Echo => return connection.echo().await,
        }
        // TLS may have buffered the end.
        connection.stream.flush().await?;
        if head.close {
            return Ok(connection.stream.shutdown().await?);
        }
    }
}

struct Connection<S> {
    stream: S,
    input: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Reads more bytes. Returns `false` at the end.
    async fn fill(&mut self) -> io::Result<bool> {
        // A connection with small requests needs no large buffer.
        self.input.reserve(if self.input.capacity() == 0 { 1024 } else { READ_SIZE });
        Ok(self.stream.read_buf(&mut self.input).await? > 0)
    }

    /// Reads and discards the body of a request, and returns its length in bytes.
    async fn discard(&mut self, length: Length) -> Result<u64> {
        match length {
            Length::Known(bytes) => self.skip(bytes).await.map(|()| bytes),
            Length::Chunked => {
                let mut received = 0;
                loop {
                    let size = self.chunk_size().await?;
                    self.skip(size + 2).await?;
                    received += size;
                    if size == 0 {
                        return Ok(received);
                    }
                }
            }
        }
    }

    async fn chunk_size(&mut self) -> Result<u64> {
        loop {
            if let Some(end) = self.input.windows(2).take(32).position(|two| two == b"\r\n") {
                let text = std::str::from_utf8(&self.input[..end])?;
                let size = u64::from_str_radix(text, 16).with_context(|| format!("{text:?}"))?;
                self.input.advance(end + 2);
                return Ok(size);
            }
            if !self.fill().await? {
                bail!("the connection ended within a chunk");
            }
        }
    }

    async fn skip(&mut self, mut bytes: u64) -> Result<()> {
        loop {
            let here = bytes.min(self.input.len() as u64);
            self.input.advance(here as usize);
            bytes -= here;
            if bytes == 0 {
                return Ok(());
            }
            if !self.fill().await? {
                bail!("the connection ended within a body");
            }
        }
    }

    async fn send(&mut self, block: &Block, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let now = count.min(block.len() as u64);
            self.stream.write_all(block.first(now as usize)).await?;
            count -= now;
        }
        self.stream.write_all(b"0\r\n\r\n").await
    }

    /// Sends back the received bytes, each piece as a frame of standard output.
    async fn echo(mut self) -> Result<()> {
        self.stream
            .write_all(
                b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\n\
                  Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
            )
            .await?;
        let mut frame = Vec::new();
        while !self.input.is_empty() || self.fill().await? {
            frame.clear();
            frame.extend_from_slice(&[1, 0, 0, 0]);
            frame.extend_from_slice(&(self.input.len() as u32).to_be_bytes());
            frame.extend_from_slice(&self.input);
            self.input.clear();
            self.stream.write_all(&frame).await?;
            self.stream.flush().await?;
        }
        Ok(())
    }
}
