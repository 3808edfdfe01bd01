//! Credential helpers: programs that store credentials, which are run as `docker-credential-NAME get`.
//!
//! Errors never contain the output of such a program, not even that of standard error, because it may contain secrets.
//! Only the messages that the protocol defines are recognized.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::future::poll_fn;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::task::Poll;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::RegistryAuth;

/// The time limit of a program. It may prompt the user.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The time limit for reading the output of a program that has exited. Another process may keep the pipe open.
const OUTPUT_TIME_LIMIT: Duration = Duration::from_secs(1);

/// The maximum size of the output, in bytes.
const OUTPUT_LIMIT: usize = 1024 * 1024;

/// The message of a program that has no credentials for a registry.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// Other messages that the protocol defines.
const MESSAGES: [&str; 2] = ["no credentials server URL", "no credentials username"];

/// The user name that marks the secret as an identity token.
const TOKEN: &str = "<token>";

/// A credential helper.
#[derive(Debug, Clone)]
pub(super) struct Helper {
    program: String,
    /// The value of `PATH` with which the program is searched for.
    path: Option<OsString>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Output {
    username: Option<Zeroizing<String>>,
    secret: Option<Zeroizing<String>>,
}

impl Helper {
    /// Creates the helper with this name.
    ///
    /// # Errors
    ///
    /// Returns an error if the name contains an invalid character. The error does not contain the name, because it may
    /// be a misplaced secret.
    pub(super) fn new(name: &str, path: Option<&OsStr>) -> Result<Self, String> {
        let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        match !name.is_empty() && name.chars().all(usual) {
            true => Ok(Self {
                program: format!("docker-credential-{name}"),
                path: path.map(OsStr::to_owned),
            }),
            false => {
                Err("expected the name of a credential helper, which consists of letters, digits, `-`, \
                          `_` and `.`"
                .to_owned())
            }
        }
    }

    /// Returns the command line with this argument, for messages.
    pub(super) fn command(&self, verb: &str) -> String {
        format!("{} {verb}", self.program)
    }

    /// Returns the stored credentials for a registry.
    ///
    /// # Errors
    ///
    /// Returns the reason as a clause about the program: `it …`.
    pub(super) async fn get(&self, registry: &str) -> Result<Option<RegistryAuth>, String> {
        let Some(text) = self.call("get", registry).await? else { return Ok(None) };
        let kept: Option<Output> = serde_json::from_slice(&text).map_err(|_| invalid_output())?;
        let Output { username, secret } = kept.unwrap_or_default();
        let (username, secret) = (username.unwrap_or_default(), secret.unwrap_or_default());
        Ok(match username.as_str() {
            // Some programs write empty credentials instead of an error.
            "" if secret.is_empty() => None,
            TOKEN => Some(RegistryAuth::identity_token(secret.as_str()).server(registry)),
            user => Some(RegistryAuth::password(user, secret.as_str()).server(registry)),
        })
    }

    /// Returns the registries for which credentials are stored.
    ///
    /// # Errors
    ///
    /// The same as for [`get`](Self::get).
    pub(super) async fn list(&self) -> Result<Vec<String>, String> {
        let Some(text) = self.call("list", "unused").await? else { return Ok(Vec::new()) };
        let kept: Option<BTreeMap<String, Option<String>>> =
            serde_json::from_slice(&text).map_err(|_| invalid_output())?;
        Ok(kept.unwrap_or_default().into_keys().collect())
    }

    /// Runs the program and returns its output, or `None` if it has no credentials.
    async fn call(&self, verb: &str, input: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let (status, output) = match tokio::time::timeout(TIME_LIMIT, self.run(verb, input)).await {
            Ok(result) => result?,
            Err(_) => return Err(format!("it did not exit within {TIME_LIMIT:?} and was killed")),
        };
        let message = String::from_utf8_lossy(&output);
        let message = message.trim();
        if message == NOT_FOUND {
            return Ok(None);
        }
        if status.success() {
            return Ok(Some(output));
        }
        match MESSAGES.iter().find(|known| **known == message) {
            Some(known) => Err(format!("it reports {known:?}")),
            None => Err(format!("it failed with {status}; run it in a terminal to see the reason")),
        }
    }

    /// Runs the program. Dropping the future kills it and the processes that it has started.
    async fn run(
        &self,
        verb: &str,
        input: &str,
    ) -> Result<(ExitStatus, Zeroizing<Vec<u8>>), String> {
        let mut command = Command::new(&self.program);
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        #[cfg(unix)]
        command.process_group(0);
        command.arg(verb).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("it cannot be run: {error}"))?;
        let group = Group::of(&child);
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut output = Zeroizing::new(Vec::with_capacity(4096));
        let status = {
            let mut exchange = pin!(async {
                if let Some(mut stdin) = stdin {
                    // The exit status of a program that does not read its input contains the reason.
                    let _ = stdin.write_all(input.as_bytes()).await;
                }
                match stdout {
                    Some(stdout) => read(stdout, &mut output).await,
                    None => Ok(()),
                }
            });
            let mut exchanged = None;
            let mut exit = pin!(child.wait());
            let status = poll_fn(|cx| {
                if exchanged.is_none()
                    && let Poll::Ready(result) = exchange.as_mut().poll(cx)
                {
                    let failed = result.is_err();
                    exchanged = Some(result);
                    if failed {
                        return Poll::Ready(None);
                    }
                }
                exit.as_mut().poll(cx).map(Some)
            })
            .await;
            match exchanged {
                Some(result) => result?,
                None => {
                    // After this time, a process that the program has started keeps the pipe open.
                    if let Ok(result) = tokio::time::timeout(OUTPUT_TIME_LIMIT, exchange).await {
                        result?;
                    }
                }
            }
            status
        };
        let status = status
            .ok_or("its output cannot be read")?
            .map_err(|error| format!("its exit status cannot be determined: {error}"))?;
        group.release();
        Ok((status, output))
    }
}

async fn read(
    mut stream: impl AsyncRead + Unpin,
    output: &mut Zeroizing<Vec<u8>>,
) -> Result<(), String> {
    let mut piece = Zeroizing::new([0; 4096]);
    loop {
        match stream.read(&mut *piece).await {
            Ok(0) => return Ok(()),
            Ok(count) if output.len() + count > OUTPUT_LIMIT => {
                return Err(format!("its output is longer than {OUTPUT_LIMIT} bytes"));
            }
            Ok(count) => output.extend_from_slice(&piece[..count]),
            Err(error) => return Err(format!("its output cannot be read: {error}")),
        }
    }
}

fn invalid_output() -> String {
    "its output is not the expected JSON".to_owned()
}

/// The process group of a program, which is killed on drop unless the program has exited.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self { leader: id.and_then(rustix::process::Pid::from_raw) }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Self {
        Self {}
    }

    /// Lets the processes of a program that has exited continue; one may be an agent.
    #[cfg_attr(not(unix), allow(unused_mut))]
    fn release(mut self) {
        #[cfg(unix)]
        self.leader.take();
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // This fails if all of them have exited.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}
