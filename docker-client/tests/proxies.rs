//! Proxies: those through which an engine is reached, and those that are passed to containers and builds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use docker_client::prelude::*;
use docker_client::types::ContainerCreateBody;
use docker_client::{Docker, Error};
use support::{Engine, Reply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};

/// A proxy that connects to one engine, whatever is requested, and keeps the heads of the requests.
struct FakeProxy {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl FakeProxy {
    /// The status of its response to a request for a tunnel.
    async fn start(engine: PathBuf, status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let record = heads.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (engine, record) = (engine.clone(), record.clone());
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(client.read_u8().await.unwrap());
                    }
                    record.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
                    let mut engine = UnixStream::connect(engine).await.unwrap();
                    if head.starts_with(b"CONNECT ") {
                        let answer = format!("HTTP/1.1 {status}\r\n\r\n");
                        client.write_all(answer.as_bytes()).await.unwrap();
                    } else {
                        engine.write_all(&head).await.unwrap();
                    }
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut engine).await;
                });
            }
        });
        Self { address, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// A client of an engine that only the proxy knows.
    fn docker(&self) -> Docker {
        let proxy = format!("http://user:secret@{}", self.address);
        let build = Docker::builder().environment([("HTTP_PROXY", proxy)]);
        build.host("tcp://engine.invalid:4000/base".parse().unwrap()).connect().unwrap()
    }
}

fn engine() -> Engine {
    Engine::start(|seen| match seen.line.contains("/attach") {
        true => Reply::upgrade("application/vnd.docker.raw-stream", |mut connection| async move {
            connection.write_all(b"attached").await.unwrap();
        }),
        false => Reply::json(200, r#"{"Config":{"Tty":true}}"#),
    })
}

#[tokio::test]
async fn a_proxy_forwards_requests_and_tunnels_upgrades() {
    let engine = engine();
    let proxy = FakeProxy::start(engine.socket(), "200 OK").await;
    let docker = proxy.docker();
    docker.system_info().send().await.unwrap();
    docker.system_info().send().await.unwrap();
    let attached = docker.container_attach("web").attach().await.unwrap();
    assert_eq!(attached.output.collect().await.unwrap().stdout, b"attached");

    let heads = proxy.heads();
    assert_eq!(heads.len(), 2, "one connection for requests, and one for the tunnel");
    let lines: Vec<_> = heads.iter().map(|head| head.lines().next().unwrap()).collect();
    let ping = "HEAD http://engine.invalid:4000/base/_ping HTTP/1.1";
    assert_eq!(lines, [ping, "CONNECT engine.invalid:4000 HTTP/1.1"]);
    for head in &heads {
        let head = head.to_ascii_lowercase();
        assert!(head.contains("\r\nhost: engine.invalid:4000\r\n"), "{head}");
        assert!(head.contains("\r\nproxy-authorization: basic dxnlcjpzzwnyzxq=\r\n"), "{head}");
    }
    let seen = engine.requests();
    assert_eq!(seen[0].line, "GET http://engine.invalid:4000/base/v1.41/info");
    assert_eq!((seen[0].connection, seen[1].connection), (0, 0));
    let attach = seen.last().unwrap();
    assert!(attach.line.starts_with("POST /base/v1.41/containers/web/attach?"), "{}", attach.line);
    assert_eq!(attach.header("proxy-authorization"), None, "this is none of the engine's business");
}

#[tokio::test]
async fn a_proxy_that_refuses_or_is_not_there_is_named_without_its_password() {
    let engine = engine();
    let proxy = FakeProxy::start(engine.socket(), "407 Proxy Authentication Required").await;
    let docker = proxy.docker();
    let refused = docker.container_inspect("web").send().await.map(drop);
    assert!(refused.is_ok(), "requests are forwarded: {refused:?}");
    let error = docker.container_attach_websocket("web").send().await.unwrap_err();
    let text = format!("{error:?}");
    for part in ["tcp://engine.invalid:4000/base", &*proxy.address, "407", "NO_PROXY"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let proxy = FakeProxy { address: free.clone(), heads: Arc::default() };
    let error = proxy.docker().system_info().send().await.unwrap_err();
    let text = format!("{error:?}");
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert!(text.contains(&format!("through the proxy http://{free}")), "{text}");
    assert!(
        text.contains("NO_PROXY") && !format!("{text} {error:#?}").contains("secret"),
        "{text}"
    );
}

#[tokio::test]
async fn a_proxy_that_does_not_respond_is_named() {
    // It is never accepted, and so is what is sent to it.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let build = Docker::builder().environment([("HTTP_PROXY", format!("http://{address}"))]);
    let build = build.connect_timeout(Duration::from_millis(50));
    let build = build.host("tcp://engine.invalid:4000".parse().unwrap());
    let docker = build.api_version("1.51".parse().unwrap()).connect().unwrap();
    let error = docker.container_attach("web").attach().await.map(drop).unwrap_err();
    let text = format!("{error:?}");
    let expected = format!("through the proxy http://{address}: no connection within 50ms");
    assert!(text.contains(&expected) && text.contains("NO_PROXY"), "{text}");
}

/// A SOCKS 5 proxy that connects to one engine, with user `user` and password `secret`, and keeps what was requested.
async fn socks(engine: PathBuf, reply: u8) -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let record = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (engine, record) = (engine.clone(), record.clone());
            tokio::spawn(async move {
                let mut head = [0; 4];
                client.read_exact(&mut head).await.unwrap();
                assert_eq!(head, [5, 2, 0, 2]);
                client.write_all(&[5, 2]).await.unwrap();
                let mut login = [0; 13];
                client.read_exact(&mut login).await.unwrap();
                assert_eq!(&login, b"\x01\x04user\x06secret");
                client.write_all(&[1, 0]).await.unwrap();
                let mut request = vec![0; 5];
                client.read_exact(&mut request).await.unwrap();
                assert_eq!(request[..4], [5, 1, 0, 3]);
                let mut rest = vec![0; usize::from(request[4]) + 2];
                client.read_exact(&mut rest).await.unwrap();
                record.lock().unwrap().push(rest);
                client.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
                let mut engine = UnixStream::connect(engine).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut engine).await;
            });
        }
    });
    (address, asked)
}

