//! Where the engine is and how it is spoken to, from the environment and from what the program sets.

pub(crate) mod environment;
mod host;

pub use host::Host;
