//! All that a test run needs, started once and described in a file for the test processes.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::api::Login;
use crate::engine::{Dockerd, DockerdOptions, EngineInfo, describe};
use crate::error::{Error, Result};
use crate::http::{Address, Client, Method, Payload};
use crate::network::{Network, SWARM_ADDRESS};
use crate::packages::{Packages, Release};
use crate::podman::Podman;
use crate::registry::{Registry, RegistryInfo};
use crate::{guard, host, image};

/// The environment variable that names the file with the [`Setup`].
pub const VARIABLE: &str = "ENGINE_TEST_SETUP";
/// The image that every engine has.
pub const IMAGE: &str = "busybox:test";

/// What the test processes find in the file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Setup {
    /// The engines that every engine test runs on.
    pub engines: Vec<EngineInfo>,
    /// Why there is no engine.
    pub absent: Option<String>,
    /// A registry that requires no login.
    pub open_registry: Option<RegistryInfo>,
    /// A registry that requires a login.
    pub private_registry: Option<RegistryInfo>,
    /// The programs for engines that a test starts itself.
    pub packages: Option<Packages>,
}

/// The running engines and registries of a test run; dropping it ends those that it started.
#[derive(Debug)]
pub struct Running {
    setup: Setup,
    // Fields are dropped in this order: the network is dropped last.
    engines: Vec<Dockerd>,
    podmans: Vec<Podman>,
    _registries: Vec<Registry>,
    network: Network,
}

/// What an engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// dockerd of a release.
    Dockerd(Release),
    /// podman of a release.
    Podman(Release),
}

/// Provides what private engines are started from.
///
/// # Errors
///
/// [`Error::Unavailable`] where this machine cannot run them; anything else is a failure.
pub fn provide(cache: &Path, say: &dyn Fn(&str)) -> Result<Packages> {
    if let Some(obstacle) = host::obstacle() {
        return Err(Error::Unavailable(obstacle));
    }
    guard::remove_stale()?;
    Packages::provide(cache, say)
}

/// Gives an engine the image [`IMAGE`]: from the packages, or where this machine has none from the engine's registry.
pub(crate) async fn give_image(client: &Client, packages: Option<&Packages>) -> Result<()> {
    match packages {
        Some(packages) => {
            let archive = image::busybox(&packages.program(Release::Stable, "busybox"))?;
            client.import("busybox", "test", archive).await
        }
        None => {
            // The engine is somebody's own: a tag that it has is not moved, and one that it had not is removed.
            let had_latest = client.has_image("busybox:latest").await?;
            if !had_latest {
                client.pull("busybox", "latest", None).await?;
            }
            client.tag("busybox:latest", "busybox", "test").await?;
            if !had_latest {
                let path = "/images/busybox:latest";
                client.send(Method::DELETE, path, Payload::none()).await?.expect(200)?;
            }
            Ok(())
        }
    }
}

impl Setup {
    /// A run without engines, for this reason.
    #[must_use]
    pub fn without_engines(reason: String) -> Self {
        Self { absent: Some(reason), ..Self::default() }
    }

    /// Writes the description for the test processes.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = |source| Error::File {
            step: "describing the engines".to_owned(),
            path: path.into(),
            source,
        };
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        fs::write(path, text).map_err(failed)
    }

    /// The setup that [`VARIABLE`] describes. Without it there are no engines, and the reason explains how to start some.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn read() -> Result<Self> {
        let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
            return Ok(Self::without_engines(
                "no engine: run `cargo xtask test --engines`".to_owned(),
            ));
        };
        let failed = |source| Error::File {
            step: "reading the engines' description".to_owned(),
            path: path.clone(),
            source,
        };
        let text = fs::read_to_string(&path).map_err(failed)?;
        serde_json::from_str(&text).map_err(|error| failed(error.into()))
    }
}

impl Running {
    /// Starts private engines and registries in a network of their own.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where this machine cannot run them; anything else is a failure.
    pub async fn private(cache: &Path, say: &dyn Fn(&str)) -> Result<Self> {
        let packages = provide(cache, say)?;
        let network = Network::private()?;
        let mut engines = Vec::new();
        let busybox = image::busybox(&packages.program(Release::Stable, "busybox"))?;
        let dockerds =
            [(Release::Stable, false), (Release::Newest, false), (Release::Newest, true)];
        for (release, containerd_images) in dockerds {
            let options = DockerdOptions::new(&packages, release);
            let options = options.containerd_images(containerd_images);
            let engine = options.start(&network).await?;
            engine.client().import("busybox", "test", busybox.clone()).await?;
            say(&format!("started {} {}", engine.info().name, engine.info().version));
            engines.push(engine);
        }
        let mut podmans = Vec::new();
        for release in Release::ALL {
            let podman = Podman::start(&packages, release, &network).await?;
            podman.client().import("busybox", "test", busybox.clone()).await?;
            say(&format!("started podman {}", podman.info().version));
            podmans.push(podman);
        }
        let mut infos: Vec<_> = engines.iter().map(|engine| engine.info().clone()).collect();
        for info in &mut infos {
            info.images_alone = info.containerd_images;
        }
        infos.extend(podmans.iter().map(|podman| podman.info().clone()));
        let running = Self::with_registries(infos, packages, network).await?;
        Ok(Self { engines, podmans, ..running })
    }

