//! What generated code calls. It is not meant for programs and may change at any time.

pub use serde;

pub use crate::lenient::Lenient;
pub use crate::members::{Member, Members, Object, deserialize, serialize};
pub use crate::wire::{Hidden, Masked, open_enum};
pub use crate::{__filters as filters, __members as members, __string_enum as string_enum};
