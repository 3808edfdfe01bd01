//! Engines that a test starts for itself: over TLS, behind ssh, as a swarm.

use std::process::Stdio;

use engines::case::{Context, EngineTest, Outcome, Stop, test};
use engines::certificates::{Certificates, KeyForm};
use engines::http::Payload;
use engines::network::Network;
use engines::ssh::SshServer;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("harness::tls_asks_for_a_certificate", tls_asks_for_a_certificate),
        test("harness::ssh_reaches_the_engine", ssh_reaches_the_engine),
        test("harness::an_engine_alone_becomes_a_swarm", an_engine_alone_becomes_a_swarm),
        test("harness::a_dropped_engine_is_gone", a_dropped_engine_is_gone),
    ]
}

const PING: &[u8] = b"GET /_ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Sends a ping through the program's standard input and returns what came out.
async fn ping_through(command: &mut Command) -> Result<String, Stop> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    // A server that refuses the client may close the connection before it reads.
    let _ = stdin.write_all(PING).await;
    let output = child.wait_with_output().await?;
    drop(stdin);
    Ok(format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

async fn tls_asks_for_a_certificate(cx: Context) -> Outcome {
    for form in KeyForm::ALL {
        let certificates = Certificates::new(form)?;
        let engine = cx.own_engine()?.tls(&certificates).start(&Network::Here).await?;
        let address = engine
            .tls_host()
            .and_then(|host| host.strip_prefix("tcp://"))
            .ok_or("no TLS address")?;
        let directory = tempfile::tempdir()?;
        certificates.write_client(directory.path())?;
        let connect = || {
            let mut openssl = Command::new("openssl");
            openssl.args([
                "s_client",
                "-quiet",
                "-verify_return_error",
                "-CAfile",
                "ca.pem",
                "-connect",
                address,
            ]);
            openssl.current_dir(directory.path());
            openssl
        };
        let answer = ping_through(connect().args(["-cert", "cert.pem", "-key", "key.pem"])).await?;
        assert!(answer.contains("HTTP/1.1 200 OK"), "{form:?}: {answer}");
        let answer = ping_through(&mut connect()).await?;
        assert!(
            answer.contains("certificate required") || answer.contains("bad certificate"),
            "{form:?}: {answer}"
        );
    }
    Ok(())
}

async fn ssh_reaches_the_engine(cx: Context) -> Outcome {
    let server = SshServer::start(cx.packages()?, &Network::Here, cx.host()).await?;
    let mut ssh = Command::new(server.client_directory().join("ssh"));
    ssh.args([&server.host(), "--", "docker", "system", "dial-stdio"]);
    let answer = ping_through(&mut ssh).await?;
    assert!(answer.contains("HTTP/1.1 200 OK"), "{answer}\n{}", server.log());
    assert!(answer.contains(&format!("Api-Version: {}", cx.engine().api_version)), "{answer}");
    Ok(())
}

async fn an_engine_alone_becomes_a_swarm(cx: Context) -> Outcome {
    let engine = cx.own_engine()?.start_alone().await?;
    let init = json!({"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"});
    engine.client().post("/swarm/init", Payload::json(&init)).await?.expect(200)?;
    let info = engine.client().get("/info").await?.expect(200)?.json()?;
    assert_eq!(info["Swarm"]["LocalNodeState"], "active");
    assert_eq!(info["Swarm"]["ControlAvailable"], true);
    Ok(())
}

async fn a_dropped_engine_is_gone(cx: Context) -> Outcome {
    let engine = cx.own_engine()?.start_alone().await?;
    let client = engine.client().clone();
    client.get("/_ping").await?.expect(200)?;
    let directory = engine
        .info()
        .host
        .trim_start_matches("unix://")
        .trim_end_matches("/docker.sock")
        .to_owned();
    assert!(std::path::Path::new(&directory).is_dir());
    drop(engine);
    assert!(client.get("/_ping").await.is_err());
    assert!(!std::path::Path::new(&directory).exists());
    Ok(())
}
