//! The Protocol Buffers messages of BuildKit that this crate sends and reads.
//!
//! They are written by hand, so that no `protoc` is needed to build the crate. Field numbers come from the `.proto`
//! files of <https://github.com/moby/buildkit> and <https://github.com/tonistiigi/fsutil>; each message cites its file.
//! Fields that this crate neither sends nor reads are left out, which Protocol Buffers allows.

pub(crate) mod control;
pub(crate) mod files;
pub(crate) mod services;
