//! `docker network create --subnet 172.30.5.0/24 lab && docker run --rm --network lab --ip 172.30.5.10 busybox ip addr`
//!
//! Arguments: the name of the network (`lab`), the first three numbers of its addresses (`172.30.5`), the image (`busybox`).

use docker_client::types::{
    EndpointIpamConfig, EndpointSettings, HostConfig, Ipam, IpamConfig, NetworkCreateRequest,
    NetworkingConfig,
};
use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "lab".into());
    let begin = arguments.next().unwrap_or_else(|| "172.30.5".into());
    let image = arguments.next().unwrap_or_else(|| "busybox".into());

    let docker = Docker::connect()?;
    let addresses = IpamConfig {
        subnet: Some(format!("{begin}.0/24")),
        gateway: Some(format!("{begin}.1")),
        ..Default::default()
    };
    let network = NetworkCreateRequest {
        name: name.clone(),
        ipam: Some(Ipam { config: vec![addresses], ..Default::default() }),
        ..Default::default()
    };
    docker.network_create(network).send().await?;

    let fixed =
        EndpointIpamConfig { ipv4_address: Some(format!("{begin}.10")), ..Default::default() };
    let endpoint = EndpointSettings { ipam_config: Some(fixed), ..Default::default() };
    let run = docker.run(image).cmd(["ip", "-4", "addr", "show", "eth0"]).remove(true);
    let output = run.configure(|config| {
        let host = config.host_config.get_or_insert_with(HostConfig::default);
        host.network_mode = Some(name.clone());
        let endpoints_config = [(name.clone(), endpoint)].into();
        config.networking_config = Some(NetworkingConfig { endpoints_config });
    });
    let output = output.output().await;

    // The network is removed even if the container failed.
    docker.network_delete(&name).send().await?;
    print!("{}", String::from_utf8_lossy(&output?.stdout));
    Ok(())
}
