//! The programs that the engines consist of, from Debian's packages.
//!
//! Engines and what they run are downloaded and unpacked into a cache directory, never installed: no system service
//! starts, and the machine's own engine is not changed. Only libraries and small tools that the unpacked programs need are
//! installed, where they are missing. What is in the cache is not downloaded again: to get newer packages, remove the
//! cache directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::command;
use crate::debian::{self, apt};
use crate::error::{Error, Result};

/// The release with dockerd 20.10, and with the containerd and runc that both releases of dockerd run on.
const STABLE: &str = "bookworm";
/// The release with the newest dockerd and podman that are packaged.
const NEWEST: &str = "sid";
/// Unpacked from [`STABLE`].
const STABLE_PACKAGES: [&str; 17] = [
    "aardvark-dns",
    "busybox-static",
    "catatonit",
    "conmon",
    "containerd",
    "docker-registry",
    "docker.io",
    "golang-github-containers-common",
    "libassuan0",
    "libglib2.0-0",
    "libgpgme11",
    "libsubid4",
    "netavark",
    "openssh-server",
    "podman",
    "runc",
    "tini",
];
/// Unpacked from [`NEWEST`]. Its containerd is left out: it would need a newer libc than [`STABLE`] has.
const NEWEST_PACKAGES: [&str; 1] = ["docker.io"];
/// Unpacked from [`NEWEST`] with all that they depend on, into a directory that takes the place of the machine's `/usr`:
/// they need a newer libc than [`STABLE`] has.
const SUITE_PACKAGES: [&str; 8] =
    ["aardvark-dns", "catatonit", "mount", "netavark", "nftables", "podman", "procps", "runc"];
/// What the packages of [`SUITE_PACKAGES`] depend on and the engine never starts, by the beginning of the file's name.
const SUITE_LEFT_OUT: [&str; 7] =
    ["debconf_", "dirmngr_", "gnupg", "gpg", "libc-gconv-modules-extra_", "pinentry", "readline-"];
/// Installed: libraries that the unpacked programs link to, and tools that they call.
const INSTALLED: [&str; 10] = [
    "ca-certificates",
    "iproute2",
    "iptables",
    "libdevmapper1.02.1",
    "libseccomp2",
    "libsystemd0",
    "libwrap0",
    "openssh-client",
    "openssl",
    "procps",
];
/// Raise it when the lists above change, so that an older cache is not mistaken for a complete one.
const LAYOUT: u32 = 5;

/// Unpacked programs, ready to run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Packages {
    root: PathBuf,
}

/// One of the two releases of each engine that Debian packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Release {
    /// dockerd 20.10 and podman 4.3.
    Stable,
    /// The newest there are: dockerd 28.5 and podman 5.8, or later.
    Newest,
}

impl Release {
    /// Both releases, the older first.
    pub const ALL: [Release; 2] = [Release::Stable, Release::Newest];

    fn directory(self) -> &'static str {
        match self {
            Release::Stable => "stable",
            Release::Newest => "newest",
        }
    }
}

impl Packages {
    /// Provides the programs, and reports each step that takes time through `say`.
    ///
    /// # Errors
    ///
    /// The package that cannot be installed, downloaded or unpacked, with apt's own words.
    pub fn provide(cache: &Path, say: &dyn Fn(&str)) -> Result<Self> {
        debian::install_missing(&INSTALLED, say)?;
        let root = cache.join(format!("packages-{LAYOUT}"));
        if !root.is_dir() {
            say("downloading engines");
            fs::create_dir_all(cache).map_err(file("making the cache directory", cache))?;
            // Everything is created elsewhere and renamed when it is complete, because a run may be interrupted.
            let partial = tempfile::Builder::new()
                .prefix("partial-")
                .tempdir_in(cache)
                .map_err(file("making the cache directory", cache))?;
            download(partial.path())?;
            unpack(partial.path())?;
            fs::rename(partial.path().join("root"), &root)
                .map_err(file("moving the packages to", &root))?;
        }
        let root = root.canonicalize().map_err(file("opening the cache directory", &root))?;
        Ok(Self { root })
    }

    /// The directories where an engine's programs are looked for, in front of the machine's own.
    pub(crate) fn path(&self, release: Release) -> String {
        let machine =
            std::env::var("PATH").unwrap_or_else(|_| "/usr/sbin:/usr/bin:/sbin:/bin".to_owned());
        let directories = [release.directory(), Release::Stable.directory()]
            .map(|directory| self.root.join(directory))
            .map(|directory| format!("{0}/usr/sbin:{0}/usr/bin:{0}/bin", directory.display()));
        format!("{}:{}:{machine}", directories[0], directories[1])
    }

    /// A directory of the release's packages.
    pub(crate) fn directory(&self, release: Release, path: &str) -> PathBuf {
        self.root.join(release.directory()).join(path)
    }

    /// The directory that podman of the newest release sees as `/usr`.
    pub(crate) fn suite(&self) -> PathBuf {
        self.root.join("suite/usr")
    }

    /// A program of the release, or of the stable one where the release has it from there.
    #[must_use]
    pub fn program(&self, release: Release, name: &str) -> PathBuf {
        let places =
            [release.directory(), Release::Stable.directory()].into_iter().flat_map(|directory| {
                ["usr/sbin", "usr/bin", "bin"]
                    .map(|bin| self.root.join(directory).join(bin).join(name))
            });
        let mut places = places.peekable();
        let first = places.peek().cloned().unwrap_or_default();
        places.find(|place| place.is_file()).unwrap_or(first)
    }
}

