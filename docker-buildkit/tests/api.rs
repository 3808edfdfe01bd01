//! Properties of the public API: which types can be sent and shared, and how large futures are.

#![allow(clippy::unwrap_used)]

use docker_buildkit::*;
use docker_client::Docker;

fn is_shared<T: Send + Sync>() {}
fn is_sent<T: Send>() {}

/// The size that a future may have.
const LIMIT: usize = 2048;

#[test]
fn types_can_be_sent_and_shared_as_decided() {
    is_shared::<Build>();
    is_shared::<Built>();
    is_shared::<Cache>();
    is_shared::<CacheRecord>();
    is_shared::<Context>();
    is_shared::<Control>();
    is_shared::<Error>();
    is_shared::<Event>();
    is_shared::<Failed>();
    is_shared::<Info>();
    is_shared::<LogStream>();
    is_shared::<Output>();
    is_shared::<Prune>();
    is_shared::<Secret>();
    is_shared::<SourceLines>();
    is_shared::<Step>();
    is_shared::<Style>();
    is_shared::<Warning>();
    is_shared::<Worker>();
    // A stream has one reader.
    is_sent::<BuildStream>();
}

#[test]
fn futures_are_small() {
    let docker = Docker::builder()
        .environment([("", ""); 0])
        .host("tcp://127.0.0.1:1".parse().unwrap())
        .connect()
        .unwrap();
    let sizes = [
        ("build", size_of_val(&docker.buildkit(".").build())),
        ("progress", size_of_val(&docker.buildkit(".").progress())),
        ("control", size_of_val(&docker.buildkit_control())),
    ];
    let large: Vec<_> = sizes.iter().filter(|(_, size)| *size > LIMIT).collect();
    assert!(large.is_empty(), "futures that are too large, in bytes: {large:?}");
}
