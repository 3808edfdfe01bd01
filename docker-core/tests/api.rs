//! Properties of the public API: which types can be sent between threads and shared by them.

use docker_core::*;

fn is_shared<T: Send + Sync>() {}
fn is_sent<T: Send>() {}

#[test]
fn types_can_be_sent_and_shared_as_decided() {
    is_shared::<ApiVersion>();
    is_shared::<BodyField>();
    is_shared::<Client>();
    is_shared::<Error>();
    is_shared::<ErrorKind>();
    is_shared::<Filters>();
    is_shared::<IgnoredField>();
    is_shared::<InvalidVersion>();
    is_shared::<Layered>();
    is_shared::<Operation>();
    is_shared::<Parameter>();
    is_shared::<ParameterLocation>();
    is_shared::<ProcessOperations>();
    is_shared::<RegistryCredentials>();
    is_shared::<Response<u8>>();
    is_shared::<ResponseKind>();
    is_shared::<Target>();
    is_shared::<UnixTime>();
    is_shared::<Variables>();
    // Streams, and what holds one, have one user.
    is_sent::<Body>();
    is_sent::<ByteReader>();
    is_sent::<ByteStream>();
    is_sent::<Call>();
    is_sent::<JsonStream<u8>>();
    is_sent::<Reply>();
    is_sent::<Request>();
    is_sent::<StreamingResponse<ByteStream>>();
    is_sent::<Upgraded>();
    is_sent::<UpgradedReader>();
    is_sent::<UpgradedWriter>();
}

#[test]
fn every_public_type_is_decided() {
    let exports = include_str!("../src/lib.rs").split("\npub use ").skip(1);
    let exports = exports.filter_map(|item| item.split_once(';'));
    let names = exports.flat_map(|(item, _)| item.split(['{', '}', ',', ' ', '\n', ':']));
    let types = names.filter(|name| {
        name.starts_with(|c: char| c.is_uppercase()) && name.contains(|c: char| c.is_lowercase())
    });
    // Traits, and aliases of boxes.
    let others = ["BoxError", "BoxFuture", "Layer", "Transport"];
    for name in types.filter(|name| !others.contains(name)) {
        let decided = include_str!("api.rs").contains(&format!("::<{name}"));
        assert!(decided, "decide whether `{name}` can be sent and shared");
    }
}
