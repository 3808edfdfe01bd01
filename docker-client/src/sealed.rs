//! Prevents implementations of the extension traits outside this crate, so that methods can be added to them.

/// Implemented for the types that extension traits of this crate extend.
pub trait Sealed {}
