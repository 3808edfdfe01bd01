//! The fake engine, with the clients that these tests point at it.
#![allow(dead_code, unreachable_pub, unused_imports)]

use std::ops::Deref;
use std::path::PathBuf;

use docker_client::{Builder, Docker, Host};
pub use fake_engine::{Break, Piece, Reply, Request as Seen};
use fake_engine::{Connection, FakeEngine};

/// A fake engine, and the clients of it.
pub struct Engine(FakeEngine);

impl Engine {
    /// Starts an engine of API 1.41. It replies to pings itself, and to everything else with `answer`.
    pub fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self(FakeEngine::start(answer).expect("a fake engine"))
    }

    /// Starts an engine that replies to everything with `answer`.
    pub fn start_raw(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self(FakeEngine::builder().bare().answer(answer).expect("a fake engine"))
    }

    /// Starts an engine that handles raw connections.
    pub fn start_with<F, R>(handle: F) -> Self
    where
        F: Fn(Connection) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self(FakeEngine::builder().connections(handle).expect("a fake engine"))
    }

    pub fn socket(&self) -> PathBuf {
        self.0.socket().expect("a unix socket")
    }

    pub fn host(&self) -> Host {
        Host::Unix(self.socket())
    }

    /// Returns a builder of clients of this engine, which use nothing from the environment.
    pub fn builder(&self) -> Builder {
        Docker::builder().environment([("", ""); 0]).host(self.host())
    }

    pub fn docker(&self) -> Docker {
        self.builder().connect().expect("a client")
    }

    /// Creates a client with a pinned version.
    pub fn docker_at(&self, version: &str) -> Docker {
        let version = version.parse().expect("a version");
        self.builder().api_version(version).connect().expect("a client")
    }

    /// Method, path and query of each request, with pings.
    pub fn lines(&self) -> Vec<String> {
        self.0.all_requests().into_iter().map(|seen| seen.line).collect()
    }
}

impl Deref for Engine {
    type Target = FakeEngine;

    fn deref(&self) -> &FakeEngine {
        &self.0
    }
}

/// Creates a client of an engine in memory, with API 1.51 pinned.
pub fn in_memory(engine: &FakeEngine) -> Docker {
    in_memory_builder(engine).connect().expect("a client")
}

/// Returns a builder of clients of an engine in memory.
pub fn in_memory_builder(engine: &FakeEngine) -> Builder {
    let dialer = engine.dialer().expect("an engine in memory");
    let host = Host::Unix("/fake.sock".into());
    let builder = Docker::builder().environment([("", ""); 0]).host(host);
    let builder = builder.api_version("1.51".parse().expect("a version"));
    builder.connector(move || std::future::ready(dialer.dial()))
}

/// A frame of a multiplexed stream.
pub fn frame(stream: u8, payload: &str) -> bytes::Bytes {
    use fake_engine::Stream;
    let stream = match stream {
        0 => Stream::Stdin,
        1 => Stream::Stdout,
        2 => Stream::Stderr,
        _ => Stream::Error,
    };
    fake_engine::frame(stream, payload)
}
