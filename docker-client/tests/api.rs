//! Properties of the public API: which types can be sent and shared, how large futures are, what converts into an error.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use docker_client::prelude::*;
use docker_client::*;

/// Checks at compile time which of `Send` and `Sync` a type implements.
macro_rules! threads {
    ($($name:ident: $kind:ident $(<$of:ty>)?;)*) => {
        const TYPES: &[&str] = &[$(stringify!($name)),*];

        #[test]
        fn types_can_be_sent_and_shared_as_decided() {
            $(threads!(@$kind $name $(<$of>)?);)*
        }
    };
    (@shared $ty:ty) => { is_send::<$ty>(); is_sync::<$ty>(); };
    (@sent $ty:ty) => { is_send::<$ty>(); };
}

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}

// `shared` types are `Send` and `Sync`. `sent` types are `Send` only: they are streams and handles with one user.
threads! {
    ApiVersion: shared;
    Attached: sent;
    Body: sent;
    BuildContext: shared;
    Builder: shared;
    ByteStream: sent;
    Call: sent;
    Client: shared;
    Collected: shared;
    ConfigWarning: shared;
    Container: shared;
    CopiedOut: sent;
    CopyFrom: shared;
    CopyTo: shared;
    Credentials: shared;
    Detached: shared;
    DetachedExec: shared;
    Docker: shared;
    Error: shared;
    ErrorKind: shared;
    EventStream: sent;
    Exec: shared;
    ExecOutput: shared;
    Exit: sent;
    Filters: shared;
    Finished: shared;
    Host: shared;
    IgnoredField: shared;
    ImageReference: shared;
    Input: sent;
    JsonStream: sent<u8>;
    KeyValues: shared;
    Lines: sent;
    Operation: shared;
    Output: shared;
    OutputReader: sent;
    OutputStream: sent;
    PathKind: shared;
    PathStat: shared;
    Progress: shared;
    ProgressDetail: shared;
    ProgressStream: sent;
    RegistryAuth: shared;
    RegistryConfig: shared;
    Reply: sent;
    Request: sent;
    Response: shared<u8>;
    Run: shared;
    RunOutput: shared;
    Running: sent;
    RunningExec: sent;
    SshHost: shared;
    Stats: shared;
    StreamingResponse: sent<u8>;
    StatsStream: sent;
    TcpHost: shared;
    Terminal: shared;
    TerminalSize: shared;
    UnixTime: shared;
    Upgraded: sent;
    UsageRecorder: shared;
}

#[test]
fn every_public_type_is_decided() {
    let text = include_str!("../src/lib.rs");
    let exports = text.split("\npub use ").skip(1).filter_map(|item| item.split_once(';'));
    let names = exports.flat_map(|(item, _)| {
        item.split(['{', '}', ',', ' ', '\n', ':']).filter(|name| {
            name.starts_with(|c: char| c.is_uppercase())
                && name.contains(|c: char| c.is_lowercase())
        })
    });
    // Traits, aliases of boxes, and a type that is there with a feature only.
    let others = ["BoxError", "BoxFuture", "CredentialProvider", "Layer", "Tls", "Transport"];
    for name in names.filter(|name| !name.ends_with("Ext") && !others.contains(name)) {
        assert!(TYPES.contains(&name), "decide whether `{name}` can be sent and shared");
    }
}

#[test]
fn an_invalid_string_converts_into_the_error_of_the_crate() {
    fn memory() -> Result<i64, Error> {
        Ok(text::bytes("512q")?)
    }
    let error = memory().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(error.to_string(), "\"512q\": invalid value");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.ends_with("  512q\n     ^"), "{cause}");
}

/// The size that a future may have.
const LIMIT: usize = 2048;

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
    let mut large = Vec::new();
    let mut sizes = |what: &str, size: usize| {
        if size > LIMIT {
            large.push(format!("{what}: {size} bytes"));
        }
    };
    macro_rules! small {
        ($($future:expr;)*) => { $(sizes(stringify!($future), size_of_val(&$future));)* };
    }
    let auth = RegistryAuth::anonymous();
    small! {
        docker.run("a").output();
        docker.run("a").start();
        docker.run("a").detach();
        docker.exec("a").output();
        docker.exec("a").start();
        docker.exec("a").detach();
        docker.container("a").wait();
        docker.container("a").wait_healthy();
        docker.wait_healthy("a");
        docker.container_logs("a").stream();
        docker.container_logs("a").send();
        docker.container_attach("a").attach();
        docker.container_attach("a").send();
        docker.exec_start("a", types::ExecStartConfig::default()).attach();
        docker.exec_start("a", types::ExecStartConfig::default()).detach();
        docker.copy_to("a", "b").path("c");
        docker.copy_to("a", "b").bytes("c");
        docker.copy_to("a", "b").archive("c");
        docker.copy_from("a", "b").stat();
        docker.copy_from("a", "b").archive();
        docker.copy_from("a", "b").bytes();
        docker.copy_from("a", "b").path("c");
        docker.system_events().events();
        docker.container_stats("a").stats();
        docker.pull("a").progress();
        docker.pull("a").finish();
        docker.pull("a").show();
        docker.supports(&operations::ContainerStop::OPERATION, "signal");
        docker.push("a").finish();
        docker.image_push("a", &auth).send();
        docker.build(BuildContext::from_dir("a")).finish();
        docker.image_load("a").finish();
        docker.container_create(types::ContainerCreateBody::default()).send();
        docker.container_list().send();
        docker.system_info().send();
        docker.renegotiate();
        docker.api_version();
        docker.container_wait("a").send();
    }
    macro_rules! small_methods {
        ($($method:expr;)*) => { $(sizes(stringify!($method), size_of_future($method));)* };
    }
    small_methods! {
        ByteStream::chunk;
        ByteStream::collect;
        Exit::code;
        DetachedExec::inspect;
        DetachedExec::wait;
        EventStream::next;
        Input::close;
        JsonStream::<Progress>::next;
        Lines::next;
        OutputStream::collect;
        OutputStream::next;
        Request::api_version;
        Request::decode::<types::SystemInfo>;
        Request::discard;
        Request::stream;
        Request::upgrade;
        Request::upgrade_to_read;
        StatsStream::next;
    }
    sizes("Terminal::resize", {
        fn of<'a, F: Future>(_: impl FnOnce(&'a Terminal, TerminalSize) -> F) -> usize {
            size_of::<F>()
        }
        of(Terminal::resize)
    });
    assert!(large.is_empty(), "futures that are too large:\n{}", large.join("\n"));
}

#[test]
fn the_futures_of_all_public_methods_are_measured() {
    let tests = include_str!("api.rs");
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    directories.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker-core/src"));
    let mut missing = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for method in text.split("pub async fn ").skip(1) {
                let name = method.split(['(', '<']).next().unwrap();
                if !tests.contains(&format!(".{name}(")) && !tests.contains(&format!("::{name}")) {
                    missing.push(format!("{name} in {}", path.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "futures that are not measured: {missing:#?}");
}
