//! Private engines: dockerd started in a directory, a process namespace and a network of its own.

use std::net::Ipv4Addr;
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::certificates::Certificates;
use crate::command;
use crate::error::{Result, chain};
use crate::guard::{Directory, GuardedProcess};
use crate::http::{Address, Client};
use crate::network::{Bridge, Network, free_port};
use crate::packages::{Packages, Release};

/// What a test needs to know about an engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EngineInfo {
    /// Program and version, for example `dockerd-20.10`.
    pub name: String,
    /// The address, as `DOCKER_HOST` takes it.
    pub host: String,
    /// The engine's full version, for example `20.10.24+dfsg1`.
    pub version: String,
    /// The newest API version that it supports, for example `1.41`.
    pub api_version: String,
    /// The oldest API version that it supports, for example `1.12`.
    pub min_api_version: String,
    /// The release that the harness started it from; `None` where it is not the harness's own.
    pub release: Option<Release>,
    /// Whether images are in containerd's store, as they are in Docker 29 by default: an image's id is then the digest of its
    /// manifest.
    pub containerd_images: bool,
    /// Whether only tests of images run on it, because another engine of its release runs all of them.
    pub images_alone: bool,
}

impl EngineInfo {
    /// Whether it is podman, which serves a part of the API and differs in much of it.
    #[must_use]
    pub fn is_podman(&self) -> bool {
        self.name.starts_with("podman")
    }

    /// Whether it is podman 4, which differs from dockerd in more than later ones.
    #[must_use]
    pub fn is_podman_4(&self) -> bool {
        self.name.starts_with("podman-4.")
    }
}

/// The engine's configuration file, which also keeps it from reading the machine's.
///
/// BuildKit's garbage collection is off, so that the build cache does not depend on the free space of the machine's disk.
fn configuration(containerd_images: bool) -> String {
    let features = json!({"containerd-snapshotter": containerd_images});
    json!({"builder": {"gc": {"enabled": false}}, "features": features}).to_string()
}

/// A private dockerd; dropping it ends the engine, its containers and all that it kept.
#[derive(Debug)]
pub struct Dockerd {
    info: EngineInfo,
    client: Client,
    tcp: Option<String>,
    // Fields are dropped in this order: the engine ends before its bridge is removed, and the network is removed last.
    kept: GuardedProcess,
    _bridge: Bridge,
    network: Option<Network>,
}

/// How an engine is to be started.
#[derive(Debug)]
pub struct DockerdOptions<'a> {
    packages: &'a Packages,
    release: Release,
    arguments: Vec<String>,
    tls: Option<&'a Certificates>,
    containerd_images: bool,
    proxy: Option<String>,
}

impl<'a> DockerdOptions<'a> {
    /// The engine of this release, listening on its unix socket only.
    #[must_use]
    pub fn new(packages: &'a Packages, release: Release) -> Self {
        Self {
            packages,
            release,
            arguments: Vec::new(),
            tls: None,
            containerd_images: false,
            proxy: None,
        }
    }

    /// Adds command line arguments of dockerd.
    #[must_use]
    pub fn arguments<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Lets the engine listen on a port of 127.0.0.1 too, to clients whose certificate the authority signed.
    #[must_use]
    pub fn tls(mut self, certificates: &'a Certificates) -> Self {
        self.tls = Some(certificates);
        self
    }

    /// Keeps images in containerd's store, which dockerd 20.10 does not have.
    #[must_use]
    pub fn containerd_images(mut self, containerd_images: bool) -> Self {
        self.containerd_images = containerd_images;
        self
    }

    /// Sets the proxy through which the engine contacts registries: `http://127.0.0.1:3128`. It contacts those on 127.0.0.1
    /// and `localhost` directly.
    #[must_use]
    pub fn proxy(mut self, address: impl Into<String>) -> Self {
        self.proxy = Some(address.into());
        self
    }

    /// Starts the engine in a network that it shares with others, and waits until it responds.
    ///
    /// # Errors
    ///
    /// It does not start; the error has the end of its log.
    pub async fn start(self, network: &Network) -> Result<Dockerd> {
        let directory = Directory::new()?;
        let bridge = network.bridge()?;
        let mut dockerd = self.command(&directory, &bridge);
        let configuration =
            directory.write("daemon.json", configuration(self.containerd_images))?;
        dockerd.arg(format!("--config-file={}", configuration.display()));
        let mut tcp = None;
        if let Some(certificates) = self.tls {
            let address = format!("tcp://{}:{}", Ipv4Addr::LOCALHOST, free_port()?);
            dockerd.arg(format!("--host={address}")).arg("--tlsverify");
            for (name, contents) in [
                ("tlscacert", &certificates.ca),
                ("tlscert", &certificates.server),
                ("tlskey", &certificates.server_key),
            ] {
                dockerd.arg(format!("--{name}={}", directory.write(name, contents)?.display()));
            }
            tcp = Some(address);
        }
        let socket = Address::Unix(directory.path().join("docker.sock"));
        let kept = directory.start(network, &dockerd)?;
        let client = Client::new(socket);
        kept.wait_until("dockerd", async || answers(&client).await).await?;
        let mut info = describe(&client).await?;
        info.release = Some(self.release);
        if self.containerd_images {
            info.name += "-containerd";
        }
        Ok(Dockerd { info, client, tcp, kept, _bridge: bridge, network: None })
    }

