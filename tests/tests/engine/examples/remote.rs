//! Examples that reach engines over TLS and through ssh.

use engines::case::{Context, EngineTest, Outcome, test};
use engines::certificates::{Certificates, KeyForm};
use engines::network::Network;
use engines::ssh::SshServer;

use super::{program, succeeded};

pub(super) fn tests() -> Vec<EngineTest> {
    vec![
        test("examples::remote_tls", remote_tls),
        test("examples::remote_ssh", remote_ssh).on_podman(),
    ]
}

async fn remote_tls(cx: Context) -> Outcome {
    let certificates = Certificates::new(KeyForm::EcPkcs8)?;
    let engine = cx.own_engine()?.tls(&certificates).start(&Network::Here).await?;
    let host = engine.tls_host().ok_or("no TLS address")?;
    let directory = tempfile::tempdir()?;
    certificates.write_client(directory.path())?;
    let directory = directory.path().to_str().ok_or("a path in UTF-8")?;
    let output = succeeded(&program("remote_tls", &[host, directory], &[]).await?)?;
    let expected = format!("{} runs {}\n", host.replace("tcp", "https"), engine.info().version);
    assert_eq!(output, expected);
    Ok(())
}

async fn remote_ssh(cx: Context) -> Outcome {
    let server = SshServer::start(cx.packages()?, &Network::Here, cx.host()).await?;
    let path = format!("{}:{}", server.client_directory().display(), std::env::var("PATH")?);
    let host = server.host();
    let output = program("remote_ssh", &[&host, cx.image()], &[("PATH", &path)]).await?;
    let output = succeeded(&output)?;
    assert!(output.starts_with(&format!("{host} has ")), "{output}");
    assert!(output.ends_with(" processors\nfar away\n"), "{output}");
    Ok(())
}
