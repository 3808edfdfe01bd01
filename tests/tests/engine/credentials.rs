//! The registry whose credentials are looked up for a name, beside the one that dockerd contacts for it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use docker_client::prelude::*;
use docker_client::{BoxFuture, CredentialProvider, Docker, Error, RegistryAuth};
use engines::case::{Context, EngineTest, Outcome, test};
use engines::network::Network;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// The number of names.
const NAMES: usize = 500;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![test(
        "credentials::they_are_those_of_the_registry_that_the_engine_contacts",
        they_are_those_of_the_registry_that_the_engine_contacts,
    )]
}

/// What was noted since the last look.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<BTreeSet<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(note.into());
    }

    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Notes the registries whose credentials are looked up, and has none.
struct Provider(Notes);

impl CredentialProvider for Provider {
    fn get<'a>(&'a self, registry: &'a str) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>> {
        self.0.add(registry);
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// Starts a proxy that notes with which hosts a connection is requested, and refuses it. Returns its address.
async fn proxy(notes: Notes) -> std::io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let notes = notes.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await? > 0 {}
                let head = String::from_utf8_lossy(&head).into_owned();
                notes.add(head.split(' ').nth(1).unwrap_or_default());
                stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await
            });
        }
    });
    Ok(address)
}

/// Generates names, most of which have a first part that may be a registry.
struct Generator(u64);

impl Generator {
    /// A number below `end`; the same numbers in every run.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % end
    }

    fn one_of<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }

    fn text(&mut self, characters: &str, longest: usize) -> String {
        let characters: Vec<char> = characters.chars().collect();
        (0..=self.below(longest)).map(|_| characters[self.below(characters.len())]).collect()
    }

    fn name(&mut self) -> String {
        const FIRST: &[&str] = &[
            "foo",
            "Foo",
            "FOO",
            "fOO",
            "localhost",
            "LOCALHOST",
            "Localhost",
            "localhost:5000",
            "LOCALHOST:5000",
            "foo.bar",
            "FOO.BAR",
            "foo:5000",
            "Foo:443",
            "docker.io",
            "Docker.io",
            "DOCKER.IO",
            "docker.io:443",
            "index.docker.io",
            "Index.docker.io",
            "hub.docker.com",
            "registry-1.docker.io",
            "127.0.0.1",
            "127.0.0.1:5000",
            "10.98.7.6:5000",
            "[::1]:5000",
            "[fd00::1]",
            "[fd00::1]:5000",
            "a-b",
            "a_b",
            "a_b.c",
            "A_b",
            "-a.b",
            "a-.b",
            "a..b",
            "1",
            "1.2",
            "library",
            "xn--caf-dma.example",
            "caf\u{e9}",
            "\u{c9}",
            "foo:bar",
            "foo:",
        ];
        const PATH: &[&str] = &[
            "app",
            "team/app",
            "library/app",
            "app:1",
            "app:Tag",
            "a-b_c.d",
            "App",
            "team/App",
            "a//b",
            "localhost/app",
            "foo.bar/app",
            "app@sha256:0",
            "app:",
            "",
            "app@sha256:e5e7a9b26e0ac8b9b1b3a2a5f0a3b3c3f3a7a0c6e9b1d2f4a6c8e0f2a4c6e8f0",
        ];
        let first = match self.below(6) {
            0 => self.text("abzABZ019.-", 6),
            1 => self.text("abAB0.:-_", 8),
            _ => self.one_of(FIRST).to_owned(),
        };
        match self.below(8) {
            0 => first,
            1 => format!("{first}/{}", self.text("abAB0._-/:", 8)),
            _ => format!("{first}/{}", self.one_of(PATH)),
        }
    }
}

/// The host and port that dockerd contacts for the key of a registry.
fn contacted(registry: &str) -> String {
    match registry {
        "https://index.docker.io/v1/" => with_port("registry-1.docker.io"),
        other => with_port(other),
    }
}

/// The host and port of a request to the proxy. dockerd tries HTTP, too, if the registry is on this machine.
fn requested(target: &str) -> String {
    let host = target.strip_prefix("http://").unwrap_or(target);
    with_port(host.split_once('/').map_or(host, |(host, _)| host))
}

fn with_port(host: &str) -> String {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    format!("{host}{}", if has_port { "" } else { ":443" }).to_lowercase()
}

/// Whether dockerd contacts a host without the proxy.
fn is_local(contacted: &str) -> bool {
    ["localhost:", "127.0.0.1:", "[::1]:"].iter().any(|local| contacted.starts_with(local))
}

async fn they_are_those_of_the_registry_that_the_engine_contacts(cx: Context) -> Outcome {
    let (asked, seen) = (Notes::default(), Notes::default());
    let engine = cx.own_engine()?.proxy(proxy(seen.clone()).await?);
    let engine = engine.start(&Network::Here).await?;
    let host = engine.info().host.parse()?;
    let builder = Docker::builder().environment([("", ""); 0]).host(host);
    let docker = builder.credentials(Provider(asked.clone())).connect()?;
    let mut generator = Generator(13);
    let mut names = BTreeSet::new();
    while names.len() < NAMES {
        names.insert(generator.name());
    }
    let (mut hubs, mut others, mut refused) = (0, 0, 0);
    for name in &names {
        let pulled = docker.image_create().from_image(name).finish().await;
        let error = pulled.err().ok_or_else(|| format!("{name} was pulled"))?;
        let seen: BTreeSet<_> = seen.take().iter().map(|target| requested(target)).collect();
        let seen: Vec<_> = seen.into_iter().collect();
        let asked: Vec<_> = asked.take().iter().map(|asked| contacted(asked)).collect();
        match (&*seen, &*asked) {
            // The engine refuses the name. dockerd 20.10 knows no registry without a dot or a colon.
            ([], []) => refused += 1,
            ([], [_]) if error.status().is_some_and(|status| status == 400) => refused += 1,
            ([], [asked]) if is_local(asked) => others += 1,
            ([seen], [asked]) if seen == asked => match &**seen {
                "registry-1.docker.io:443" => hubs += 1,
                _ => others += 1,
            },
            _ => panic!("{name}: {seen:?} was contacted, with credentials of {asked:?}: {error}"),
        }
    }
    assert!(hubs > 30 && others > 30 && refused > 100, "{hubs} {others} {refused}");
    Ok(())
}
