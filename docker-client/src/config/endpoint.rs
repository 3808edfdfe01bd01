//! Selects the engine to connect to: the one that the program sets, or else the environment, or else `config.json`, or
//! else one of the local sockets.

use std::path::Path;

use docker_api::Error;

use super::context::{Context, DEFAULT};
use super::{ConfigFile, Environment, Host, Tls};

/// An engine and how to connect to it.
#[derive(Debug, Default)]
pub(crate) struct Endpoint {
    pub(crate) host: Host,
    /// Other addresses to try. There are some only if no setting names an engine.
    pub(crate) others: Vec<Host>,
    pub(crate) tls: Option<Tls>,
}

/// The settings of the program.
#[derive(Debug, Default, Clone)]
pub(crate) struct Choice {
    pub(crate) host: Option<Host>,
    pub(crate) context: Option<String>,
    pub(crate) tls: Option<Tls>,
}

impl Endpoint {
    /// Selects an engine as the Docker command line does. `choice` corresponds to its options.
    pub(crate) fn resolve(
        choice: Choice,
        environment: &Environment,
        file: &ConfigFile,
    ) -> Result<Self, Error> {
        let named = |setting: &'static str, name: Option<String>| {
            name.filter(|name| name != DEFAULT).map(|name| (setting, name))
        };
        let endpoint = if let Some(host) = choice.host {
            Self { host, ..Self::default() }
        } else if let Some(name) = choice.context.clone().filter(|name| name != DEFAULT) {
            Self::of_context(environment, "context", &name)?
        } else if choice.context.is_some() || environment.get("DOCKER_HOST").is_some() {
            Self::of_environment(environment)?
        } else if let Some(name) = environment.get("DOCKER_CONTEXT") {
            match named("DOCKER_CONTEXT", Some(name.to_owned())) {
                Some((setting, name)) => Self::of_context(environment, setting, &name)?,
                None => Self::of_environment(environment)?,
            }
        } else if let Some((setting, name)) = named("currentContext", file.current_context.clone())
        {
            Self::of_context(environment, setting, &name)?
        } else {
            Self::of_environment(environment)?
        };
        Self { tls: choice.tls.or(endpoint.tls), ..endpoint }.over_tls()
    }

    /// Returns the engine that the environment names, or else the local sockets.
    fn of_environment(environment: &Environment) -> Result<Self, Error> {
        let Some(text) = environment.get("DOCKER_HOST") else {
            return Ok(Self { others: other_sockets(environment), ..Self::default() });
        };
        let host = Host::parse("DOCKER_HOST", text)?;
        let verify = environment.get("DOCKER_TLS_VERIFY").is_some();
        let wanted = verify || environment.get("DOCKER_TLS").is_some();
        if !wanted || !matches!(host, Host::Tcp(_) | Host::Tls(_)) {
            return Ok(Self { host, ..Self::default() });
        }
        let directory = environment.get_os("DOCKER_CERT_PATH").map(Into::into);
        let directory = directory.or_else(|| environment.directory()).ok_or_else(|| {
            Error::config(
                "DOCKER_TLS_VERIFY",
                "the directory of certificates is unknown: set DOCKER_CERT_PATH or HOME",
            )
        })?;
        if verify && !directory.join("ca.pem").exists() {
            return Err(Error::config(
                "DOCKER_TLS_VERIFY",
                format!(
                    "there is no ca.pem in {}: set DOCKER_CERT_PATH to the directory of certificates",
                    directory.display()
                ),
            ));
        }
        Ok(Self { host, tls: Some(certificates(&directory, verify)?), ..Self::default() })
    }

    fn of_context(environment: &Environment, setting: &str, name: &str) -> Result<Self, Error> {
        let directory = environment.directory().ok_or_else(|| {
            Error::config(
                setting,
                format!("the directory of context {name:?} is unknown: set DOCKER_CONFIG or HOME"),
            )
        })?;
        let Context { host, skip_verify, certificates: at } =
            Context::read(&directory, name, setting)?;
        let wanted = matches!(host, Host::Tcp(_) | Host::Tls(_)) && (skip_verify || at.is_dir());
        let tls = wanted.then(|| certificates(&at, !skip_verify)).transpose()?;
        Ok(Self { host, tls, ..Self::default() })
    }

    /// Uses TLS instead of plain TCP if there are certificates.
    fn over_tls(mut self) -> Result<Self, Error> {
        self.host = match self.host {
            Host::Tcp(host) if self.tls.is_some() => Host::Tls(host),
            host => host,
        };
        if matches!(self.host, Host::Tls(_)) {
            self.tls.get_or_insert_default();
            if cfg!(not(feature = "tls")) {
                return Err(Error::config(
                    self.host.to_string(),
                    "TLS requires the feature `tls` of docker-client",
                ));
            }
        }
        Ok(self)
    }
}

