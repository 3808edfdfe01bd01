//! `docker swarm init`, `docker service create --secret … --config …`, `docker service scale`, `logs`, `docker swarm leave`
//!
//! Arguments: the image (`busybox`) and the address at which other nodes would reach this one (`127.0.0.1`). The engine must not be
//! part of a swarm. Everything that is created is removed when the engine leaves the swarm.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use docker_client::types::{
    ConfigSpec, SecretSpec, ServiceSpec, ServiceSpecMode, ServiceSpecModeReplicated,
    SwarmInitRequest, TaskSpec, TaskSpecContainerSpec, TaskSpecContainerSpecConfig,
    TaskSpecContainerSpecConfigFile, TaskSpecContainerSpecSecret, TaskSpecContainerSpecSecretFile,
    TaskState,
};
use docker_client::{Docker, Error, Filters, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let image = std::env::args().nth(1).unwrap_or_else(|| "busybox".into());
    let address = std::env::args().nth(2).unwrap_or_else(|| "127.0.0.1".into());
    let docker = Docker::connect()?;

    let swarm = SwarmInitRequest {
        listen_addr: Some(format!("{address}:2377")),
        advertise_addr: Some(address),
        ..Default::default()
    };
    let node = docker.swarm_init(swarm).send().await?.into_inner();
    println!("node {node} manages a swarm");

    // The engine leaves the swarm even if an operation failed.
    let served = serve(&docker, image).await;
    docker.swarm_leave().force(true).send().await?;
    println!("left the swarm");
    served
}

async fn serve(docker: &Docker, image: String) -> Result<(), Error> {
    let secret = SecretSpec {
        name: Some("password".into()),
        data: Some(BASE64_STANDARD.encode("correct horse")),
        ..Default::default()
    };
    let config = ConfigSpec {
        name: Some("greeting".into()),
        data: Some(BASE64_STANDARD.encode("good morning\n")),
        ..Default::default()
    };
    // Secrets and configs are files in the containers of the services that use them.
    let secret = TaskSpecContainerSpecSecret {
        secret_id: docker.secret_create(secret).send().await?.into_inner().id,
        secret_name: Some("password".into()),
        file: Some(TaskSpecContainerSpecSecretFile {
            name: Some("password".into()), // below /run/secrets
            uid: Some("0".into()),
            gid: Some("0".into()),
            mode: Some(0o400),
            ..Default::default()
        }),
        ..Default::default()
    };
    let config = TaskSpecContainerSpecConfig {
        config_id: docker.config_create(config).send().await?.into_inner().id,
        config_name: Some("greeting".into()),
        file: Some(TaskSpecContainerSpecConfigFile {
            name: Some("/etc/greeting".into()),
            uid: Some("0".into()),
            gid: Some("0".into()),
            mode: Some(0o444),
            ..Default::default()
        }),
        ..Default::default()
    };
    let script = "cat /etc/greeting; wc -c < /run/secrets/password; exec sleep 1000";
    let container = TaskSpecContainerSpec {
        image: Some(image),
        command: ["sh", "-c", script].map(String::from).into(),
        secrets: vec![secret],
        configs: vec![config],
        ..Default::default()
    };
    let service = ServiceSpec {
        name: Some("greeter".into()),
        task_template: Some(TaskSpec { container_spec: Some(container), ..Default::default() }),
        mode: Some(replicas(1)),
        ..Default::default()
    };
    let id = docker.service_create(service).send().await?.into_inner().id.unwrap_or_default();
    until_running(docker, &id, 1).await?;
    println!("one task runs");

    // An update sends the whole specification and the version that was read. The engine refuses it if the service has been changed
    // since.
    let found = docker.service_inspect(&id).send().await?.into_inner();
    let version = found.version.and_then(|version| version.index).unwrap_or_default();
    let scaled = ServiceSpec { mode: Some(replicas(3)), ..found.spec.unwrap_or_default() };
    docker.service_update(&id, version, scaled).send().await?;
    until_running(docker, &id, 3).await?;
    println!("three tasks run");

    // Read two lines of each task; then the stream would wait for more.
    let mut lines = docker.service_logs(&id).follow(true).stream().await?.lines();
    for _ in 0..2 * 3 {
        let Some(line) = lines.next().await else { break };
        println!("log: {}", line?.text());
    }
    docker.service_delete(&id).send().await?;
    Ok(())
}

fn replicas(count: i64) -> ServiceSpecMode {
    let replicated = ServiceSpecModeReplicated { replicas: Some(count), ..Default::default() };
    ServiceSpecMode { replicated: Some(replicated), ..Default::default() }
}

/// Waits until this many tasks of a service are running.
async fn until_running(docker: &Docker, service: &str, count: usize) -> Result<(), Error> {
    let filters = Filters::new().with("service", service).with("desired-state", "running");
    loop {
        let tasks = docker.task_list().filters(&filters).send().await?.into_inner();
        let states = tasks.into_iter().filter_map(|task| task.status?.state);
        if states.filter(|state| *state == TaskState::Running).count() == count {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
