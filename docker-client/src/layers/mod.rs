//! What requests pass through before they are sent: credentials, proxies, the version of the API.

mod credentials;
mod deadline;
mod proxies;
mod query;
mod refuse;
mod version;

pub(crate) use self::credentials::Supply;
pub(crate) use self::deadline::Deadline;
pub(crate) use self::proxies::Proxies;
pub(crate) use self::refuse::Refuse;
pub(crate) use self::version::Versioned;
