//! The requests of copies: their paths, also with symbolic links, and the archives that are sent.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_client::Error;
use support::{Engine, Reply, Seen};
use tar::{Builder, EntryType, Header};

const FILE: u32 = 0o644;
const DIRECTORY: u32 = 1 << 31 | 0o755;
const LINK: u32 = 1 << 27 | 0o777;

/// Creates an archive with one file of this content.
fn archive(name: &str, content: &str) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    let mut archive = Builder::new(Vec::new());
    archive.append_data(&mut header, name, content.as_bytes()).unwrap();
    archive.into_inner().unwrap()
}

/// Starts an engine with these paths: mode, target of a link, and archive.
fn engine(paths: &'static [(&str, u32, &str)]) -> Engine {
    Engine::start(move |seen| {
        let path = path(seen);
        let Some((_, mode, target)) = paths.iter().find(|(known, ..)| *known == path) else {
            return Reply::json(404, r#"{"message":"there is no such path"}"#);
        };
        let name = path.rsplit('/').next().unwrap();
        let stat = format!(r#"{{"name":"{name}","mode":{mode},"linkTarget":"{target}"}}"#);
        let file = if *mode == DIRECTORY { format!("{name}/file") } else { name.to_owned() };
        let answer = Reply::new(200, "application/x-tar", archive(&file, "content"));
        answer.header("X-Docker-Container-Path-Stat", STANDARD.encode(stat))
    })
}

/// Returns the path in a container that a request is about.
fn path(seen: &Seen) -> String {
    let query = seen.line.split_once("path=").unwrap().1;
    query.split('&').next().unwrap().replace("%2F", "/")
}

/// Returns the methods and paths of all requests.
fn asked(engine: &Engine) -> Vec<String> {
    let line = |seen: &Seen| format!("{} {}", seen.line.split(' ').next().unwrap(), path(seen));
    engine.requests().iter().map(line).collect()
}

/// Returns the kind, the name and the target of the only entry of the last archive that was sent.
fn sent(engine: &Engine) -> (EntryType, PathBuf, Option<PathBuf>) {
    let seen = engine.requests().pop().unwrap();
    let mut archive = tar::Archive::new(&seen.body[..]);
    let entry = archive.entries().unwrap().next().unwrap().unwrap();
    let target = entry.link_name().unwrap().map(|target| target.into_owned());
    (entry.header().entry_type(), entry.path().unwrap().into_owned(), target)
}

#[tokio::test]
async fn a_link_to_a_file_is_followed_once() {
    for (paths, second) in [
        (&[("/etc/link", LINK, "/run/file"), ("/run/file", FILE, "")], "/run/file"),
        (&[("/etc/link", LINK, "../run/file"), ("/etc/../run/file", FILE, "")], "/etc/../run/file"),
    ] {
        let engine = engine(paths);
        let content = engine.docker().copy_from("c", "/etc/link").bytes().await.unwrap();
        assert_eq!(content, "content");
        assert_eq!(asked(&engine), ["GET /etc/link".to_owned(), format!("GET {second}")]);
    }
}

#[tokio::test]
async fn the_content_of_a_directory_is_requested_with_a_dot() {
    let engine = engine(&[("/var/run/.", DIRECTORY, "")]);
    let local = tempfile::tempdir().unwrap();
    let new = local.path().join("new");
    engine.docker().copy_from("c", "/var/run/.").path(&new).await.unwrap();
    assert_eq!(fs::read(new.join("file")).unwrap(), b"content");
    assert_eq!(asked(&engine), ["GET /var/run/."], "without the dot, the engine would send a link");
}

#[tokio::test]
async fn a_copy_follows_a_link_at_the_target() {
    let local = tempfile::tempdir().unwrap();
    let file = local.path().join("file");
    fs::write(&file, "x").unwrap();
    let there: &[_] = &[("/to", LINK, "/d/file"), ("/d/file", FILE, ""), ("/d", DIRECTORY, "")];
    let not_there: &[_] = &[("/to", LINK, "/d/new"), ("/d", DIRECTORY, "")];
    let directory: &[_] = &[("/to", LINK, "d"), ("/d", DIRECTORY, "")];
    for (paths, end, name) in
        [(there, "/d/file", "file"), (not_there, "/d/new", "new"), (directory, "/d", "file")]
    {
        let engine = engine(paths);
        engine.docker().copy_to("c", "/to").path(&file).await.unwrap();
        let expected = ["HEAD /to", &format!("HEAD {end}"), "PUT /d"];
        assert_eq!(asked(&engine), expected);
        assert_eq!(sent(&engine), (EntryType::Regular, name.into(), None));
    }
}

#[tokio::test]
async fn a_dangling_link_is_copied_as_a_link() {
    let engine = engine(&[("/d", DIRECTORY, "")]);
    let local = tempfile::tempdir().unwrap();
    symlink("/no/where", local.path().join("link")).unwrap();
    engine.docker().copy_to("c", "/d").path(local.path().join("link")).await.unwrap();
    let link = (EntryType::Symlink, "link".into(), Some("/no/where".into()));
    assert_eq!(sent(&engine), link);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_name_that_is_not_utf_8_is_preserved() {
    let engine = engine(&[("/d", DIRECTORY, "")]);
    let local = tempfile::tempdir().unwrap();
    let name = Path::new(OsStr::from_bytes(b"caf\xe9"));
    fs::write(local.path().join(name), "").unwrap();
    engine.docker().copy_to("c", "/d").path(local.path().join(name)).await.unwrap();
    assert_eq!(sent(&engine), (EntryType::Regular, name.to_owned(), None));
}

#[tokio::test]
async fn an_incomplete_archive_is_an_error_for_bytes_too() {
    let engine = Engine::start(|_| {
        let whole = archive("a", "content");
        let answer = Reply::new(200, "application/x-tar", whole[..1024].to_vec());
        let stat = STANDARD.encode(r#"{"name":"a","mode":420}"#);
        answer.header("X-Docker-Container-Path-Stat", stat)
    });
    let error = engine.docker().copy_from("c", "/a").bytes().await.unwrap_err();
    assert!(matches!(error, Error::Unpack { .. }), "{error:?}");
    assert!(format!("{error:?}").contains("the archive is incomplete"), "{error:?}");
}
