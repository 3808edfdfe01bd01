//! A private podman, serving the engine API in a directory and namespaces of its own.

use std::fs;
use std::path::{Path, PathBuf};
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
const START_STABLE: &str = r#"
set -e
mount -t overlay -o "lowerdir=$1:/etc" overlay /etc
for directory in "$2"/*-linux-gnu*; do
    name=$(basename "$directory")
    mount -t overlay -o "lowerdir=$directory:/usr/lib/$name" overlay "/usr/lib/$name"
done
shift 2
exec "$@"
"#;
/// The newest podman needs a newer libc: its mount namespace shows the packages of the newer suite as `/usr`, where `/bin`
/// and `/lib` are links to. The machine's cache of libraries names files that are gone with it.
const START_NEWEST: &str = r#"
set -e
mount -t overlay -o "lowerdir=$1:/etc" overlay /etc
mount --bind /dev/null /etc/ld.so.cache
mount --bind "$2" /usr
shift 2
exec "$@"
"#;
/// Any image is accepted, because the tests create their images.
const POLICY: &str = r#"{"default": [{"type": "insecureAcceptAnything"}]}"#;
/// The registries of the tests use plain HTTP, which podman does not accept from any address by default.
const REGISTRIES: &str = "[[registry]]\nlocation = \"127.0.0.1\"\ninsecure = true\n";

impl Podman {
    /// Starts podman, and waits until it responds.
    ///
    /// # Errors
    ///
    /// It does not start; the error has the end of its log.
    pub async fn start(packages: &Packages, release: Release, network: &Network) -> Result<Self> {
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
        let programs = Programs::of(packages, release);
        let settings = directory.write("containers.conf", programs.settings(&place))?;

        let socket = place.join("podman.sock");
        // tini is the namespace's first process, and collects the processes that lost their parent.
        let mut command = Command::new(packages.program(Release::Stable, "tini-static"));
        command.args(["--", "sh", "-c", programs.start, "podman"]).arg(place.join("etc"));
        command.arg(&programs.libraries).arg(&programs.podman);
        command.arg("--root").arg(place.join("data")).arg("--runroot").arg(place.join("run"));
        command.args(["system", "service", "--time=0"]).arg(format!("unix://{}", socket.display()));
        command.env("PATH", &programs.path);
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

/// Where a release's programs are, as podman sees them.
struct Programs {
    /// The script that prepares the mount namespace.
    start: &'static str,
    /// What the script shows in the place of the machine's libraries.
    libraries: PathBuf,
    podman: PathBuf,
    conmon: PathBuf,
    runc: PathBuf,
    /// The first process of a container that has one.
    init: PathBuf,
    helpers: PathBuf,
    seccomp: PathBuf,
    path: String,
}

impl Programs {
    fn of(packages: &Packages, release: Release) -> Self {
        match release {
            Release::Stable => {
                let program = |name| packages.program(release, name);
                Self {
                    start: START_STABLE,
                    libraries: packages.directory(release, "usr/lib"),
                    podman: program("podman"),
                    conmon: program("conmon"),
                    runc: program("runc"),
                    init: program("catatonit"),
                    helpers: packages.directory(release, "usr/lib/podman"),
                    seccomp: packages.directory(release, "usr/share/containers/seccomp.json"),
                    path: packages.path(release),
                }
            }
            Release::Newest => {
                let program = |name| Path::new("/usr/bin").join(name);
                Self {
                    start: START_NEWEST,
                    libraries: packages.suite(),
                    podman: program("podman"),
                    conmon: program("conmon"),
                    runc: program("runc"),
                    init: program("catatonit"),
                    helpers: PathBuf::from("/usr/lib/podman"),
                    seccomp: PathBuf::from("/usr/share/containers/seccomp.json"),
                    path: "/usr/sbin:/usr/bin".to_owned(),
                }
            }
        }
    }

    /// Podman's settings: its helpers from the packages, its files in the directory.
    fn settings(&self, place: &Path) -> String {
        format!(
            r#"[containers]
default_ulimits = [{limits}]
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
            limits = limits(),
            init = self.init.display(),
            seccomp = self.seccomp.display(),
            conmon = self.conmon.display(),
            helpers = self.helpers.display(),
            runc = self.runc.display(),
            place = place.display(),
        )
    }
}

/// What this machine allows a process, in the form of podman's settings. Podman 5 gives the steps of a build limits of its own,
/// which a machine may not allow.
fn limits() -> String {
    let text = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let limit = |line: &str, name: &str, title: &str| {
        let most = line.strip_prefix(title)?.split_whitespace().nth(1)?;
        let most = if most == "unlimited" { "-1" } else { most };
        Some(format!("\"{name}={most}:{most}\""))
    };
    let limits = text.lines().filter_map(|line| {
        limit(line, "nofile", "Max open files").or_else(|| limit(line, "nproc", "Max processes"))
    });
    limits.collect::<Vec<_>>().join(", ")
}
