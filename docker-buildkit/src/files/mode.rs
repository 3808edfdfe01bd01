//! File modes: those of Unix, and those of Go's `fs.FileMode`, which are used in transfers.
//!
//! Ref: <https://pkg.go.dev/io/fs#FileMode>

const DIRECTORY: u32 = 1 << 31;
const SYMLINK: u32 = 1 << 27;
const DEVICE: u32 = 1 << 26;
const NAMED_PIPE: u32 = 1 << 25;
const SOCKET: u32 = 1 << 24;
const SET_USER: u32 = 1 << 23;
const SET_GROUP: u32 = 1 << 22;
const CHARACTER_DEVICE: u32 = 1 << 21;
const STICKY: u32 = 1 << 20;
const TYPES: u32 = DIRECTORY | SYMLINK | DEVICE | NAMED_PIPE | SOCKET | CHARACTER_DEVICE;

/// The kind of an entry of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    Symlink,
    /// A device, a named pipe, or a socket.
    Special,
}

/// Returns the kind of an entry with this mode.
pub(super) fn kind(mode: u32) -> Kind {
    match mode & TYPES {
        0 => Kind::File,
        DIRECTORY => Kind::Directory,
        SYMLINK => Kind::Symlink,
        _ => Kind::Special,
    }
}

/// Returns the permissions of Unix, with the set-user-ID, set-group-ID and sticky bits.
pub(super) fn permissions(mode: u32) -> u32 {
    let bit = |go: u32, unix: u32| if mode & go == 0 { 0 } else { unix };
    mode & 0o777 | bit(SET_USER, 0o4000) | bit(SET_GROUP, 0o2000) | bit(STICKY, 0o1000)
}

/// Returns the mode of a regular file with these permissions.
pub(super) fn of_file(permissions: u32) -> u32 {
    permissions & 0o777
}

/// Returns the mode of a directory with these permissions.
pub(super) fn of_directory(permissions: u32) -> u32 {
    permissions & 0o777 | DIRECTORY
}

/// Converts a mode of `stat(2)` into one of a transfer.
#[cfg(unix)]
pub(super) fn from_unix(mode: u32) -> u32 {
    let kind = match mode & 0o170_000 {
        0o040_000 => DIRECTORY,
        0o120_000 => SYMLINK,
        0o060_000 => DEVICE,
        0o020_000 => DEVICE | CHARACTER_DEVICE,
        0o010_000 => NAMED_PIPE,
        // Clients send a socket as an empty file.
        _ => 0,
    };
    let bit = |unix: u32, go: u32| if mode & unix == 0 { 0 } else { go };
    mode & 0o777 | kind | bit(0o4000, SET_USER) | bit(0o2000, SET_GROUP) | bit(0o1000, STICKY)
}

/// Returns a mode for a file of a system without modes.
#[cfg(not(unix))]
pub(super) fn from_metadata(metadata: &std::fs::Metadata) -> u32 {
    // Windows has no permission to execute, and files in an image may need it.
    if metadata.is_symlink() {
        0o777 | SYMLINK
    } else if metadata.is_dir() {
        of_directory(0o755)
    } else {
        of_file(0o755)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn modes_of_unix_keep_their_kind_and_their_bits() {
        for (unix, expected) in [
            (0o100_644, Kind::File),
            (0o104_755, Kind::File),
            (0o041_777, Kind::Directory),
            (0o120_777, Kind::Symlink),
            (0o060_660, Kind::Special),
            (0o020_660, Kind::Special),
            (0o010_600, Kind::Special),
            (0o140_755, Kind::File),
        ] {
            let mode = from_unix(unix);
            assert_eq!(kind(mode), expected, "{unix:o}");
            assert_eq!(permissions(mode), unix & 0o7777, "{unix:o}");
        }
    }
}
