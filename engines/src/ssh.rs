//! A private ssh server on 127.0.0.1, through which `docker system dial-stdio` reaches an engine.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command;
use crate::error::{Error, Result};
use crate::guard::{Directory, GuardedProcess};
use crate::network::{Network, free_port};
use crate::packages::{Packages, Release};

/// A running ssh server; dropping it ends it.
#[derive(Debug)]
pub struct SshServer {
    port: u16,
    kept: GuardedProcess,
}

impl SshServer {
    /// Starts a server whose only user is root with a new key, and whose `docker` reaches the engine at `docker_host`.
    ///
    /// # Errors
    ///
    /// It does not start; the error has the end of its log.
    pub async fn start(packages: &Packages, network: &Network, docker_host: &str) -> Result<Self> {
        let directory = Directory::new()?;
        let place = directory.path().display().to_string();
        for key in ["host-key", "user-key"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(directory.path().join(key));
            command::run("making an ssh key", &mut keygen)?;
        }
        let port = free_port()?;
        let address = format!("{}", Ipv4Addr::LOCALHOST);
        let path = packages.path(Release::Stable);
        let config = directory.write(
            "sshd_config",
            format!(
                "ListenAddress {address}:{port}\nHostKey {place}/host-key\nPidFile none\n\
                 AuthorizedKeysFile {place}/user-key.pub\nStrictModes no\nPasswordAuthentication no\n\
                 KbdInteractiveAuthentication no\nPermitRootLogin yes\nUsePAM no\nMaxStartups 100\nMaxSessions 100\n\
                 SetEnv PATH={path} DOCKER_HOST={docker_host}\n"
            ),
        )?;
        let host_key = read(&directory.path().join("host-key.pub"))?;
        directory.write("known_hosts", format!("[{address}]:{port} {host_key}"))?;
        let client_config = directory.write(
            "ssh_config",
            format!(
                "Host *\n  IdentityFile {place}/user-key\n  IdentitiesOnly yes\n\
                 UserKnownHostsFile {place}/known_hosts\n  StrictHostKeyChecking yes\n"
            ),
        )?;
        // The user that sshd drops to is created in the mount namespace, where no other program sees it.
        let passwd = read(Path::new("/etc/passwd"))?;
        let passwd = directory.write(
            "passwd",
            format!("{passwd}sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n"),
        )?;
        let bin = directory.path().join("bin");
        std::fs::create_dir(&bin)
            .and_then(|()| {
                let script =
                    format!("#!/bin/sh\nexec /usr/bin/ssh -F {} \"$@\"\n", client_config.display());
                write_program(&bin.join("ssh"), &script)
            })
            .map_err(|source| Error::File {
                step: "writing the ssh client".to_owned(),
                path: bin,
                source,
            })?;
        let mut command = Command::new("sh");
        command
            .args(["-c", START, "sshd"])
            .arg(passwd)
            .arg(packages.program(Release::Stable, "sshd"))
            .arg(config);
        let kept = directory.start(network, &command)?;
        kept.wait_until("sshd", async || {
            if kept.log().contains("Server listening on") {
                Ok(())
            } else {
                Err("it does not listen yet".to_owned())
            }
        })
        .await?;
        Ok(Self { port, kept })
    }

    /// The address, as `DOCKER_HOST` takes it.
    #[must_use]
    pub fn host(&self) -> String {
        format!("ssh://root@{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// A directory with an `ssh` that knows the server and has the user's key: put it in front of `PATH`.
    #[must_use]
    pub fn client_directory(&self) -> PathBuf {
        self.kept.directory().join("bin")
    }

    /// What the server logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.kept.log()
    }
}

/// Prepares the mount namespace and becomes sshd, which has to be started by its full path.
const START: &str = r#"
mount --bind "$1" /etc/passwd && mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/sshd && exec "$2" -D -e -f "$3"
"#;

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|source| Error::File {
        step: "reading a file".to_owned(),
        path: path.to_owned(),
        source,
    })
}

fn write_program(path: &Path, script: &str) -> std::io::Result<()> {
    std::fs::write(path, script)?;
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}
