//! A network namespace for everything that a run starts, so that the machine's own network stays as it is.
//!
//! Inside, 127.0.0.1 is shared by the engines, the registries and the test processes; outside, nothing of it is seen.

use std::ffi::OsStr;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::command;
use crate::error::{Error, Result};

/// Where a swarm's manager is reached in a network that an engine has for itself, by engines in linked ones too.
pub const SWARM_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 98, 0, 1);
/// The two ends of a link.
const LINK: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 98, 1, 1), Ipv4Addr::new(10, 98, 1, 2)];

/// The network in which a program is started.
#[derive(Debug)]
pub enum Network {
    /// The one that this process is in.
    Here,
    /// A private one, which lives as long as this value and the programs in it.
    Private(Namespace),
}

/// Holds a network namespace.
#[derive(Debug)]
pub struct Namespace {
    /// Sleeps in the namespace until its standard input closes.
    holder: Child,
}

/// A bridge and the addresses that belong to it.
#[derive(Debug)]
pub(crate) struct Bridge {
    /// The link's name.
    pub(crate) name: String,
    /// The pool for the networks that the engine's user makes, as dockerd takes it.
    pub(crate) pool: String,
    /// A private network takes its bridges with it; from this process's own network they have to be removed.
    here: bool,
}

impl Network {
    /// Makes a network that has a loopback device and nothing else.
    ///
    /// # Errors
    ///
    /// The namespace cannot be made: no root, or the machine forbids it.
    pub fn private() -> Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-c", "ip link set lo up && echo ready && exec cat"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let failed = |command: &Command, outcome: String| Error::Command {
            step: "making a private network".to_owned(),
            command: command::line(command),
            outcome,
            output: String::new(),
        };
        let mut holder = command
            .spawn()
            .map_err(|error| failed(&command, format!("could not be started: {error}")))?;
        let mut line = String::new();
        if let Some(stdout) = holder.stdout.take() {
            // What cannot be read is not the expected line.
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        if line.trim() != "ready" {
            let _ = holder.kill();
            let _ = holder.wait();
            return Err(failed(&command, "did not become ready".to_owned()));
        }
        Ok(Self::Private(Namespace { holder }))
    }

    /// Makes a private network that is linked to the one that this process is in, and the address in it.
    ///
    /// # Errors
    ///
    /// As [`Network::private`]; or this process's network has such a link already.
    pub fn linked() -> Result<(Self, Ipv4Addr)> {
        let network = Self::private()?;
        let [here, there] = LINK;
        if let Self::Private(namespace) = &network {
            let holder = namespace.holder.id().to_string();
            let link = ["link", "add", "lt0", "type", "veth", "peer", "name", "lt1", "netns"];
            Self::Here.ip(&[&link[..], &[&holder]].concat())?;
        }
        for (side, name, address) in [(&Self::Here, "lt0", here), (&network, "lt1", there)] {
            side.ip(&["addr", "add", &format!("{address}/30"), "dev", name])?;
            side.ip(&["link", "set", name, "up"])?;
        }
        network.ip(&["route", "add", "default", "via", &here.to_string()])?;
        Ok((network, there))
    }

    /// Gives the loopback device an address.
    pub(crate) fn give(&self, address: Ipv4Addr) -> Result<()> {
        self.ip(&["addr", "add", &format!("{address}/32"), "dev", "lo"])
    }

    fn ip(&self, arguments: &[&str]) -> Result<()> {
        command::run("setting up a network", self.command("ip").args(arguments)).map(drop)
    }

    /// A command that runs in this network.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        match self {
            Self::Here => Command::new(program),
            Self::Private(namespace) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net=/proc/{}/ns/net", namespace.holder.id())).arg(program);
                command
            }
        }
    }

    /// Creates a bridge with a unique name.
    pub(crate) fn bridge(&self) -> Result<Bridge> {
        let mut last = None;
        for index in 0..100 {
            let name = format!("bt{index}");
            // Making the link is what reserves the number: the kernel refuses a name that is taken.
            let mut add = self.command("ip");
            add.args(["link", "add", &name, "type", "bridge"]);
            if let Err(error) = command::run("making a bridge", &mut add) {
                last = Some(error);
                continue;
            }
            self.ip(&["addr", "add", &format!("10.99.{index}.1/24"), "dev", &name])?;
            self.ip(&["link", "set", &name, "up"])?;
            let pool = format!("base=10.{}.0.0/16,size=24", 100 + index);
            return Ok(Bridge { name, pool, here: matches!(self, Self::Here) });
        }
        Err(last.unwrap_or_else(|| Error::Unavailable("no bridge can be made".to_owned())))
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if self.here {
            // It may have been removed already.
            let mut ip = Command::new("ip");
            let _ = command::run("removing a bridge", ip.args(["link", "del", &self.name]));
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

/// Ports below the range from which the kernel assigns ports, so that no other program is assigned one of them before it is
/// used.
const PORTS: Range<u16> = 20_000..32_768;

/// Returns a port of 127.0.0.1 that is not in use, a different one each time.
pub(crate) fn free_port() -> Result<u16> {
    // Processes that run at the same time begin at different ports.
    static NEXT: LazyLock<AtomicUsize> =
        LazyLock::new(|| AtomicUsize::new(RandomState::new().hash_one(()) as usize));
    let next = |_| PORTS.start + (NEXT.fetch_add(1, Ordering::Relaxed) % PORTS.len()) as u16;
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let found = (0..PORTS.len()).map(next).find(free);
    found.ok_or_else(|| Error::Unavailable(format!("no port of {PORTS:?} is free")))
}