    /// Starts one engine, with its experimental operations, and registries in a network of their own, where the engine
    /// may be a swarm.
    ///
    /// # Errors
    ///
    /// Something does not start; the error has the end of its log.
    pub async fn alone(packages: Packages, program: Program) -> Result<Self> {
        let network = Network::private()?;
        network.give(SWARM_ADDRESS)?;
        let busybox = image::busybox(&packages.program(Release::Stable, "busybox"))?;
        let (mut engines, mut podmans) = (Vec::new(), Vec::new());
        let info = match program {
            Program::Dockerd(release) => {
                let options = DockerdOptions::new(&packages, release).arguments(["--experimental"]);
                let engine = options.start(&network).await?;
                engine.client().import("busybox", "test", busybox).await?;
                engines.push(engine);
                engines[0].info().clone()
            }
            Program::Podman(release) => {
                let engine = Podman::start(&packages, release, &network).await?;
                engine.client().import("busybox", "test", busybox).await?;
                podmans.push(engine);
                podmans[0].info().clone()
            }
        };
        let running = Self::with_registries(vec![info], packages, network).await?;
        Ok(Self { engines, podmans, ..running })
    }

    /// Uses the engine that `DOCKER_HOST` names, and starts registries beside it where this machine can.
    ///
    /// # Errors
    ///
    /// The engine does not answer, or cannot be given the image that the tests run.
    pub async fn named(docker_host: &str, cache: &Path, say: &dyn Fn(&str)) -> Result<Self> {
        let Some(address) = Address::parse(docker_host) else {
            return Err(Error::Unavailable(format!(
                "the engine tests reach unix:// and tcp:// engines, and DOCKER_HOST is {docker_host}"
            )));
        };
        let client = Client::new(address);
        let info = describe(&client).await?;
        say(&format!("using {} {} at {docker_host}", info.name, info.version));
        let packages = match host::obstacle() {
            None => Some(Packages::provide(cache, say)?),
            Some(_) => None,
        };
        if !client.has_image(IMAGE).await? {
            give_image(&client, packages.as_ref()).await?;
        }
        match packages {
            Some(packages) => Self::with_registries(vec![info], packages, Network::Here).await,
            None => {
                let setup = Setup { engines: vec![info], ..Setup::default() };
                Ok(Self {
                    setup,
                    engines: Vec::new(),
                    podmans: Vec::new(),
                    _registries: Vec::new(),
                    network: Network::Here,
                })
            }
        }
    }

    async fn with_registries(
        infos: Vec<EngineInfo>,
        packages: Packages,
        network: Network,
    ) -> Result<Self> {
        // Characters that clients have encoded wrongly: ones beyond ASCII, and ones whose base64 differs in the URL-safe form.
        let login = Login { user: "tester".to_owned(), password: "päss?~>word".to_owned() };
        let open = Registry::start(&packages, &network, None).await?;
        let private = Registry::start(&packages, &network, Some(login)).await?;
        let setup = Setup {
            engines: infos,
            absent: None,
            open_registry: Some(open.info().clone()),
            private_registry: Some(private.info().clone()),
            packages: Some(packages),
        };
        Ok(Self {
            setup,
            engines: Vec::new(),
            podmans: Vec::new(),
            _registries: vec![open, private],
            network,
        })
    }

    /// The description for the test processes.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The network in which the test processes have to run to reach the engines' ports and the registries.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Keeps the engines' logs in a directory, and returns their paths.
    ///
    /// # Errors
    ///
    /// The directory or a file cannot be written.
    pub fn keep_logs(&self, directory: &Path) -> Result<Vec<PathBuf>> {
        let failed = |source| Error::File {
            step: "keeping the engines' logs".to_owned(),
            path: directory.into(),
            source,
        };
        fs::create_dir_all(directory).map_err(failed)?;
        let logs = self.engines.iter().map(|engine| (engine.info(), engine.log()));
        let logs = logs.chain(self.podmans.iter().map(|podman| (podman.info(), podman.log())));
        let mut paths = Vec::new();
        for (info, log) in logs {
            let path = directory.join(format!("{}.log", info.name));
            fs::write(&path, log).map_err(failed)?;
            paths.push(path);
        }
        Ok(paths)
    }
}
