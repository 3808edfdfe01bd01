//! The verbs that the client adds to the generated operations: run, exec, attach, logs, build, copy, and more.

mod attach;
mod auth;
mod build;
mod container;
mod copy;
mod exec;
mod exit;
mod health;
mod images;
mod logs;
mod run;
mod terminal;
#[cfg(feature = "websocket")]
mod websocket;

pub use self::attach::{AttachExt, Attached, Input};
pub use self::auth::AuthExt;
pub use self::build::{BuildContext, KeyValues};
pub use self::container::Container;
pub use self::copy::{CopiedOut, CopyFrom, CopyTo, PathKind, PathStat};
pub use self::exec::{DetachExt, DetachedExec, Exec, ExecOutput, RunningExec};
pub use self::exit::Exit;
pub use self::logs::LogsExt;
pub use self::run::{Detached, Run, RunOutput, Running};
pub use self::terminal::{Terminal, TerminalSize};
