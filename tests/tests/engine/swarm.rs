//! Objects of the swarm, read and changed through the types: whatever an engine sends can be read, and an update of one
//! field leaves the others as they are.

use docker_client::Docker;
use docker_client::operations::{ServiceListFilters, TaskListFilters};
use docker_client::types::{
    ClusterVolumeSpec, ClusterVolumeSpecAccessMode, ClusterVolumeSpecAccessModeMountVolume,
    ClusterVolumeSpecAccessibilityRequirements, ClusterVolumeSpecAvailability,
    ClusterVolumeSpecCapacityRange, ClusterVolumeSpecSecret, HealthConfig, NetworkAttachmentConfig,
    NetworkCreateRequest, SecretSpec, Service, ServiceSpec, SwarmInitRequest, Task, TaskSpec,
    TaskSpecContainerSpec, Topology, VolumeCreateRequest, VolumeUpdateBody,
};
use engines::case::{Context, EngineTest, Outcome, Stop, test, until};
use engines::engine::Dockerd;

use crate::examples::with_image;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test(
            "swarm::an_update_keeps_the_health_check_of_a_service",
            an_update_keeps_the_health_check_of_a_service,
        ),
        test("swarm::a_cluster_volume_has_what_was_set", a_cluster_volume_has_what_was_set),
        test(
            "swarm::a_task_has_its_network_and_a_service_its_previous_specification",
            a_task_has_its_network_and_a_service_its_previous_specification,
        ),
    ]
}

/// A swarm of one engine, and a client of it.
async fn swarm(cx: &Context) -> Result<(Dockerd, Docker), Stop> {
    let engine = with_image(cx, cx.own_engine()?.start_alone().await?).await?;
    let docker = Docker::builder().host(engine.info().host.parse()?).connect()?;
    let init = SwarmInitRequest {
        listen_addr: Some("127.0.0.1:2377".into()),
        advertise_addr: Some("127.0.0.1".into()),
        ..SwarmInitRequest::default()
    };
    docker.swarm_init(init).send().await?;
    Ok((engine, docker))
}

/// A service that sleeps.
fn sleeper(cx: &Context, name: &str) -> ServiceSpec {
    let container = TaskSpecContainerSpec {
        image: Some(cx.image().into()),
        command: ["sleep", "600"].map(str::to_owned).to_vec(),
        stop_grace_period: Some(0),
        ..TaskSpecContainerSpec::default()
    };
    let task = TaskSpec { container_spec: Some(container), ..TaskSpec::default() };
    ServiceSpec { name: Some(name.into()), task_template: Some(task), ..ServiceSpec::default() }
}

/// The container of a service, to be changed.
fn container(spec: &mut ServiceSpec) -> &mut TaskSpecContainerSpec {
    spec.task_template.get_or_insert_default().container_spec.get_or_insert_default()
}

async fn read(docker: &Docker, service: &str) -> Result<(Service, ServiceSpec, u64), Stop> {
    let service = docker.service_inspect(service).send().await?.into_inner();
    let spec = service.spec.clone().ok_or("the service has no specification")?;
    let version = service.version.as_ref().and_then(|version| version.index);
    Ok((service, spec, version.ok_or("the service has no version")?))
}