#[tokio::test]
async fn a_socks_proxy_connects_to_the_engine_by_name() {
    let engine = engine();
    let client = |address: String| {
        let proxy = format!("socks5://user:secret@{address}");
        let build = Docker::builder().environment([("HTTP_PROXY", proxy)]);
        build.host("tcp://engine.invalid:4000/base".parse().unwrap()).connect().unwrap()
    };
    let (address, asked) = socks(engine.socket(), 0).await;
    let docker = client(address);
    docker.system_info().send().await.unwrap();
    let attached = docker.container_attach("web").attach().await.unwrap();
    assert_eq!(attached.output.collect().await.unwrap().stdout, b"attached");
    assert_eq!(engine.requests()[0].line, "GET /base/v1.41/info");
    assert_eq!(asked.lock().unwrap()[0], b"engine.invalid\x0f\xa0");

    let (address, _) = socks(engine.socket(), 5).await;
    let error = client(address.clone()).system_info().send().await.unwrap_err();
    let text = format!("{error:?}");
    let expected = format!("through the proxy socks5://{address}");
    assert!(text.contains(&expected) && text.contains("connection refused"), "{text}");
    assert!(text.contains("NO_PROXY") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_connector_ignores_proxies() {
    let engine = engine();
    let socket = engine.socket();
    let build = Docker::builder().environment([("HTTP_PROXY", "socks5://proxy.invalid")]);
    let build = build.host("tcp://engine.invalid".parse().unwrap());
    let docker = build.connector(move || UnixStream::connect(socket.clone())).connect().unwrap();
    docker.system_info().send().await.unwrap();
    assert_eq!(engine.requests()[0].line, "GET /v1.41/info");
}

/// A client whose `config.json` has these proxies, and its engine, which knows everything.
fn configured(proxies: &str) -> (Engine, Docker, tempfile::TempDir) {
    let engine = Engine::start(|seen| -> Reply {
        match seen.line.contains("/containers/create") {
            true => Reply::json(201, r#"{"Id":"c"}"#),
            false => Reply::new(200, "application/json", "{}"),
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let config =
        format!(r#"{{"proxies":{proxies}}}"#).replace("ENGINE", &engine.host().to_string());
    std::fs::write(directory.path().join("config.json"), config).unwrap();
    let variables = [("DOCKER_CONFIG", directory.path().to_str().unwrap())];
    let docker = engine.builder().environment(variables).connect().unwrap();
    (engine, docker, directory)
}

/// What the first container was created with.
fn created(engine: &Engine) -> ContainerCreateBody {
    serde_json::from_slice(&engine.requests()[0].body).unwrap()
}

const BOTH: &str = r#"{"default":{"httpProxy":"http://d"},
    "ENGINE":{"httpProxy":"http://p:1","noProxy":"a,b"}}"#;

#[tokio::test]
async fn containers_get_the_proxies_of_their_engine() {
    let (engine, docker, _folder) = configured(BOTH);
    docker.run("app").env("http_proxy", "mine").env("X", "y").detach().await.unwrap();
    let created = created(&engine);
    let expected =
        ["http_proxy=mine", "X=y", "HTTP_PROXY=http://p:1", "NO_PROXY=a,b", "no_proxy=a,b"];
    assert_eq!(created.env, expected);
    assert_eq!(created.image.as_deref(), Some("app"));
}

#[tokio::test]
async fn another_engine_gets_the_default_proxies_if_there_are_any() {
    let (engine, docker, _folder) = configured(r#"{"default":{"allProxy":"http://d"}}"#);
    let body = ContainerCreateBody { env: vec!["ALL_PROXY".to_owned()], ..Default::default() };
    docker.container_create(&body).send().await.unwrap();
    assert_eq!(created(&engine).env, ["ALL_PROXY", "all_proxy=http://d"]);
    let (engine, docker, _folder) = configured(r#"{"tcp://other:2375":{"httpProxy":"http://p"}}"#);
    docker.container_create(&body).send().await.unwrap();
    assert_eq!(created(&engine), body);
}

#[tokio::test]
async fn builds_get_proxies_as_arguments() {
    let (engine, docker, _folder) = configured(BOTH);
    docker.image_build().q(true).finish().await.unwrap();
    let own = r#"{"HTTP_PROXY":"mine","A":"b c","FROM_ENVIRONMENT":null}"#;
    docker.image_build().buildargs(own).finish().await.unwrap();
    let arguments = |at: usize| {
        let uri: http::Uri = engine.requests()[at].line.split_once(' ').unwrap().1.parse().unwrap();
        let parameters: Vec<_> = uri.query().unwrap().split('&').map(str::to_owned).collect();
        let text = parameters.iter().find_map(|part| part.strip_prefix("buildargs=")).unwrap();
        let text = percent_encoding::percent_decode_str(text).decode_utf8().unwrap();
        (parameters.len(), serde_json::from_str::<serde_json::Value>(&text).unwrap())
    };
    let proxies = serde_json::json!({"HTTP_PROXY": "http://p:1", "http_proxy": "http://p:1",
        "NO_PROXY": "a,b", "no_proxy": "a,b"});
    assert_eq!(arguments(0), (2, proxies));
    let merged = serde_json::json!({"HTTP_PROXY": "mine", "http_proxy": "http://p:1", "A": "b c",
        "NO_PROXY": "a,b", "no_proxy": "a,b", "FROM_ENVIRONMENT": null});
    assert_eq!(arguments(1), (1, merged));
}
