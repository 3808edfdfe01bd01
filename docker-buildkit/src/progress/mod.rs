//! The progress of a build: its events, and how they are shown.

mod event;
mod render;
mod tracker;

pub use self::event::{Event, LogStream, Step, Warning};
pub(crate) use self::render::Renderer;
pub use self::render::Style;
pub(crate) use self::tracker::Tracker;
