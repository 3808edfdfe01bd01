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
fn every_public_type_is_decided() {
    let exports = include_str!("../src/lib.rs").split("\npub use ").skip(1);
    let exports = exports.filter_map(|item| item.split_once(';'));
    let names = exports.flat_map(|(item, _)| item.split(['{', '}', ',', ' ', '\n', ':']));
    let types = names.filter(|name| {
        name.starts_with(|c: char| c.is_uppercase()) && name.contains(|c: char| c.is_lowercase())
    });
    for name in types {
        let decided = include_str!("api.rs").contains(&format!("::<{name}"));
        assert!(decided, "decide whether `{name}` can be sent and shared");
    }
}

/// Returns the size of the future of a method.
fn size_of_future<T, F: Future>(_: impl FnOnce(T) -> F) -> usize {
    size_of::<F>()
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
        ("workers", size_of_future(Control::workers)),
        ("info", size_of_future(Control::info)),
        ("disk_usage", size_of_future(|control: &'static Control| control.disk_usage(""))),
        ("prune", size_of_future(|control: &'static Control| control.prune(Prune::default()))),
        ("next", size_of_future(BuildStream::next)),
        ("finish", size_of_future(BuildStream::finish)),
        ("show", size_of_future(BuildStream::show)),
        ("show_on", size_of_future(|stream: BuildStream| stream.show_on(Vec::new(), Style::Plain))),
    ];
    let large: Vec<_> = sizes.iter().filter(|(_, size)| *size > LIMIT).collect();
    assert!(large.is_empty(), "futures that are too large, in bytes: {large:?}");
}
