//! What comes piece by piece: the output of containers.

mod chunks;
mod demux;
mod lines;
mod output;

pub(crate) use chunks::Chunks;
pub use lines::Lines;
pub use output::{Collected, Output, OutputStream};
