//! `docker --host tcp://engine.example.com:2376 --tlsverify --tlscacert ca.pem --tlscert cert.pem --tlskey key.pem version`
//!
//! Arguments: the address of the engine, and a directory with `ca.pem`, `cert.pem` and `key.pem` (`.`). It requires the
//! feature `tls`. `Docker::connect()` does the same with `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`.

use std::path::Path;

use docker_client::{Docker, Tls};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = std::env::args().nth(1).unwrap_or_else(|| "tcp://engine.example.com:2376".into());
    let directory = std::env::args().nth(2).unwrap_or_else(|| ".".into());
    let read = |name: &str| std::fs::read(Path::new(&directory).join(name));

    // The certificate authority of the engine, and the certificate of this client.
    let tls = Tls::new().authority(read("ca.pem")?).identity(read("cert.pem")?, read("key.pem")?);
    let docker = Docker::builder().host(host.parse()?).tls(tls).connect()?;

    let version = docker.system_version().send().await?;
    println!("{} runs {}", docker.host(), version.version.as_deref().unwrap_or_default());
    Ok(())
}
