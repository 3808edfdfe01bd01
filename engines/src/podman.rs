//! A private podman, serving the engine API in a directory and namespaces of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::engine::{EngineInfo, answers, describe};
use crate::error::{Error, Result};
use crate::guard::{Directory, GuardedProcess};
use crate::http::{Address, Client};
use crate::network::Network;
use crate::packages::{Packages, Release};

/// A running podman; dropping it ends it, its containers and all that it kept.
#[derive(Debug)]
pub struct Podman {
    info: EngineInfo,
    client: Client,
    kept: GuardedProcess,
}

/// Podman reads which images it may use, and from where, from `/etc/containers` alone, and its helpers look for
/// libraries where the machine has its own. The mount namespace shows both without anything being written there.
const START: &str = r#"
set -e
mount -t overlay -o "lowerdir=$1:/etc" overlay /etc
for directory in "$2"/*-linux-gnu*; do
    name=$(basename "$directory")
    mount -t overlay -o "lowerdir=$directory:/usr/lib/$name" overlay "/usr/lib/$name"
done
shift 2
exec "$@"
"#;
/// Any image may be used, as the tests make them.
const POLICY: &str = r#"{"default": [{"type": "insecureAcceptAnything"}]}"#;
/// The registries of the tests use plain HTTP, which podman does not accept from any address by default.
const REGISTRIES: &str = "[[registry]]\nlocation = \"127.0.0.1\"\ninsecure = true\n";

impl Podman {
    /// Starts podman, and waits until it responds.
    ///
    /// # Errors
    ///
    /// It does not start; the error has the end of its log.
    pub async fn start(packages: &Packages, network: &Network) -> Result<Self> {
        let directory = Directory::new()?;
        let place = directory.path().to_owned();
        let containers = place.join("etc/containers");
        fs::create_dir_all(&containers).map_err(|source| Error::File {
            step: "making a directory for podman's settings".to_owned(),
            path: containers.clone(),
            source,
        })?;
        directory.write("etc/containers/policy.json", POLICY)?;
        directory.write("etc/containers/registries.conf", REGISTRIES)?;
        let settings = directory.write("containers.conf", settings(packages, &place))?;

        let socket = place.join("podman.sock");
        // tini is the namespace's first process, and collects the processes that lost their parent.
        let mut command = Command::new(packages.program(Release::Stable, "tini-static"));
        command.args(["--", "sh", "-c", START, "podman"]).arg(place.join("etc"));
        command.arg(packages.directory(Release::Stable, "usr/lib"));
        command.arg(packages.program(Release::Stable, "podman"));
        command.arg("--root").arg(place.join("data")).arg("--runroot").arg(place.join("run"));
        command.args(["system", "service", "--time=0"]).arg(format!("unix://{}", socket.display()));
        command.env("PATH", packages.path(Release::Stable));
        command.env("CONTAINERS_CONF", settings);
        let kept = directory.start(network, &command)?;
        let client = Client::new(Address::Unix(socket));
        kept.wait_until("podman", async || answers(&client).await).await?;
        let info = describe(&client).await?;
        Ok(Self { info, client, kept })
    }

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

    /// What it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.kept.log()
    }
}

/// Podman's settings: its helpers from the packages, its files in the directory.
fn settings(packages: &Packages, place: &Path) -> String {
    let program = |name: &str| packages.program(Release::Stable, name).display().to_string();
    let helpers = packages.directory(Release::Stable, "usr/lib/podman");
    let seccomp = packages.directory(Release::Stable, "usr/share/containers").join("seccomp.json");
    let (helpers, seccomp, place) = (helpers.display(), seccomp.display(), place.display());
    format!(
        r#"[containers]
init_path = "{init}"
seccomp_profile = "{seccomp}"

[engine]
cgroup_manager = "cgroupfs"
conmon_path = ["{conmon}"]
events_logger = "file"
helper_binaries_dir = ["{helpers}"]
runtime = "runc"
static_dir = "{place}/static"
tmp_dir = "{place}/tmp"
volume_path = "{place}/volumes"

[engine.runtimes]
runc = ["{runc}"]

[network]
network_backend = "netavark"
network_config_dir = "{place}/networks"
"#,
        init = program("catatonit"),
        conmon = program("conmon"),
        runc = program("runc"),
    )
}
