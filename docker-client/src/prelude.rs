//! The extension traits of the generated builders: `use docker_client::prelude::*;`.

pub use crate::{
    AttachExt, AuthExt, ConfigureExt, DetachExt, EventsExt, LogsExt, ProgressExt, StatsExt,
};
