//! The frames of a multiplexed stream, which carries standard output and standard error over one connection.

use bytes::{BufMut, Bytes, BytesMut};

/// The stream that a frame belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard input that is echoed.
    Stdin,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// An error of the engine, whose payload is the message.
    Error,
}

/// Returns one frame: a header of eight bytes, and the payload.
pub fn frame(stream: Stream, payload: impl AsRef<[u8]>) -> Bytes {
    let payload = payload.as_ref();
    let mut frame = BytesMut::with_capacity(8 + payload.len());
    frame.put_u8(stream as u8);
    frame.put_bytes(0, 3);
    frame.put_u32(u32::try_from(payload.len()).unwrap_or(u32::MAX));
    frame.put_slice(payload);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_stream_and_length_before_the_payload() {
        assert_eq!(frame(Stream::Stderr, "hi"), &b"\x02\0\0\0\0\0\0\x02hi"[..]);
        assert_eq!(frame(Stream::Stdout, ""), &b"\x01\0\0\0\0\0\0\0"[..]);
    }
}