/// Changes the specification of a service, again where the manager changed the service in between.
async fn update(
    docker: &Docker,
    service: &str,
    change: impl Fn(&mut ServiceSpec),
) -> Result<(), Stop> {
    until("an update of the service", async || {
        let (_, mut spec, version) = read(docker, service).await?;
        change(&mut spec);
        match docker.service_update(service, version, spec).send().await {
            Ok(_) => Ok(Some(())),
            Err(error) if error.to_string().contains("out of sequence") => Ok(None),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

async fn an_update_keeps_the_health_check_of_a_service(cx: Context) -> Outcome {
    let (_engine, docker) = swarm(&cx).await?;
    let check = HealthConfig {
        test: ["CMD", "true"].map(str::to_owned).to_vec(),
        interval: Some(5_000_000_000),
        retries: Some(3),
        ..HealthConfig::default()
    };
    let mut spec = sleeper(&cx, "checked");
    container(&mut spec).healthcheck = Some(check.clone());
    docker.service_create(spec).send().await?;

    let (_, mut spec, _) = read(&docker, "checked").await?;
    assert_eq!(container(&mut spec).healthcheck, Some(check.clone()));
    assert!(container(&mut spec).extra.is_empty(), "{:?}", container(&mut spec).extra);

    update(&docker, "checked", |spec| {
        if let Some(check) = &mut container(spec).healthcheck {
            check.interval = Some(7_000_000_000);
        }
    })
    .await?;
    let (_, mut spec, _) = read(&docker, "checked").await?;
    let changed = HealthConfig { interval: Some(7_000_000_000), ..check };
    assert_eq!(container(&mut spec).healthcheck, Some(changed.clone()));

    // An update of another field sends the check back as it was.
    update(&docker, "checked", |spec| container(spec).hostname = Some("other".into())).await?;
    let (_, mut spec, _) = read(&docker, "checked").await?;
    assert_eq!(container(&mut spec).healthcheck, Some(changed));
    assert_eq!(container(&mut spec).hostname.as_deref(), Some("other"));
    Ok(())
}

async fn a_cluster_volume_has_what_was_set(cx: Context) -> Outcome {
    cx.since("1.42")?;
    let (_engine, docker) = swarm(&cx).await?;
    let mount = ClusterVolumeSpecAccessModeMountVolume {
        fs_type: Some("ext4".into()),
        mount_flags: vec!["ro".into()],
        ..ClusterVolumeSpecAccessModeMountVolume::default()
    };
    let capacity = ClusterVolumeSpecCapacityRange {
        required_bytes: Some(1024),
        limit_bytes: Some(4096),
        ..ClusterVolumeSpecCapacityRange::default()
    };
    let zone = |zone: &str| Topology {
        segments: [("zone".to_owned(), zone.to_owned())].into(),
        ..Topology::default()
    };
    let places = ClusterVolumeSpecAccessibilityRequirements {
        requisite: vec![zone("a"), zone("b")],
        preferred: vec![zone("b")],
        ..ClusterVolumeSpecAccessibilityRequirements::default()
    };
    let data = SecretSpec {
        name: Some("of-the-volume".into()),
        data: Some("YQ==".into()),
        ..SecretSpec::default()
    };
    let secret = docker.secret_create(data).send().await?.into_inner().id;
    let secret = ClusterVolumeSpecSecret {
        key: Some("login".into()),
        secret,
        ..ClusterVolumeSpecSecret::default()
    };
    let spec = ClusterVolumeSpec {
        group: Some("group".into()),
        access_mode: Some(ClusterVolumeSpecAccessMode {
            scope: Some("multi".into()),
            sharing: Some("all".into()),
            mount_volume: Some(mount),
            ..ClusterVolumeSpecAccessMode::default()
        }),
        accessibility_requirements: Some(places),
        availability: Some(ClusterVolumeSpecAvailability::Active),
        capacity_range: Some(capacity),
        secrets: vec![secret],
        ..ClusterVolumeSpec::default()
    };
    let request = VolumeCreateRequest {
        name: Some("of-the-cluster".into()),
        driver: Some("csi.example.org".into()),
        cluster_volume_spec: Some(spec.clone()),
        ..VolumeCreateRequest::default()
    };
    docker.volume_create(request).send().await?;

    let found = docker.volume_inspect("of-the-cluster").send().await?.into_inner();
    let cluster = found.cluster_volume.ok_or("no cluster volume")?;
    let (id, version) = (cluster.id.ok_or("no id")?, cluster.version.and_then(|v| v.index));
    let mut read = cluster.spec.ok_or("no specification")?;
    assert_eq!(read, spec);

    read.availability = Some(ClusterVolumeSpecAvailability::Drain);
    let body = VolumeUpdateBody { spec: Some(read), ..VolumeUpdateBody::default() };
    docker.volume_update(id, version.ok_or("no version")?, body).send().await?;
    let found = docker.volume_inspect("of-the-cluster").send().await?.into_inner();
    let again = found.cluster_volume.and_then(|cluster| cluster.spec).ok_or("no specification")?;
    let drained =
        ClusterVolumeSpec { availability: Some(ClusterVolumeSpecAvailability::Drain), ..spec };
    assert_eq!(again, drained);
    Ok(())
}

async fn a_task_has_its_network_and_a_service_its_previous_specification(cx: Context) -> Outcome {
    let (_engine, docker) = swarm(&cx).await?;
    let network = NetworkCreateRequest {
        name: "mesh".into(),
        driver: Some("overlay".into()),
        ..NetworkCreateRequest::default()
    };
    let network = docker.network_create(network).send().await?.into_inner().id;
    let mut spec = sleeper(&cx, "attached");
    let attached = NetworkAttachmentConfig { target: Some(network.clone()), ..Default::default() };
    spec.task_template.get_or_insert_default().networks = vec![attached];
    docker.service_create(spec).send().await?;

    let task = running(&docker, "attached").await?;
    let attachment = task.networks_attachments.first().ok_or("the task has no network")?;
    let of_the_swarm = attachment.network.as_ref().ok_or("the attachment has no network")?;
    let spec = of_the_swarm.spec.as_ref().ok_or("the network has no specification")?;
    assert_eq!(of_the_swarm.id.as_deref(), Some(network.as_str()));
    assert_eq!(spec.name.as_deref(), Some("mesh"));
    let driver = of_the_swarm.driver_state.as_ref().map(|driver| driver.name.as_str());
    assert_eq!(driver, Some("overlay"));
    let pool = of_the_swarm.ipam_options.iter().flat_map(|options| &options.configs).next();
    assert!(pool.is_some_and(|pool| pool.subnet.is_some()), "{of_the_swarm:?}");

    update(&docker, "attached", |spec| drop(spec.labels.insert("changed".into(), "yes".into())))
        .await?;
    let (service, spec, _) = read(&docker, "attached").await?;
    let previous = service.previous_spec.ok_or("no previous specification")?;
    assert_eq!((previous.labels.len(), spec.labels.len()), (0, 1));
    let filters = ServiceListFilters::new().name("attached");
    let listed = docker.service_list().filters(filters).send().await?.into_inner();
    assert!(listed.iter().all(|service| service.previous_spec.is_some()), "{listed:?}");
    Ok(())
}

/// The first task of a service that runs.
async fn running(docker: &Docker, service: &str) -> Result<Task, Stop> {
    until("a running task", async || {
        let filters = TaskListFilters::new().service(service);
        let tasks = docker.task_list().filters(filters).send().await?.into_inner();
        let runs = |task: &Task| {
            let state = task.status.as_ref().and_then(|status| status.state.as_ref());
            state.is_some_and(|state| state.as_str() == "running")
        };
        Ok(tasks.into_iter().find(runs))
    })
    .await
}
