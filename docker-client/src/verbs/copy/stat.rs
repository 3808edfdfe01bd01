//! The metadata of a path in a container.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_api::{BoxError, Error, Target};
use http::HeaderMap;
use serde::Deserialize;

const HEADER: &str = "x-docker-container-path-stat";

/// The metadata of a path in a container, from the header `X-Docker-Container-Path-Stat`.
///
/// The metadata of a symbolic link is that of the link itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct PathStat {
    /// The last component of the path; `/` for the root.
    pub name: String,
    /// The size in bytes. For a directory, it depends on the filesystem.
    pub size: i64,
    /// The kind and the permissions, as the bits of [Go's `FileMode`](https://pkg.go.dev/io/fs#FileMode), which differ
    /// from those of Unix. [`kind`](Self::kind) and [`permissions`](Self::permissions) decode them.
    pub mode: u32,
    /// The time of the last modification, in the format of RFC 3339.
    pub mtime: String,
    /// The target of a symbolic link; empty for anything else.
    pub link_target: String,
}

/// The kind of a path in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// Anything else, such as a device, a pipe or a socket.
    Other,
}

impl PathStat {
    /// Returns the kind of the path.
    #[must_use]
    pub fn kind(&self) -> PathKind {
        /// Device, pipe, socket, character device, and irregular.
        const OTHER: u32 = 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19;
        match self.mode {
            mode if mode & 1 << 31 != 0 => PathKind::Directory,
            mode if mode & 1 << 27 != 0 => PathKind::Symlink,
            mode if mode & OTHER != 0 => PathKind::Other,
            _ => PathKind::File,
        }
    }

    /// Returns the permissions as the bits of Unix, such as `0o755`, including setuid, setgid and sticky.
    #[must_use]
    pub fn permissions(&self) -> u32 {
        let moved = |from: u32, to: u32| if self.mode & 1 << from != 0 { to } else { 0 };
        self.mode & 0o777 | moved(23, 0o4000) | moved(22, 0o2000) | moved(20, 0o1000)
    }

    /// Returns the path that the symbolic link at `path` refers to, or `None` if it is not a link.
    pub(super) fn link_destination(&self, path: &str) -> Option<String> {
        (self.kind() == PathKind::Symlink).then(|| match self.link_target.starts_with('/') {
            // dockerd reports it as an absolute path.
            true => self.link_target.clone(),
            false => format!("{}/{}", split_last(path).0.trim_end_matches('/'), self.link_target),
        })
    }

    pub(super) fn read(target: &Target, headers: &HeaderMap) -> Result<Self, Error> {
        let undecodable = |source: BoxError| {
            Error::decode(target.clone(), format!("the header `{HEADER}`"), source)
        };
        let value =
            headers.get(HEADER).ok_or_else(|| undecodable("the header is missing".into()))?;
        let json = STANDARD.decode(value).map_err(|error| undecodable(error.into()))?;
        serde_json::from_slice(&json).map_err(|error| undecodable(error.into()))
    }
}

/// Splits a path of a container into its parent directory and its last component.
pub(super) fn split_last(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(parts) => parts,
        None => ("/", path),
    }
}

#[cfg(test)]
mod tests {
    use docker_api::operations::ContainerArchiveInfo;
    use http::HeaderValue;

    use super::*;

    fn read(json: &str) -> Result<PathStat, Error> {
        let value = HeaderValue::from_str(&STANDARD.encode(json)).unwrap();
        PathStat::read(
            &Target::from(&ContainerArchiveInfo::OPERATION),
            &HeaderMap::from_iter([(HEADER.parse().unwrap(), value)]),
        )
    }

    #[test]
    fn the_header_is_decoded() {
        let stat = read(
            r#"{"name":"sh","size":12,"mode":134218239,"mtime":"2026-01-02T03:04:05Z","linkTarget":"/bin/busybox"}"#,
        );
        let stat = stat.unwrap();
        assert_eq!((stat.kind(), stat.permissions(), stat.size), (PathKind::Symlink, 0o777, 12));
        assert_eq!((&*stat.name, &*stat.link_target), ("sh", "/bin/busybox"));
        for (mode, kind, permissions) in [
            (0o644_u32, PathKind::File, 0o644),
            (1 << 31 | 1 << 20 | 0o777, PathKind::Directory, 0o1777),
            (1 << 23 | 0o755, PathKind::File, 0o4755),
            (1 << 26 | 1 << 21 | 0o666, PathKind::Other, 0o666),
        ] {
            let stat = read(&format!(r#"{{"mode":{mode}}}"#)).unwrap();
            assert_eq!((stat.kind(), stat.permissions()), (kind, permissions), "{mode:o}");
        }
    }

    #[test]
    fn an_invalid_header_is_named() {
        let error = read("7").unwrap_err().to_string();
        assert!(error.contains("x-docker-container-path-stat"), "{error}");
        let none =
            PathStat::read(&Target::from(&ContainerArchiveInfo::OPERATION), &HeaderMap::new());
        assert!(none.is_err());
    }

    #[test]
    fn a_relative_link_is_resolved_in_its_directory() {
        for (path, link_target, expected) in [
            ("/var/run", "/run", "/run"),
            ("/etc/mtab", "../proc/mounts", "/etc/../proc/mounts"),
            ("/mtab", "proc/mounts", "/proc/mounts"),
            ("mtab", "proc/mounts", "/proc/mounts"),
        ] {
            let stat =
                PathStat { mode: 1 << 27, link_target: link_target.into(), ..PathStat::default() };
            assert_eq!(
                stat.link_destination(path).as_deref(),
                Some(expected),
                "{path} → {link_target}"
            );
        }
        assert_eq!(PathStat::default().link_destination("/etc/passwd"), None);
    }

    #[test]
    fn a_path_is_split_before_its_last_component() {
        for (path, expected) in [
            ("/a/b", ("/a", "b")),
            ("/a/b//", ("/a", "b")),
            ("/a", ("/", "a")),
            ("a", ("/", "a")),
            ("a/b", ("a", "b")),
            ("/", ("/", "")),
        ] {
            assert_eq!(split_last(path), expected, "{path}");
        }
    }
}
