//! Settings of containers from strings: ports, volumes, mounts, memory, variables.

use std::fs;

use engines::case::{Context, EngineTest, Outcome, test};

use crate::overlay::docker;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("text::run_takes_what_the_command_line_takes", run_takes_texts).on_podman(),
        test("text::what_cannot_be_read_is_not_sent", what_cannot_be_read_is_not_sent),
    ]
}

async fn run_takes_texts(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let directory = tempfile::tempdir()?;
    fs::write(directory.path().join("file"), "bound\n")?;
    let variables = directory.path().join("variables");
    fs::write(&variables, "# two\nONE=1\nTWO=a \"b\"\n")?;
    let volume = cx.name("data");
    let label = cx.label().to_owned();
    let script = "cat /bound/file; touch /bound/x || echo read-only; touch /data/x && echo \
                  written; env | grep -E '^(ONE|TWO)='; df -k /cache | tail -1 | awk '{print $2}'; \
                  sleep 60";
    let running = docker
        .run(cx.image())
        .cmd(["sh", "-c", script])
        .publish("127.0.0.1::80/tcp")
        .publish("[::1]::81-82/udp")
        .volume(format!("{volume}:/data"))
        .volume("/anonymous")
        .volume(format!("{}:/bound:ro", directory.path().display()))
        .mount("type=tmpfs,dst=/cache,tmpfs-size=2m")
        .memory("64m")
        .env_file(&variables)
        .configure(|config| drop(config.labels.insert(label, String::new())))
        .detach()
        .await?;
    let found = running.inspect().send().await?.into_inner();
    let host = found.host_config.ok_or("no configuration of the host")?;
    assert_eq!(host.memory, Some(64 << 20));
    let ports = found.network_settings.and_then(|network| network.ports).ok_or("no ports")?;
    let published = |port: &str| ports.get(port).cloned().flatten().unwrap_or_default();
    let port = published("80/tcp").remove(0);
    assert_eq!(port.host_ip.as_deref(), Some("127.0.0.1"));
    assert!(port.host_port.is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0)));
    assert_eq!((published("81/udp").len(), published("82/udp").len()), (1, 1));
    let mounted =
        |path: &str| found.mounts.iter().any(|it| it.destination.as_deref() == Some(path));
    assert!(["/data", "/anonymous", "/bound"].into_iter().all(mounted), "{:?}", found.mounts);
    let mut logs = docker_client::LogsExt::stream(running.logs().follow(true)).await?.lines();
    let mut lines = Vec::new();
    while lines.len() < 6 {
        let line = logs.next().await.ok_or_else(|| format!("the logs ended: {lines:?}"))??;
        if !matches!(line, docker_client::Output::Stderr(_)) {
            lines.push(line.text().into_owned());
        }
    }
    assert_eq!(lines, ["bound", "read-only", "written", "ONE=1", "TWO=a \"b\"", "2048"]);
    running.remove().force(true).v(true).send().await?;
    docker.volume_delete(&volume).send().await?;
    Ok(())
}

async fn what_cannot_be_read_is_not_sent(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("refused");
    let run = docker.run(cx.image()).name(&name).publish("80/tpc").volume("data");
    let error = run.output().await.unwrap_err().to_string();
    let expected = "invalid port mapping \"80/tpc\": expected tcp, udp or sctp\n  80/tpc\n     ^";
    assert!(error.ends_with(expected), "{error}");
    assert!(docker.container_inspect(&name).send().await.unwrap_err().is_not_found());
    Ok(())
}
