//! The messages of one direction of a call: framing, sending with flow control, and reading.

use std::future::poll_fn;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::{RecvStream, SendStream};
use http::HeaderMap;
use prost::Message;

use super::{Code, Status};

/// The number of bytes of messages that are collected before they are sent.
pub(crate) const BATCH: usize = 60 * 1024;

/// The length of the header of a message: one byte for flags and four for the length.
const HEADER: usize = 5;

/// The maximum length of a message that is read, in bytes. Engines send at most 16 MiB.
const LIMIT: usize = 16 << 20;

/// Appends a message with its header.
pub(crate) fn encode(message: &impl Message, out: &mut BytesMut) -> Result<(), Status> {
    let length = message.encoded_len();
    let header = u32::try_from(length)
        .map_err(|_| Status::new(Code::RESOURCE_EXHAUSTED, "a message is longer than 4 GiB"))?;
    out.reserve(HEADER + length);
    out.put_u8(0);
    out.put_u32(header);
    message.encode(out).map_err(|error| Status::new(Code::INTERNAL, error.to_string()))
}

/// The messages that the peer sends.
pub(crate) struct Messages {
    body: RecvStream,
    buffer: BytesMut,
}

impl Messages {
    pub(super) fn new(body: RecvStream) -> Self {
        Self { body, buffer: BytesMut::new() }
    }

    /// Returns the next message, or `None` after the last one.
    ///
    /// This method is cancel safe: the part of a message that has arrived stays in the buffer.
    pub(crate) async fn next<M: Message + Default>(&mut self) -> Result<Option<M>, Status> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(M::decode(message)?));
            }
            match self.body.data().await {
                Some(piece) => {
                    let piece = piece?;
                    self.body.flow_control().release_capacity(piece.len())?;
                    self.buffer.extend_from_slice(&piece);
                }
                None if self.buffer.is_empty() => return Ok(None),
                None => {
                    return Err(Status::new(
                        Code::UNAVAILABLE,
                        "the connection ended within a message",
                    ));
                }
            }
        }
    }

    /// Returns the trailers. Call it after the last message.
    pub(super) async fn trailers(&mut self) -> Result<Option<HeaderMap>, Status> {
        Ok(self.body.trailers().await?)
    }

    fn take(&mut self) -> Result<Option<Bytes>, Status> {
        let Some((&[flag, a, b, c, d], _)) = self.buffer.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        if flag != 0 {
            return Err(Status::new(Code::UNIMPLEMENTED, "compressed messages are not supported"));
        }
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length > LIMIT {
            let message = format!("a message of {length} bytes is longer than {LIMIT} bytes");
            return Err(Status::new(Code::RESOURCE_EXHAUSTED, message));
        }
        if self.buffer.len() < HEADER + length {
            return Ok(None);
        }
        self.buffer.advance(HEADER);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}

/// Sends messages to the peer, as fast as it accepts them.
pub(crate) struct Sink {
    stream: SendStream<Bytes>,
}

impl Sink {
    pub(super) fn new(stream: SendStream<Bytes>) -> Self {
        Self { stream }
    }

    /// Sends one message.
    pub(crate) async fn send(&mut self, message: &impl Message) -> Result<(), Status> {
        let mut frame = BytesMut::new();
        encode(message, &mut frame)?;
        self.send_frames(frame.freeze()).await
    }

    /// Sends framed messages.
    pub(crate) async fn send_frames(&mut self, mut frames: Bytes) -> Result<(), Status> {
        while !frames.is_empty() {
            self.stream.reserve_capacity(frames.len());
            let capacity = poll_fn(|cx| self.stream.poll_capacity(cx)).await;
            let Some(capacity) = capacity else {
                return Err(Status::new(Code::CANCELLED, "the peer closed the call"));
            };
            let piece = frames.split_to(capacity?.min(frames.len()));
            if !piece.is_empty() {
                self.stream.send_data(piece, false)?;
            }
        }
        Ok(())
    }

    /// Ends this direction without trailers.
    pub(super) fn close(&mut self) -> Result<(), Status> {
        Ok(self.stream.send_data(Bytes::new(), true)?)
    }

    /// Ends the call with trailers.
    pub(super) fn finish(&mut self, trailers: HeaderMap) -> Result<(), Status> {
        Ok(self.stream.send_trailers(trailers)?)
    }
}
