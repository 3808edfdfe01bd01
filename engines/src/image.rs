//! The image that all tests run: busybox, as a tar for `POST /images/create?fromSrc=-`.

use std::path::Path;
use std::process::Command;

use crate::command;
use crate::error::{Error, Result};

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
const GROUP: &str = "root:x:0:\nnogroup:x:65534:\n";

/// A root filesystem of a static busybox with a link for each of its commands.
///
/// # Errors
///
/// The program cannot be read, or does not say which commands it has.
pub(crate) fn busybox(program: &Path) -> Result<Vec<u8>> {
    let commands =
        command::run("asking busybox for its commands", Command::new(program).arg("--list"))?;
    let binary = std::fs::read(program).map_err(|source| failed(program, source))?;
    pack(&binary, commands.lines()).map_err(|source| failed(program, source))
}

fn pack<'a>(binary: &[u8], commands: impl Iterator<Item = &'a str>) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (directory, mode) in [
        ("bin", 0o755),
        ("dev", 0o755),
        ("etc", 0o755),
        ("root", 0o700),
        ("tmp", 0o1777),
        ("var", 0o755),
    ] {
        let mut header = header(tar::EntryType::Directory, mode, 0);
        archive.append_data(&mut header, format!("{directory}/"), std::io::empty())?;
    }
    for (path, contents, mode) in [
        ("bin/busybox", binary, 0o755),
        ("etc/passwd", PASSWD.as_bytes(), 0o644),
        ("etc/group", GROUP.as_bytes(), 0o644),
    ] {
        let mut header = header(tar::EntryType::Regular, mode, contents.len());
        archive.append_data(&mut header, path, contents)?;
    }
    for command in commands.filter(|command| *command != "busybox") {
        let mut header = header(tar::EntryType::Symlink, 0o777, 0);
        archive.append_link(&mut header, format!("bin/{command}"), "busybox")?;
    }
    archive.into_inner()
}

fn header(kind: tar::EntryType, mode: u32, size: usize) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size as u64);
    header.set_uid(0);
    header.set_gid(0);
    // One time for all, so that every run imports the same layer.
    header.set_mtime(1);
    header
}

fn failed(program: &Path, source: std::io::Error) -> Error {
    Error::File { step: "packing the busybox image".to_owned(), path: program.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn holds_the_program_and_a_link_for_each_command() {
        let tar = pack(b"\x7fELF", ["busybox", "echo", "sh"].into_iter()).unwrap();
        let mut archive = tar::Archive::new(tar.as_slice());
        let mut found = BTreeMap::new();
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let link = entry.link_name().unwrap().map(|link| link.display().to_string());
            found.insert(path, (entry.header().mode().unwrap(), link));
        }
        assert_eq!(found["bin/busybox"], (0o755, None));
        assert_eq!(found["bin/sh"].1.as_deref(), Some("busybox"));
        assert_eq!(found["bin/echo"].1.as_deref(), Some("busybox"));
        assert_eq!(found["tmp/"].0, 0o1777);
    }
}
