//! Names of containers as lists return them, with a slash in front, in every call that names a container.

use docker_client::types::{
    ContainerCreateBody, NetworkConnectRequest, NetworkCreateRequest, NetworkDisconnectRequest,
};
use engines::case::{Context, EngineTest, Outcome, test};

use crate::overlay::docker;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![test("names::a_slash_in_front_is_accepted", a_slash_in_front_is_accepted).on_podman()]
}

async fn a_slash_in_front_is_accepted(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let body: ContainerCreateBody = serde_json::from_value(cx.container(&["sleep", "60"]))?;
    let (name, network) = (format!("/{}", cx.name("slash")), cx.name("slash"));
    let id = docker.container_create(&body).name(&name).send().await?.into_inner().id;
    docker.container_start(&name).send().await?;
    // The networks of podman do not work in the namespace of these tests.
    if !cx.engine().is_podman() {
        let create = NetworkCreateRequest {
            name: network.clone(),
            labels: [(cx.label().to_owned(), String::new())].into(),
            ..NetworkCreateRequest::default()
        };
        docker.network_create(create).send().await?;
        let connect = NetworkConnectRequest { container: name.clone(), ..Default::default() };
        docker.network_connect(&network, connect).send().await?;
        let disconnect = NetworkDisconnectRequest { container: name.clone(), ..Default::default() };
        docker.network_disconnect(&network, disconnect).send().await?;
    }
    let image = cx.name("slash");
    let commit = docker.image_commit(&name).repo(&image);
    commit.body(docker_client::types::ContainerConfig::default()).send().await?;
    docker.image_delete(&image).send().await?;
    let renamed = format!("{name}-renamed");
    docker.container_rename(&name, &renamed).send().await?;
    let inspected = docker.container_inspect(&renamed).send().await?.into_inner();
    assert_eq!((inspected.id, inspected.name), (Some(id), Some(renamed.clone())));
    docker.container_delete(&renamed).force(true).send().await?;
    Ok(())
}
