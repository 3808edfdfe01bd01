//! The traits that give the generated builders their verbs: `use docker_client::prelude::*;`.

pub use crate::{
    AttachExt, AuthExt, ConfigureExt, DetachExt, EventsExt, LogsExt, ProgressExt, StatsExt,
};
