//! Reaching engines with docker-client: over TLS with keys of every form, and through ssh.

use docker_client::prelude::*;
use docker_client::{Docker, Tls};
use engines::case::{Context, EngineTest, Outcome, test};
use engines::certificates::{Certificates, KeyForm};
use engines::network::Network;
use engines::ssh::SshServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("reach::tls_with_keys_of_every_form", tls_with_keys_of_every_form),
        test("reach::tls_says_what_is_wrong", tls_says_what_is_wrong),
        test("reach::tls_goes_through_a_proxy", tls_goes_through_a_proxy),
        test("reach::ssh_carries_requests_and_streams", ssh_carries_requests_and_streams),
    ]
}

async fn tls_with_keys_of_every_form(cx: Context) -> Outcome {
    for form in KeyForm::ALL {
        let certificates = Certificates::new(form)?;
        let engine = cx.own_engine()?.tls(&certificates).start(&Network::Here).await?;
        let host = engine.tls_host().ok_or("no TLS address")?;
        let directory = tempfile::tempdir()?;
        certificates.write_client(directory.path())?;
        let directory = directory.path().to_str().ok_or("a path in UTF-8")?;
        let variables =
            [("DOCKER_HOST", host), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", directory)];
        let docker = Docker::builder().environment(variables).connect()?;
        for _ in 0..3 {
            docker.system_version().send().await?;
        }
    }
    Ok(())
}

async fn tls_says_what_is_wrong(cx: Context) -> Outcome {
    let certificates = Certificates::new(KeyForm::EcPkcs8)?;
    let engine = cx.own_engine()?.tls(&certificates).start(&Network::Here).await?;
    let host = engine.tls_host().ok_or("no TLS address")?.to_owned();
    let other = Certificates::new(KeyForm::EcPkcs8)?;
    let identity =
        |tls: Tls| tls.identity(certificates.client.clone(), certificates.client_key.clone());
    for (tls, expected) in [
        (Tls::new().authority(certificates.ca.clone()), "requires a client certificate"),
        (identity(Tls::new().authority(other.ca.clone())), "was not signed by the authority"),
    ] {
        let build = Docker::builder().environment([("", ""); 0]).host(host.parse()?);
        let error = build.tls(tls).connect()?.system_version().send().await.unwrap_err();
        assert!(error.is_connect() && error.to_string().contains(expected), "{error}");
    }
    let any = identity(Tls::new()).dangerously_accept_any_certificate();
    let build = Docker::builder().environment([("", ""); 0]).host(host.parse()?);
    build.tls(any).connect()?.system_version().send().await?;
    Ok(())
}

async fn tls_goes_through_a_proxy(cx: Context) -> Outcome {
    let certificates = Certificates::new(KeyForm::EcPkcs8)?;
    let engine = cx.own_engine()?.tls(&certificates).start(&Network::Here).await?;
    let target = engine.tls_host().and_then(|host| host.strip_prefix("tcp://"));
    let target = target.ok_or("no TLS address")?.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = listener.local_addr()?.to_string();
    let (tell, asked) = tokio::sync::oneshot::channel();
    let proxying = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await?);
        }
        let mut engine = TcpStream::connect(target).await?;
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        let _ = tell.send(String::from_utf8_lossy(&head).into_owned());
        tokio::io::copy_bidirectional(&mut client, &mut engine).await
    });
    // Only the proxy knows this name, and the certificate is for another.
    let tls = Tls::new()
        .identity(certificates.client.clone(), certificates.client_key.clone())
        .dangerously_accept_any_certificate();
    let build = Docker::builder().environment([("HTTPS_PROXY", proxy)]).tls(tls);
    let docker = build.host("tcp://engine.test:2376".parse()?).connect()?;
    docker.system_version().send().await?;
    let name = cx.name("missing");
    assert!(docker.container_attach(name).attach().await.unwrap_err().is_not_found());
    proxying.abort();
    let asked = asked.await?;
    assert!(asked.starts_with("CONNECT engine.test:2376 HTTP/1.1\r\n"), "{asked}");
    Ok(())
}

async fn ssh_carries_requests_and_streams(cx: Context) -> Outcome {
    let server = SshServer::start(cx.packages()?, &Network::Here, cx.host()).await?;
    let path = format!("{}:{}", server.client_directory().display(), std::env::var("PATH")?);
    let host = server.host();
    let variables = [("DOCKER_HOST", host.as_str()), ("PATH", path.as_str())];
    let docker = Docker::builder().environment(variables).connect()?;
    docker.system_version().send().await?;
    let label = cx.label().to_owned();
    let run = docker.run(cx.image()).cmd(["cat"]).interactive(true).remove(true);
    let mut running =
        run.configure(|config| drop(config.labels.insert(label, String::new()))).start().await?;
    running.attached.input.write_all(b"through ssh").await?;
    running.attached.input.close().await?;
    assert_eq!(running.attached.output.collect().await?.stdout, b"through ssh");
    assert_eq!(running.exit.code().await?, 0);
    let missing = docker.container_logs(cx.name("missing")).stream().await.unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
    // And a WebSocket.
    crate::attach::echo(&cx, &docker).await
}
