//! Streams: the output of containers and execs, events, statistics, and the progress of operations.

mod chunks;
mod demux;
mod events;
mod framing;
mod lines;
mod output;
mod output_stream;
mod progress;
mod recent;
mod split;
mod stamps;
mod stats;
mod time;

pub(crate) use self::chunks::Chunks;
pub use self::events::{EventStream, EventsExt};
pub(crate) use self::framing::{ExecSettings, Framing};
pub use self::lines::Lines;
pub use self::output::{Collected, Output};
pub use self::output_stream::OutputStream;
pub use self::progress::{Finished, Progress, ProgressDetail, ProgressExt, ProgressStream};
pub use self::split::OutputReader;
pub use self::stats::{Stats, StatsExt, StatsStream};
