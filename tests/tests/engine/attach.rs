//! Attached containers and execs with docker-client: over WebSockets, with terminals, and detached again.

use docker_client::prelude::*;
use docker_client::types::ExecConfig;
use docker_client::{Docker, TerminalSize, Tls};
use engines::case::{Context, EngineTest, Outcome, Stop, test};
use engines::certificates::{Certificates, KeyForm};
use engines::forward::Forward;
use engines::network::Network;
use tokio::io::AsyncWriteExt as _;

use crate::examples::with_image;
use crate::overlay::{docker, start};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("attach::a_websocket_over_unix_and_tcp", a_websocket_over_unix_and_tcp),
        test("attach::a_websocket_over_tls", a_websocket_over_tls),
        test("attach::a_websocket_ends_with_its_container", a_websocket_ends),
        test("attach::a_websocket_is_refused_with_a_reason", a_websocket_is_refused),
        test("attach::detach_keys_leave_the_container_running", detach_keys),
        test("attach::a_terminal_has_the_size_it_is_told", a_terminal_has_the_size_it_is_told),
        test("attach::an_exec_runs_in_the_background", an_exec_runs_in_the_background).on_podman(),
    ]
}

/// Sends something through a container that writes what it reads and exits at the end of its input.
pub(crate) async fn echo(cx: &Context, docker: &Docker) -> Outcome {
    let id = start(cx, docker, false, "cat; sleep 0.2; echo end").await?;
    let mut attached = docker.container_attach_websocket(&id).stdin(true).attach().await?;
    let input = "over a websocket\n".repeat(10_000);
    attached.input.write_all(input.as_bytes()).await?;
    attached.input.close().await?;
    let output = attached.output.collect().await?;
    assert!(output.stdout == (input + "end\n").as_bytes(), "{} bytes", output.stdout.len());
    Ok(())
}

async fn a_websocket_over_unix_and_tcp(cx: Context) -> Outcome {
    echo(&cx, &docker(&cx)?).await?;
    // The engine does not listen on TCP, but the forwarder does.
    let forward = Forward::start(cx.host()).await?;
    let build = Docker::builder().environment([("", ""); 0]).host(forward.host().parse()?);
    echo(&cx, &build.connect()?).await
}

async fn a_websocket_over_tls(cx: Context) -> Outcome {
    let certificates = Certificates::new(KeyForm::EcPkcs8)?;
    let engine = cx.own_engine()?.tls(&certificates).start(&Network::Here).await?;
    let engine = with_image(&cx, engine).await?;
    let host = engine.tls_host().ok_or("no TLS address")?;
    let tls = Tls::new()
        .authority(certificates.ca.clone())
        .identity(certificates.client.clone(), certificates.client_key.clone());
    let build = Docker::builder().environment([("", ""); 0]).host(host.parse()?).tls(tls);
    echo(&cx, &build.connect()?).await
}

async fn a_websocket_ends(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&cx, &docker, false, "read line; echo $line").await?;
    let mut attached = docker.container_attach_websocket(&id).stdin(true).attach().await?;
    // The input stays open.
    attached.input.write_all(b"end\n").await?;
    assert_eq!(attached.output.collect().await?.stdout, b"end\n");
    Ok(())
}

async fn a_websocket_is_refused(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("missing");
    let error = docker.container_attach_websocket(&name).attach().await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains(&name), "{error}");
    Ok(())
}

async fn detach_keys(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&cx, &docker, true, "cat").await?;
    let attach = docker.container_attach(&id).stdin(true).detach_keys("ctrl-x,q");
    let mut attached = attach.attach().await?;
    attached.input.write_all(b"\x18q").await?;
    attached.output.collect().await?;
    let state = docker.container_inspect(&id).send().await?.into_inner().state;
    assert_eq!(state.and_then(|state| state.running), Some(true), "it runs on");
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

/// Sets the size, and then lets the program say what it is.
async fn size(mut attached: docker_client::Attached) -> Result<String, Stop> {
    attached.terminal.resize(TerminalSize { rows: 33, columns: 101 }).await?;
    attached.input.write_all(b"\n").await?;
    Ok(String::from_utf8(attached.output.collect().await?.stdout)?)
}

async fn a_terminal_has_the_size_it_is_told(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let script = "read line; stty size";
    let id = start(&cx, &docker, true, script).await?;
    let shown = size(docker.container_attach(&id).stdin(true).attach().await?).await?;
    assert!(shown.contains("33 101"), "{shown}");
    let id = start(&cx, &docker, false, "sleep 60").await?;
    let exec = docker.exec(&id).cmd(["sh", "-c", script]).tty(true).interactive(true);
    let shown = size(exec.start().await?.attached).await?;
    assert!(shown.contains("33 101"), "{shown}");
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}

async fn an_exec_runs_in_the_background(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id =
        start(&cx, &docker, false, "until test -e /done; do sleep 0.05; done; cat /done").await?;
    let script = "until test -e /go; do sleep 0.05; done; echo $A > /tmp/x; mv /tmp/x /done";
    let exec = docker.exec(&id).cmd(["sh", "-c", script]).env("A", "by exec").detach().await?;
    assert_eq!(exec.inspect().await?.running, Some(true));
    docker.exec(&id).cmd(["touch", "/go"]).output().await?;
    let logs = docker.container_logs(&id).follow(true).stream().await?.collect().await?;
    assert_eq!(logs.stdout, b"by exec\n");
    // The generated builder has the method as well.
    let id = start(&cx, &docker, false, "sleep 60").await?;
    let config = ExecConfig { cmd: vec!["true".to_owned()], ..ExecConfig::default() };
    let exec = docker.container_exec(&id, config).send().await?.into_inner().id;
    docker.exec_start(&exec, docker_client::types::ExecStartConfig::default()).detach().await?;
    docker.container_delete(&id).force(true).send().await?;
    Ok(())
}