#[cfg(feature = "tls")]
fn certificates(directory: &Path, verify: bool) -> Result<Tls, Error> {
    let tls = Tls::from_dir(directory)?;
    Ok(if verify { tls } else { tls.dangerously_accept_any_certificate() })
}

#[cfg(not(feature = "tls"))]
fn certificates(_: &Path, _: bool) -> Result<Tls, Error> {
    Ok(Tls)
}

/// Returns the sockets of engines that do not use the default one.
fn other_sockets(environment: &Environment) -> Vec<Host> {
    let runtime = environment.get_os("XDG_RUNTIME_DIR").map(Path::new);
    let home = environment.home();
    let below =
        |directory: Option<&Path>, path: &str| directory.map(|directory| directory.join(path));
    [
        // Rootless dockerd.
        below(runtime, "docker.sock"),
        below(home.as_deref(), ".docker/run/docker.sock"),
        // Docker Desktop.
        below(home.as_deref(), ".docker/desktop/docker.sock"),
        // colima.
        below(home.as_deref(), ".colima/default/docker.sock"),
        below(home.as_deref(), ".config/colima/default/docker.sock"),
        // podman.
        below(runtime, "podman/podman.sock"),
        Some("/run/podman/podman.sock".into()),
    ]
    .into_iter()
    .flatten()
    .filter(|_| cfg!(unix))
    .map(Host::Unix)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(choice: Choice, variables: &[(&str, &str)], current: Option<&str>) -> String {
        let environment = variables.iter().copied().collect();
        let file =
            ConfigFile { current_context: current.map(str::to_owned), ..ConfigFile::default() };
        match Endpoint::resolve(choice, &environment, &file) {
            Ok(endpoint) => endpoint.host.to_string(),
            Err(error) => error.to_string(),
        }
    }

    fn context(name: &str) -> Choice {
        Choice { context: Some(name.to_owned()), ..Choice::default() }
    }

    /// Contexts that do not exist show in the error which of them was looked for.
    #[test]
    fn what_is_nearer_to_the_call_comes_first() {
        let home = ("HOME", "/nowhere");
        let (host, by_name) = (("DOCKER_HOST", "unix:///h"), ("DOCKER_CONTEXT", "env"));
        let given = Choice { host: Some("unix:///given".parse().unwrap()), ..context("x") };
        assert_eq!(resolve(given, &[home, host], Some("file")), "unix:///given");
        let text = resolve(context("x"), &[home, host, by_name], Some("file"));
        assert!(text.starts_with("context, context \"x\""), "{text}");
        assert_eq!(resolve(context("default"), &[home, host, by_name], Some("file")), "unix:///h");
        assert_eq!(resolve(Choice::default(), &[home, host, by_name], Some("file")), "unix:///h");
        let text = resolve(Choice::default(), &[home, by_name], Some("file"));
        assert!(text.starts_with("DOCKER_CONTEXT, context \"env\""), "{text}");
        let text = resolve(Choice::default(), &[home], Some("file"));
        assert!(text.starts_with("currentContext, context \"file\""), "{text}");
        let default = Host::default().to_string();
        let virtual_one = [home, ("DOCKER_CONTEXT", "default")];
        assert_eq!(resolve(Choice::default(), &virtual_one, Some("file")), default);
        assert_eq!(resolve(Choice::default(), &[home], Some("default")), default);
    }

    #[test]
    fn only_where_nothing_is_said_other_sockets_are_tried() {
        let environment = [("HOME", "/home/u"), ("XDG_RUNTIME_DIR", "/run/user/7")];
        let environment = environment.into_iter().collect();
        let endpoint =
            Endpoint::resolve(Choice::default(), &environment, &ConfigFile::default()).unwrap();
        let others: Vec<String> = endpoint.others.iter().map(Host::to_string).collect();
        assert!(others.contains(&"unix:///run/user/7/docker.sock".to_owned()), "{others:?}");
        assert!(others.contains(&"unix:///home/u/.docker/run/docker.sock".to_owned()));
        let environment = [("DOCKER_HOST", "unix:///h")].into_iter().collect();
        let endpoint =
            Endpoint::resolve(Choice::default(), &environment, &ConfigFile::default()).unwrap();
        assert!(endpoint.others.is_empty());
    }

    #[test]
    fn certificates_that_are_asked_for_must_be_there() {
        let host = ("DOCKER_HOST", "tcp://engine:2376");
        let verify = ("DOCKER_TLS_VERIFY", "1");
        let text =
            resolve(Choice::default(), &[host, verify, ("DOCKER_CERT_PATH", "/nowhere")], None);
        assert!(text.contains("no ca.pem in /nowhere"), "{text}");
        // A socket needs none, whatever the variables say.
        let host = ("DOCKER_HOST", "unix:///h");
        assert_eq!(resolve(Choice::default(), &[host, verify], None), "unix:///h");
    }
}