    /// Starts the engine in a network of its own, where it may for example be the only swarm.
    ///
    /// It is reached through its unix socket alone: published ports and the run's registries are not.
    ///
    /// # Errors
    ///
    /// As [`DockerdOptions::start`].
    pub async fn start_alone(self) -> Result<Dockerd> {
        let network = Network::private()?;
        let mut dockerd = self.start(&network).await?;
        dockerd.network = Some(network);
        Ok(dockerd)
    }

    fn command(&self, directory: &Directory, bridge: &Bridge) -> Command {
        let place = directory.path().display();
        // tini is the namespace's first process, and collects the processes that lost their parent.
        let mut command = Command::new(self.packages.program(self.release, "tini-static"));
        // An engine that was stopped is started again; one that failed is not.
        command.args(["--", "sh", "-c", "while \"$@\"; do :; done", "sh"]);
        command.arg(self.packages.program(self.release, "dockerd"));
        command.env("PATH", self.packages.path(self.release));
        if let Some(proxy) = &self.proxy {
            command.env("HTTP_PROXY", proxy).env("HTTPS_PROXY", proxy);
        }
        command.args([
            format!("--host=unix://{place}/docker.sock"),
            format!("--data-root={place}/data"),
            format!("--exec-root={place}/exec"),
            format!("--pidfile={place}/pid"),
            // Engines that run at the same time need a bridge each. `--bridge=none` would remove the bridge of another one.
            format!("--bridge={}", bridge.name),
            format!("--default-address-pool={}", bridge.pool),
            format!("--cgroup-parent=/{}", directory.cgroup()),
        ]);
        // Two engines cannot share one set of firewall rules, and no packet leaves this network anyway.
        command.args(["--iptables=false", "--ip6tables=false"]);
        // The machine's systemd does not manage these control groups.
        command.arg("--exec-opt=native.cgroupdriver=cgroupfs");
        let proxy = self.packages.program(self.release, "docker-proxy");
        command.arg(format!("--userland-proxy-path={}", proxy.display()));
        command.args(&self.arguments);
        command
    }
}

impl Dockerd {
    /// What a test needs to know about it.
    #[must_use]
    pub fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// A plain client of it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The address at which it listens on TLS, as `DOCKER_HOST` takes it.
    #[must_use]
    pub fn tls_host(&self) -> Option<&str> {
        self.tcp.as_deref()
    }

    /// Restarts the engine as an upgrade does, and waits until it responds again. Its data is kept.
    ///
    /// # Errors
    ///
    /// It cannot be stopped, or does not start again; the error has the end of its log.
    pub async fn restart(&self) -> Result<()> {
        let before = self.process();
        let mut kill = Command::new("kill");
        command::run("ending an engine", kill.args(before.map(|id| id.to_string())))?;
        self.kept
            .wait_until("dockerd, started again", async || {
                if self.process().is_none_or(|now| Some(now) == before) {
                    return Err("it has not ended yet".to_owned());
                }
                answers(&self.client).await
            })
            .await
    }

    /// The engine's process, which has another number in its own namespace.
    fn process(&self) -> Option<u32> {
        let socket = format!("--host={}", self.info.host);
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let mut numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        numbers.find(|number: &u32| {
            let line = std::fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line);
            let mut arguments = line.split('\0');
            arguments.next().is_some_and(|program| program.ends_with("/dockerd"))
                && arguments.any(|argument| argument == socket)
        })
    }

    /// What the engine logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.kept.log()
    }
}

/// Whether an engine responds, or in what state it is.
pub(crate) async fn answers(client: &Client) -> Result<(), String> {
    match client.get("/_ping").await {
        Ok(response) if response.status == 200 => Ok(()),
        Ok(response) => Err(format!("GET /_ping returned status {}", response.status)),
        Err(error) => Err(chain(&error)),
    }
}

/// Requests the name and the versions of an engine.
///
/// # Errors
///
/// The response is not that of an engine.
pub(crate) async fn describe(client: &Client) -> Result<EngineInfo> {
    let response = client.get("/version").await?.expect(200)?;
    let reply = response.json()?;
    let text = |name: &str| match reply[name].as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(response.unexpected(&format!("the string {name}"))),
    };
    let version = text("Version")?;
    let podman =
        reply["Components"][0]["Name"].as_str().is_some_and(|name| name.starts_with("Podman"));
    let program = if podman { "podman" } else { "dockerd" };
    let store = client.get("/info").await?.expect(200)?.json()?["DriverStatus"].to_string();
    let short = version.split('.').take(2).collect::<Vec<_>>().join(".");
    Ok(EngineInfo {
        name: format!("{program}-{short}"),
        host: client.address().to_string(),
        version,
        api_version: text("ApiVersion")?,
        min_api_version: text("MinAPIVersion")?,
        release: None,
        containerd_images: store.contains("io.containerd.snapshotter"),
        images_alone: false,
    })
}
