//! Messages of file transfers.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;

/// Values of [`Packet::kind`].
///
/// Ref: `types/wire.proto` of fsutil.
pub(crate) mod kind {
    /// An entry of the tree, or the end of the tree when there is no `stat`.
    pub(crate) const STAT: i32 = 0;
    /// The receiver requests the contents of a file.
    pub(crate) const REQUEST: i32 = 1;
    /// A piece of a file. An empty piece ends the file.
    pub(crate) const DATA: i32 = 2;
    /// The transfer is complete.
    pub(crate) const FINISH: i32 = 3;
    /// The transfer has failed; `data` is the reason.
    pub(crate) const ERROR: i32 = 4;
}

/// One step of a transfer.
///
/// Ref: `types/wire.proto` of fsutil.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Packet {
    #[prost(int32, tag = "1")]
    pub(crate) kind: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) stat: Option<Stat>,
    /// The position of the entry among all entries of the tree, counted from 0.
    #[prost(uint32, tag = "3")]
    pub(crate) id: u32,
    #[prost(bytes = "bytes", tag = "4")]
    pub(crate) data: Bytes,
}

/// An entry of a tree.
///
/// Ref: `types/stat.proto` of fsutil.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Stat {
    /// The path, relative and clean, with `/`.
    #[prost(string, tag = "1")]
    pub(crate) path: String,
    /// Permissions and type, in the encoding of Go's `fs.FileMode`.
    #[prost(uint32, tag = "2")]
    pub(crate) mode: u32,
    #[prost(uint32, tag = "3")]
    pub(crate) uid: u32,
    #[prost(uint32, tag = "4")]
    pub(crate) gid: u32,
    /// Bytes.
    #[prost(int64, tag = "5")]
    pub(crate) size: i64,
    /// Nanoseconds since the Unix epoch.
    #[prost(int64, tag = "6")]
    pub(crate) modified: i64,
    /// The target of a symbolic link, or the earlier path of a hard link.
    #[prost(string, tag = "7")]
    pub(crate) link: String,
    #[prost(int64, tag = "8")]
    pub(crate) device_major: i64,
    #[prost(int64, tag = "9")]
    pub(crate) device_minor: i64,
    #[prost(btree_map = "string, bytes", tag = "10")]
    pub(crate) xattrs: BTreeMap<String, Bytes>,
}
