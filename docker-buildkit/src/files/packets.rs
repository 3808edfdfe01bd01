//! Packets to the engine, collected into large frames.

use bytes::{BufMut, Bytes, BytesMut};
use prost::encoding::{encode_varint, encoded_len_varint};
use tokio::sync::mpsc;

use crate::grpc::{BATCH, Status, encode};
use crate::proto::files::{Packet, kind};

/// The number of frames that may wait to be sent before the threads that produce them wait.
pub(super) const AHEAD: usize = 8;

/// The transfer has ended, and packets are no longer sent.
#[derive(Debug)]
pub(super) struct Ended;

/// Collects packets, on a thread that may block.
pub(super) struct Packets {
    frames: mpsc::Sender<Bytes>,
    buffer: BytesMut,
}

impl Packets {
    pub(super) fn new(frames: mpsc::Sender<Bytes>) -> Self {
        Self { frames, buffer: BytesMut::new() }
    }

    /// Adds a packet.
    pub(super) fn push(&mut self, packet: &Packet) -> Result<(), Ended> {
        // Only a packet of more than 4 GiB cannot be encoded.
        encode(packet, &mut self.buffer).map_err(|_| Ended)?;
        self.flush_if_full()
    }

    /// Adds a piece of a file. It has `length` bytes, which `fill` writes in place.
    pub(super) fn push_data<E>(
        &mut self,
        id: u32,
        length: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<Result<(), Ended>, E> {
        let kind = u64::from(kind::DATA.unsigned_abs());
        let (id, count) = (u64::from(id), length as u64);
        // A message in its frame: the fields `kind` (1), `id` (3) and `data` (4).
        let head =
            3 + encoded_len_varint(kind) + encoded_len_varint(id) + encoded_len_varint(count);
        let start = self.buffer.len();
        self.buffer.reserve(5 + head + length);
        self.buffer.put_u8(0);
        self.buffer.put_u32(u32::try_from(head + length).unwrap_or(u32::MAX));
        self.buffer.put_u8(1 << 3);
        encode_varint(kind, &mut self.buffer);
        self.buffer.put_u8(3 << 3);
        encode_varint(id, &mut self.buffer);
        self.buffer.put_u8(4 << 3 | 2);
        encode_varint(count, &mut self.buffer);
        let at = self.buffer.len();
        self.buffer.resize(at + length, 0);
        if let Err(error) = fill(&mut self.buffer[at..]) {
            self.buffer.truncate(start);
            return Err(error);
        }
        Ok(self.flush_if_full())
    }

    /// Sends the collected packets.
    pub(super) fn flush(&mut self) -> Result<(), Ended> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.frames.blocking_send(self.buffer.split().freeze()).map_err(|_| Ended)
    }

    fn flush_if_full(&mut self) -> Result<(), Ended> {
        if self.buffer.len() < BATCH { Ok(()) } else { self.flush() }
    }
}

/// Returns a packet in its frame.
pub(super) fn frame(packet: &Packet) -> Result<Bytes, Status> {
    let mut frame = BytesMut::new();
    encode(packet, &mut frame)?;
    Ok(frame.freeze())
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn a_piece_in_place_is_the_packet_that_prost_writes() {
        for (id, data) in
            [(0, Bytes::new()), (7, Bytes::from("abc")), (70_000, vec![1; 300].into())]
        {
            let (frames, mut taken) = mpsc::channel(1);
            let mut packets = Packets::new(frames);
            let filled = packets.push_data(id, data.len(), |out| {
                out.copy_from_slice(&data);
                Ok::<_, ()>(())
            });
            filled.unwrap().unwrap();
            packets.flush().unwrap();
            let frame = taken.try_recv().unwrap();
            let packet = Packet { kind: kind::DATA, id, data, ..Packet::default() };
            assert_eq!(Packet::decode(&frame[5..]).unwrap(), packet);
        }
    }
}