fn download(partial: &Path) -> Result<()> {
    let directory = |name: &str| {
        let path = partial.join(name);
        fs::create_dir_all(&path).map_err(file("making a directory for apt", &path))?;
        Ok(path)
    };
    let sources = partial.join("sources.list");
    fs::write(&sources, sources_list()?).map_err(file("writing apt's sources", &sources))?;
    let (lists, cache, packages, suite) =
        (directory("lists")?, directory("cache")?, directory("packages")?, directory("suite")?);
    directory("suite/partial")?;
    directory("lists/partial")?;
    directory("cache/archives/partial")?;
    let options = [
        format!("Dir::Etc::SourceList={}", sources.display()),
        "Dir::Etc::SourceParts=/dev/null".to_owned(),
        // Debian's own settings only: hooks and pins of the machine are for the machine's packages.
        "Dir::Etc::Preferences=/dev/null".to_owned(),
        "Dir::Etc::PreferencesParts=/dev/null".to_owned(),
        format!("Dir::State::Lists={}", lists.display()),
        format!("Dir::Cache={}", cache.display()),
        // apt's unprivileged user may not see the cache directory.
        "APT::Sandbox::User=root".to_owned(),
        "Acquire::Languages=none".to_owned(),
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        "Acquire::Retries=3".to_owned(),
    ];
    let apt = |command: &str| {
        let mut apt = apt([command, "--quiet", "--yes", "--no-install-recommends"]);
        apt.current_dir(&packages);
        for option in &options {
            apt.arg("-o").arg(option);
        }
        apt
    };
    command::run("reading the engines' package lists", &mut apt("update"))?;
    let wanted = STABLE_PACKAGES
        .map(|package| format!("{package}/{STABLE}"))
        .into_iter()
        .chain(NEWEST_PACKAGES.map(|package| format!("{package}/{NEWEST}")));
    command::run("downloading the engines", apt("download").args(wanted))?;
    // With nothing installed, everything that they depend on is downloaded too.
    let status = "Dir::State::Status=/dev/null";
    let archives = format!("Dir::Cache::Archives={}", suite.display());
    let mut install = apt("install");
    install.args(["--download-only", "--target-release", NEWEST, "-o", status, "-o", &archives]);
    command::run("downloading podman", install.args(SUITE_PACKAGES))?;
    Ok(())
}

/// The two releases, from the mirror that the machine itself uses.
fn sources_list() -> Result<String> {
    let mirror = match mirror()? {
        Some(mirror) => mirror,
        // apt knows a source's origin only once it has read the source.
        None => {
            command::run("reading Debian's package lists", &mut apt(["update", "--quiet"]))?;
            let none = || Error::Unavailable("apt has no source of Debian's packages".to_owned());
            mirror()?.ok_or_else(none)?
        }
    };
    let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let signed = if Path::new(keyring).is_file() {
        format!("[signed-by={keyring}] ")
    } else {
        String::new()
    };
    Ok(format!("deb {signed}{mirror} {STABLE} main\ndeb {signed}{mirror} {NEWEST} main\n"))
}

/// The machine's own source of Debian's main archive; the security archive does not hold both releases.
fn mirror() -> Result<Option<String>> {
    let format = "$(CREATED_BY) $(ORIGIN) $(LABEL) $(REPO_URI)";
    let targets = command::run(
        "asking apt for the machine's mirror",
        &mut apt(["indextargets", "--format", format]),
    )?;
    Ok(targets
        .lines()
        .find_map(|line| line.strip_prefix("Packages Debian Debian "))
        .map(str::to_owned))
}

fn unpack(partial: &Path) -> Result<()> {
    let packages = partial.join("packages");
    let root = partial.join("root");
    for release in Release::ALL {
        let directory = root.join(release.directory());
        fs::create_dir_all(&directory).map_err(file("making the directory", &directory))?;
    }
    for (name, package) in files(&partial.join("suite"))? {
        if !SUITE_LEFT_OUT.iter().any(|start| name.starts_with(start)) && name.ends_with(".deb") {
            unpack_one(&package, &root.join("suite"))?;
        }
    }
    let mut engines = Vec::new();
    for (name, package) in files(&packages)? {
        if name.starts_with("docker.io_") {
            engines.push(package);
        } else {
            unpack_one(&package, &root.join(Release::Stable.directory()))?;
        }
    }
    let mut versioned = Vec::new();
    for engine in engines {
        let mut query = Command::new("dpkg-deb");
        let version =
            command::run("reading a version", query.arg("-f").arg(&engine).arg("Version"))?;
        versioned.push((version.trim().to_owned(), engine));
    }
    let [(first, _), (second, _)] = versioned.as_slice() else {
        return Err(Error::Unavailable(format!(
            "expected two packages of the engine, from {STABLE} and {NEWEST}, and got {versioned:?}"
        )));
    };
    let older = Command::new("dpkg").args(["--compare-versions", first, "lt", second]).status();
    if !older.is_ok_and(|status| status.success()) {
        versioned.reverse();
    }
    for ((_, engine), release) in versioned.iter().zip(Release::ALL) {
        unpack_one(engine, &root.join(release.directory()))?;
    }
    Ok(())
}

/// The name and the path of each entry of a directory.
fn files(directory: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(file("listing", directory))? {
        let entry = entry.map_err(file("listing", directory))?;
        files.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    Ok(files)
}

fn unpack_one(package: &Path, directory: &Path) -> Result<()> {
    command::run("unpacking", Command::new("dpkg").arg("-x").arg(package).arg(directory))?;
    Ok(())
}

fn file(step: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let (step, path) = (step.to_owned(), path.to_owned());
    move |source| Error::File { step, path, source }
}
