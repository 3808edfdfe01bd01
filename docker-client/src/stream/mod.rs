//! What comes piece by piece: the output of containers.

mod chunks;
mod demux;
mod lines;
mod output;
mod split;

pub(crate) use chunks::Chunks;
pub use lines::Lines;
pub use output::{Collected, Output, OutputStream};
pub use split::OutputReader;
