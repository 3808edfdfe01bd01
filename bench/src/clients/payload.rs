//! The body of the request that loads an image.

use bytes::Bytes;
use futures_util::{Stream, stream};

use crate::work::LOAD_PIECE;

/// Returns a body of `bytes` bytes. Its pieces share one buffer, so that making them costs nothing.
pub(super) fn load_pieces(
    bytes: u64,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let piece = Bytes::from(vec![b'x'; LOAD_PIECE]);
    stream::iter((0..bytes / LOAD_PIECE as u64).map(move |_| Ok(piece.clone())))
}
