//! What can be done with containers and images in one call: run, exec, attach, logs, build, copy, and more.

mod attach;
mod build;
mod copy;
mod exec;
mod health;
mod images;
mod logs;
mod run;
mod terminal;
#[cfg(feature = "websocket")]
mod websocket;

pub use self::attach::{AttachExt, Attached, Input};
pub use self::build::{BuildContext, KeyValues};
pub use self::copy::{CopiedOut, CopyFrom, CopyTo, PathKind, PathStat};
pub use self::exec::{DetachExt, Exec, ExecOutput};
pub use self::logs::LogsExt;
pub use self::run::{Detached, Exit, Run, RunOutput, Running};
pub use self::terminal::Terminal;
