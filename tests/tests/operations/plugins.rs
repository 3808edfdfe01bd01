//! Plugins of the engine: made from a tar, set, enabled, pushed to a registry and pulled from it.

use docker_client::prelude::*;
use docker_client::{Docker, ErrorKind, Filters, RegistryAuth, Request};
use engines::archive;
use engines::case::{Context, EngineTest, Outcome, Stop};
use serde_json::{Value, json};

use crate::support::{docker, refused, refused_with_message, test, wire};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("plugins::are_made_set_and_enabled", are_made_set_and_enabled),
        test("plugins::go_through_the_private_registry", go_through_the_private_registry),
        test("plugins::what_a_missing_one_is_asked_for", a_missing_one),
    ]
}

/// A plugin that does nothing but listen on its socket, in the Perl that every Debian has.
fn config(name: &str) -> Value {
    let program = "$s = IO::Socket::UNIX->new(Listen => 5, Local => '/run/docker/plugins/own.sock') or die; \
                   while ($c = $s->accept) { close $c }";
    let directory = |path: &str| json!({"Name": &path[1..], "Source": path, "Destination": path, "Type": "bind", "Options": ["rbind", "ro"]});
    json!({
        "Description": format!("made as {name}"), "Documentation": "https://example.org",
        "Interface": {"Types": ["docker.dummy/1.0"], "Socket": "own.sock"},
        "Entrypoint": ["/usr/bin/perl", "-MIO::Socket::UNIX", "-e", program], "WorkDir": "/",
        "Network": {"Type": "none"}, "Linux": {"Capabilities": ["CAP_SYS_TIME"], "AllowAllDevices": false, "Devices": null},
        "Mounts": [directory("/usr"), directory("/lib"), directory("/lib64")],
        "Env": [{"Name": "DEBUG", "Description": "a switch", "Settable": ["value"], "Value": "0"}],
        "Args": {"Name": "args", "Description": "", "Settable": null, "Value": []},
    })
}

async fn make(docker: &Docker, name: &str) -> Outcome {
    let tar = archive::of(&[("config.json", &config(name).to_string()), ("rootfs/note", name)]);
    docker.plugin_create(name, tar).send().await?;
    Ok(())
}

async fn inspect(docker: &Docker, name: &str) -> Result<Value, Stop> {
    wire(&docker.plugin_inspect(name).send().await?.into_inner())
}

async fn are_made_set_and_enabled(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = format!("{}:1", cx.name("made"));
    make(&docker, &name).await?;
    let found = inspect(&docker, &name).await?;
    assert_eq!(
        (&found["Enabled"], &found["Config"]["Description"]),
        (&json!(false), &json!(format!("made as {name}")))
    );
    docker.plugin_set(&name, vec!["DEBUG=1".to_owned()]).send().await?;
    assert_eq!(inspect(&docker, &name).await?["Settings"]["Env"], json!(["DEBUG=1"]));
    refused_with_message(docker.plugin_set(&name, vec!["NOPE=1".to_owned()]).send().await, "NOPE");
    docker.plugin_enable(&name, 10).send().await?;
    let enabled = docker.plugin_list().filters(Filters::new().with("enabled", true)).send().await?;
    assert!(enabled.iter().any(|plugin| plugin.name == name), "{enabled:?}");
    refused(
        docker.plugin_list().filters(Filters::new().with("nope", "x")).send().await,
        ErrorKind::InvalidArgument,
    );
    refused_with_message(docker.plugin_enable(&name, 10).send().await, "already enabled");
    refused_with_message(docker.plugin_delete(&name).send().await, "enabled");
    docker.plugin_disable(&name).send().await?;
    refused_with_message(docker.plugin_disable(&name).send().await, "disabled");
    let empty = archive::of(&[("note", "no configuration")]);
    refused_with_message(docker.plugin_create(cx.name("broken"), empty).send().await, "found");
    docker.plugin_delete(&name).send().await?;
    refused(docker.plugin_inspect(&name).send().await, ErrorKind::NotFound);
    Ok(())
}

async fn go_through_the_private_registry(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let registry = cx.private_registry()?;
    let login = registry.login.as_ref().ok_or("a registry with a user")?;
    let auth = RegistryAuth::password(&login.user, &login.password);
    let remote = format!("{}/{}:1", registry.address, cx.name("plugin"));
    make(&docker, &remote).await?;
    // Without credentials, 28.5 reports that they are missing, and 20.10 tries TLS and reports that failure.
    refused_with_message(Request::from(docker.plugin_push(&remote)).discard().await, "");
    Request::from(docker.plugin_push(&remote).x_registry_auth(&auth)).discard().await?;
    docker.plugin_delete(&remote).send().await?;

    let privileges =
        docker.get_plugin_privileges(&remote).x_registry_auth(&auth).send().await?.into_inner();
    let seen = wire(&privileges)?;
    let of = |name: &str| {
        seen.as_array().into_iter().flatten().find(|item| item["Name"] == name).cloned()
    };
    assert_eq!(
        of("capabilities").map(|item| item["Value"].clone()),
        Some(json!(["CAP_SYS_TIME"])),
        "{seen}"
    );
    // A plugin that does not exist has no privileges and is no error, so an invalid name is used for the refusal.
    refused_with_message(docker.get_plugin_privileges("CAPITALS").send().await, "lowercase");

    let name = format!("{}:1", cx.name("pulled"));
    let less =
        docker.plugin_pull(&remote, Vec::new()).name(&name).x_registry_auth(&auth).finish().await;
    refused_with_message(less, "privileges");
    docker.plugin_pull(&remote, &privileges).name(&name).x_registry_auth(&auth).finish().await?;
    assert_eq!(
        inspect(&docker, &name).await?["Config"]["Description"],
        format!("made as {remote}")
    );
    let upgrade = docker.plugin_upgrade(&name, &remote, &privileges).x_registry_auth(&auth);
    Request::from(upgrade).discard().await?;
    let upgrade =
        docker.plugin_upgrade(cx.name("missing"), &remote, &privileges).x_registry_auth(&auth);
    refused_with_message(Request::from(upgrade).discard().await, "not found");
    docker.plugin_delete(&name).send().await?;
    Ok(())
}

async fn a_missing_one(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("missing");
    refused(docker.plugin_inspect(&name).send().await, ErrorKind::NotFound);
    refused(docker.plugin_enable(&name, 0).send().await, ErrorKind::NotFound);
    refused(docker.plugin_disable(&name).send().await, ErrorKind::NotFound);
    refused(docker.plugin_delete(&name).send().await, ErrorKind::NotFound);
    refused(docker.plugin_set(&name, vec!["A=1".to_owned()]).send().await, ErrorKind::NotFound);
    Ok(())
}
