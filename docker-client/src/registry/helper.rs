//! Programs that keep credentials: `docker-credential-NAME get`.
//!
//! Nothing that such a program writes is shown in an error, because it may be a secret, on standard error too: only the messages
//! that the protocol defines are recognized.

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

/// How long a program may take. It may ask its user for something.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// How long is waited for the end of the output of a program that has exited: another process may hold it open.
const REST_LIMIT: Duration = Duration::from_secs(1);

/// The maximum size of the output, in bytes.
const OUTPUT_LIMIT: usize = 1024 * 1024;

/// What a program writes if it keeps nothing for a registry.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// Other messages that the protocol defines.
const MESSAGES: [&str; 2] = ["no credentials server URL", "no credentials username"];

/// The user that stands for a token.
const TOKEN: &str = "<token>";

/// A program that keeps credentials.
#[derive(Debug, Clone)]
pub(super) struct Helper {
    program: String,
    /// The value of `PATH` that it is looked for in.
    path: Option<OsString>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Kept {
    username: Option<Zeroizing<String>>,
    secret: Option<Zeroizing<String>>,
}

impl Helper {
    /// The program of this name.
    ///
    /// # Errors
    ///
    /// The name is not that of a program; it is not shown, because it may be a secret in the wrong place.
    pub(super) fn new(name: &str, path: Option<&OsStr>) -> Result<Self, String> {
        let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        match !name.is_empty() && name.chars().all(usual) {
            true => Ok(Self {
                program: format!("docker-credential-{name}"),
                path: path.map(OsStr::to_owned),
            }),
            false => {
                Err("expected the name of a credential helper: letters, digits, `-`, `_` and \
                          `.`"
                .to_owned())
            }
        }
    }

    /// The name of the program, with this argument.
    pub(super) fn command(&self, verb: &str) -> String {
        format!("{} {verb}", self.program)
    }

    /// Returns the credentials that are kept for a registry.
    ///
    /// # Errors
    ///
    /// What went wrong.
    pub(super) async fn get(&self, registry: &str) -> Result<Option<RegistryAuth>, String> {
        let Some(text) = self.call("get", registry).await? else { return Ok(None) };
        let kept: Option<Kept> = serde_json::from_slice(&text).map_err(|_| nonsense())?;
        let Kept { username, secret } = kept.unwrap_or_default();
        let (username, secret) = (username.unwrap_or_default(), secret.unwrap_or_default());
        Ok(match username.as_str() {
            // Some programs have no error for what they do not keep.
            "" if secret.is_empty() => None,
            TOKEN => Some(RegistryAuth::identity_token(secret.as_str()).server(registry)),
            user => Some(RegistryAuth::password(user, secret.as_str()).server(registry)),
        })
    }

    /// Returns the registries that credentials are kept for.
    ///
    /// # Errors
    ///
    /// What went wrong.
    pub(super) async fn list(&self) -> Result<Vec<String>, String> {
        let Some(text) = self.call("list", "unused").await? else { return Ok(Vec::new()) };
        let kept: Option<BTreeMap<String, Option<String>>> =
            serde_json::from_slice(&text).map_err(|_| nonsense())?;
        Ok(kept.unwrap_or_default().into_keys().collect())
    }

    /// Runs the program and returns its output, or `None` if it keeps nothing.
    async fn call(&self, verb: &str, input: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let (status, output) = match tokio::time::timeout(TIME_LIMIT, self.run(verb, input)).await {
            Ok(result) => result?,
            Err(_) => return Err(format!("it took longer than {TIME_LIMIT:?} and was killed")),
        };
        let said = String::from_utf8_lossy(&output);
        let said = said.trim();
        if said == NOT_FOUND {
            return Ok(None);
        }
        if status.success() {
            return Ok(Some(output));
        }
        match MESSAGES.iter().find(|message| **message == said) {
            Some(message) => Err(format!("it reports {message:?}")),
            None => Err(format!("it failed with {status}; run it to see why")),
        }
    }

    /// Dropping the future kills the program, and what it has started.
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
                    // A program that exits without reading says why by its status.
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
                    // After that time another process, which the program started, holds the other end.
                    if let Ok(result) = tokio::time::timeout(REST_LIMIT, exchange).await {
                        result?;
                    }
                }
            }
            status
        };
        let status = status
            .ok_or("its output cannot be read")?
            .map_err(|error| format!("it cannot be waited for: {error}"))?;
        group.ended();
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
                return Err(format!("it writes more than {OUTPUT_LIMIT} bytes"));
            }
            Ok(count) => output.extend_from_slice(&piece[..count]),
            Err(error) => return Err(format!("its output cannot be read: {error}")),
        }
    }
}

fn nonsense() -> String {
    "its output is not the expected JSON".to_owned()
}

/// The processes of a program, which are killed on drop unless the program has ended.
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

    /// What a program that has ended leaves behind may go on, such as an agent.
    #[cfg_attr(not(unix), allow(unused_mut))]
    fn ended(mut self) {
        #[cfg(unix)]
        self.leader.take();
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // It fails if all of them have ended.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}
