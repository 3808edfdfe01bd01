//! The source of the bytes of a stream: the body of a response, or an upgraded connection.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use docker_api::{ByteStream, Error, Target, UpgradedReader};
use futures_core::Stream;
use tokio::io::AsyncReadExt;

/// The number of bytes that are read from an upgraded connection at once.
const READ_SIZE: usize = 16 * 1024;

pub(crate) enum Chunks {
    Body(ByteStream),
    Upgraded { target: Target, reader: UpgradedReader, buffer: BytesMut },
}

impl Chunks {
    pub(crate) fn upgraded(target: Target, reader: UpgradedReader) -> Self {
        Self::Upgraded { target, reader, buffer: BytesMut::new() }
    }

    pub(crate) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        match self {
            Self::Body(body) => Pin::new(body).poll_next(cx),
            Self::Upgraded { target, reader, buffer } => {
                buffer.reserve(READ_SIZE);
                Poll::Ready(match ready!(pin!(reader.read_buf(buffer)).poll(cx)) {
                    Ok(0) => None,
                    Ok(_) => Some(Ok(buffer.split().freeze())),
                    // The transport may already have made an `Error` of it.
                    Err(error) => Some(Err(error.downcast::<Error>().unwrap_or_else(|error| {
                        Error::communication(target.clone(), "reading the output", error)
                    }))),
                })
            }
        }
    }
}
