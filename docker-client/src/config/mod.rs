//! Where the engine is and how it is spoken to, from the environment and from what the program sets.

mod environment;
mod file;
mod host;

pub(crate) use environment::Environment;
pub(crate) use file::{ConfigFile, StoredAuth};
pub use host::Host;
