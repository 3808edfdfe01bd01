//! Secrets and configs of a swarm: made, listed, relabelled, removed, and read by a service, from a template too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_client::prelude::*;
use docker_client::{ErrorKind, Filters, types};
use engines::case::{Context, EngineTest, Outcome, until};
use serde_json::json;

use crate::support::{docker, refused, refused_with_message, speaks, test, typed, wire};
use crate::{services, swarm};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("configs::secrets_are_kept", secrets_are_kept),
        test("configs::configs_are_kept", configs_are_kept),
        test("configs::a_service_reads_them", a_service_reads_them),
    ]
}

/// What secrets and configs have in common: all but their types, their operations and the data that is returned.
macro_rules! are_kept {
    ($test:ident, $spec:ty, $stored:expr, $create:ident $inspect:ident $update:ident $list:ident $delete:ident) => {
        async fn $test(cx: Context) -> Outcome {
            let docker = docker(&cx)?;
            swarm::ensure(&docker).await?;
            let spec = json!({"Name": cx.name("kept"), "Labels": {cx.label(): ""}, "Data": DATA});
            let spec = typed::<$spec>(spec)?;
            let id = docker.$create(&spec).send().await?.into_inner().id.ok_or("no id")?;
            refused(docker.$create(&spec).send().await, ErrorKind::Conflict);
            let found = docker.$inspect(&id).send().await?.into_inner();
            let seen = wire(&found)?;
            assert_eq!(seen["Spec"]["Name"], cx.name("kept"));
            assert_eq!(seen["Spec"]["Data"], $stored);
            let mut changed = seen["Spec"].clone();
            changed["Labels"]["kind"] = json!("changed");
            let changed = typed::<$spec>(changed)?;
            docker.$update(&id, swarm::version(&found)?, &changed).send().await?;
            let labelled = Filters::new().with("label", "kind=changed").with("name", cx.name("kept"));
            assert_eq!(docker.$list().filters(&labelled).send().await?.len(), 1);
            let unknown = Filters::new().with("nope", "x");
            refused(docker.$list().filters(unknown).send().await, ErrorKind::InvalidArgument);
            docker.$delete(&id).send().await?;
            refused(docker.$inspect(&id).send().await, ErrorKind::NotFound);
            refused(docker.$delete(&id).send().await, ErrorKind::NotFound);
            refused(docker.$update(&id, 1, &changed).send().await, ErrorKind::NotFound);
            Ok(())
        }
    };
}

/// `kept?>`, whose base64 has a letter that the URL-safe form writes otherwise.
const DATA: &str = "a2VwdD8+";

are_kept!(
    secrets_are_kept, types::SecretSpec, json!(null),
    secret_create secret_inspect secret_update secret_list secret_delete
);
are_kept!(
    configs_are_kept, types::ConfigSpec, json!(DATA),
    config_create config_inspect config_update config_list config_delete
);

async fn a_service_reads_them(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    swarm::ensure(&docker).await?;
    let secret = json!({"Name": cx.name("read"), "Data": STANDARD.encode("a word\n")});
    let secret = docker
        .secret_create(typed::<types::SecretSpec>(secret)?)
        .send()
        .await?
        .into_inner()
        .id
        .ok_or("no id")?;
    let mut config =
        json!({"Name": cx.name("read"), "Data": STANDARD.encode("of {{.Service.Name}}\n")});
    // Before 1.37, the data is written to the file unchanged.
    let templated = speaks(&docker, 37).await?;
    if templated {
        config["Templating"] = json!({"Name": "golang"});
    }
    let config = docker
        .config_create(typed::<types::ConfigSpec>(config)?)
        .send()
        .await?
        .into_inner()
        .id
        .ok_or("no id")?;
    let mut spec = services::spec(
        &cx,
        "reader",
        json!({"Replicated": {"Replicas": 1}}),
        "cat /run/secrets/word /etc/file",
    );
    let file = |name: &str| json!({"Name": name, "UID": "0", "GID": "0", "Mode": 0o444});
    spec["TaskTemplate"]["ContainerSpec"]["Secrets"] =
        json!([{"SecretID": secret, "SecretName": cx.name("read"), "File": file("word")}]);
    spec["TaskTemplate"]["ContainerSpec"]["Configs"] =
        json!([{"ConfigID": config, "ConfigName": cx.name("read"), "File": file("/etc/file")}]);
    let service = services::create(&docker, spec).await?;
    services::tasks(&docker, &service, 1, "complete").await?;
    let output = until("the service's output", async || {
        let logs = docker.service_logs(&service).stdout(true).stream().await?.collect().await;
        let Some(logs) = services::reached(logs)? else { return Ok(None) };
        let text = String::from_utf8(logs.stdout)?;
        Ok((text.lines().count() == 2).then_some(text))
    })
    .await?;
    let name = if templated { cx.name("reader") } else { "{{.Service.Name}}".to_owned() };
    assert_eq!(output, format!("a word\nof {name}\n"));
    // What a service uses stays.
    refused_with_message(docker.secret_delete(&secret).send().await, "in use");
    docker.service_delete(&service).send().await?;
    docker.secret_delete(&secret).send().await?;
    docker.config_delete(&config).send().await?;
    Ok(())
}
