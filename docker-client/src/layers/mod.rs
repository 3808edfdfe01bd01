//! The layers that a call passes on its way to the transport: timeouts, proxies, credentials, the version of the API,
//! headers, and the layers of the program.

mod credentials;
mod deadline;
mod headers;
mod hosts;
mod proxies;
mod refuse;
mod stack;
mod timeout;
mod usage;
mod version;

pub(crate) use self::proxies::Proxies;
pub(crate) use self::refuse::Refuse;
pub(crate) use self::stack::{Base, Stack};
pub use self::usage::UsageRecorder;
pub(crate) use self::version::{Negotiation, Versioned};
