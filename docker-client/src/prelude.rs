//! The extension traits of this crate. Import them with `use docker_client::prelude::*;`.

pub use crate::{
    AttachExt, AuthExt, ConfigureExt, DetachExt, EventsExt, LogsExt, ProgressExt, StatsExt,
};
