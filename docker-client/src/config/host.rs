//! The address of an engine: `unix:///run/docker.sock`, `tcp://host:2375/base`, `ssh://user@host`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use docker_api::Error;
use http::uri::{Authority, PathAndQuery};

/// Where plain TCP is spoken unless the address has a port.
const PLAIN_PORT: u16 = 2375;

/// Where TLS is spoken unless the address has a port.
const TLS_PORT: u16 = 2376;

/// What the system has room for in the address of a unix socket, less the zero at its end.
const SOCKET_PATH_LIMIT: usize = 107;

/// The address of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Host {
    /// A unix socket.
    Unix(PathBuf),
    /// A named pipe of Windows, such as `//./pipe/docker_engine`.
    Pipe(String),
    /// HTTP over TCP.
    Tcp(TcpHost),
    /// HTTP over TLS.
    Tls(TcpHost),
    /// An engine that is reached through `docker system dial-stdio` on a machine that ssh leads to.
    Ssh(SshHost),
}

/// A machine, and what is there to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpHost {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub name: String,
    /// The port.
    pub port: u16,
    /// What comes before the version in every path: empty, or with a slash in front and none at the end.
    pub base: String,
}

/// A machine that ssh leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SshHost {
    /// The user there; what the configuration of ssh says unless set.
    pub user: Option<String>,
    /// A name, as the configuration of ssh knows it, or an address.
    pub name: String,
    /// The port; what the configuration of ssh says unless set.
    pub port: Option<u16>,
    /// The socket of the engine there; what the command line there is set to unless set.
    pub socket: Option<String>,
}

impl Host {
    /// The path that comes before the version.
    pub(crate) fn base(&self) -> &str {
        match self {
            Self::Tcp(host) | Self::Tls(host) => &host.base,
            Self::Unix(_) | Self::Pipe(_) | Self::Ssh(_) => "",
        }
    }

    /// What stands in the `Host` header.
    pub(crate) fn authority(&self) -> String {
        match self {
            // A path is no valid authority, and there is no host to name.
            Self::Unix(_) | Self::Pipe(_) | Self::Ssh(_) => "localhost".to_owned(),
            Self::Tcp(host) | Self::Tls(host) => host.authority(),
        }
    }

    /// Reads an address that was found in `setting`.
    pub(crate) fn parse(setting: &str, text: &str) -> Result<Self, Error> {
        parse(text.trim()).map_err(|what| Error::Config {
            setting: setting.to_owned(),
            message: format!(
                "{what} in {:?}; expected is unix:///path/to/docker.sock, tcp://host:port or \
                 ssh://user@host",
                without_user(text)
            ),
        })
    }
}

impl TcpHost {
    /// Reads `name:port/base`.
    pub(super) fn parse(address: &str, usual_port: u16) -> Result<Self, String> {
        tcp(address, usual_port)
    }

    /// `name:port`, an IPv6 address in brackets.
    pub(crate) fn authority(&self) -> String {
        let Self { name, port, .. } = self;
        if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") }
    }
}

/// The engine of this machine: `unix:///var/run/docker.sock`, on Windows `npipe:////./pipe/docker_engine`.
impl Default for Host {
    fn default() -> Self {
        if cfg!(windows) {
            Self::Pipe("//./pipe/docker_engine".to_owned())
        } else {
            Self::Unix("/var/run/docker.sock".into())
        }
    }
}

/// Writes the address so that it reads back as the same.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Pipe(path) => write!(f, "npipe://{path}"),
            Self::Tcp(host) => write!(f, "tcp://{}{}", host.authority(), host.base),
            Self::Tls(host) => write!(f, "https://{}{}", host.authority(), host.base),
            Self::Ssh(host) => host.fmt(f),
        }
    }
}

impl fmt::Display for SshHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ssh://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.name.contains(':') {
            true => write!(f, "[{}]", self.name)?,
            false => f.write_str(&self.name)?,
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(self.socket.as_deref().unwrap_or_default())
    }
}

impl FromStr for Host {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse("address of the engine", text)
    }
}

fn parse(text: &str) -> Result<Host, String> {
    match text.split_once("://") {
        Some(("unix", path)) => unix(path),
        Some(("npipe", "")) => Ok(Host::Pipe("//./pipe/docker_engine".to_owned())),
        Some(("npipe", path)) => Ok(Host::Pipe(path.replace('\\', "/"))),
        Some(("tcp" | "http", address)) => tcp(address, PLAIN_PORT).map(Host::Tcp),
        Some(("https", address)) => tcp(address, TLS_PORT).map(Host::Tls),
        Some(("ssh", address)) => ssh(address).map(Host::Ssh),
        // The command line takes a bare address for TCP.
        None if !text.is_empty() && !text.starts_with('/') => tcp(text, PLAIN_PORT).map(Host::Tcp),
        None => Err("there is no scheme".to_owned()),
        Some((scheme, _)) => Err(format!("the scheme {scheme:?} is not supported")),
    }
}

fn unix(path: &str) -> Result<Host, String> {
    if path.is_empty() {
        return Ok(Host::Unix("/var/run/docker.sock".into()));
    }
    if !path.starts_with('/') {
        return Err(format!("the path {path:?} does not begin with a slash"));
    }
    if path.len() > SOCKET_PATH_LIMIT {
        return Err(format!(
            "the path has {} bytes, a unix socket's can have {SOCKET_PATH_LIMIT}",
            path.len()
        ));
    }
    Ok(Host::Unix(path.into()))
}

/// The address without what stands before its last `@`, which may have a password in it.
fn without_user(text: &str) -> String {
    let Some((before, after)) = text.rsplit_once('@') else { return text.to_owned() };
    let scheme = before.find("://").map_or("", |at| &before[..at + 3]);
    format!("{scheme}\u{2026}@{after}")
}

fn tcp(address: &str, usual_port: u16) -> Result<TcpHost, String> {
    // With a slash in it, a password looks like a port and a path, which an error would show.
    name_port_base(address, usual_port)
        .map_err(|what| if address.contains('@') { "there is a user".to_owned() } else { what })
}

fn name_port_base(address: &str, usual_port: u16) -> Result<TcpHost, String> {
    let (authority, base) = split_path(address);
    if authority.contains('@') {
        return Err("there is a user".to_owned());
    }
    let base = base.trim_end_matches('/');
    if base.contains(['?', '#']) || (!base.is_empty() && base.parse::<PathAndQuery>().is_err()) {
        return Err(format!("the path {base:?} is not valid"));
    }
    let (name, port) = name_and_port(authority)?;
    let name = if name.is_empty() { "localhost" } else { name };
    let port = port.unwrap_or(usual_port);
    let host = TcpHost { name: name.to_owned(), port, base: base.to_owned() };
    match host.authority().parse::<Authority>() {
        Ok(_) => Ok(host),
        Err(_) => Err(format!("the name {name:?} is not valid")),
    }
}

fn ssh(address: &str) -> Result<SshHost, String> {
    let (authority, path) = split_path(address);
    if address.contains(['?', '#']) {
        return Err("there is a query or a fragment".to_owned());
    }
    let password = || "there is a password, which ssh takes from nobody but the user".to_owned();
    let (user, authority) = match authority.split_once('@') {
        Some((user, _)) if user.contains(':') => {
            return Err(password());
        }
        Some((user, authority)) => (Some(user), authority),
        None => (None, authority),
    };
    // A password may have a slash in it.
    let (name, port) = name_and_port(authority)
        .map_err(|what| if [authority, path].concat().contains('@') { password() } else { what })?;
    // What begins with a dash would be an option to ssh.
    for (what, text) in [("user", user), ("name", Some(name))] {
        if text.is_some_and(|text| {
            text.is_empty() || text.starts_with('-') || text.contains(char::is_whitespace)
        }) {
            return Err(format!("the {what} is not valid"));
        }
    }
    let socket = Some(path.trim_end_matches('/')).filter(|path| !path.is_empty());
    Ok(SshHost {
        user: user.map(str::to_owned),
        name: name.to_owned(),
        port,
        socket: socket.map(str::to_owned),
    })
}

/// What is before the first slash, and what begins with it.
fn split_path(address: &str) -> (&str, &str) {
    address.find('/').map_or((address, ""), |at| address.split_at(at))
}

fn name_and_port(authority: &str) -> Result<(&str, Option<u16>), String> {
    let (name, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (name, port) = rest.split_once(']').ok_or("the bracket is not closed")?;
        if name.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(format!("{name:?} is no IPv6 address"));
        }
        (name, port.strip_prefix(':').or(port.is_empty().then_some("")))
    } else {
        match authority.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (authority, Some("")),
        }
    };
    match port {
        Some("") => Ok((name, None)),
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => Ok((name, Some(port))),
            _ => Err(format!("the port {port:?} is no number from 1 to 65535")),
        },
        None => Err("there is something between the bracket and the port".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_command_line_reads_them() {
        for (text, shown) in [
            ("unix:///run/x.sock", "unix:///run/x.sock"),
            ("unix://", "unix:///var/run/docker.sock"),
            (" tcp://engine:1234 ", "tcp://engine:1234"),
            ("tcp://engine", "tcp://engine:2375"),
            ("tcp://", "tcp://localhost:2375"),
            ("tcp://:4000", "tcp://localhost:4000"),
            ("tcp://10.0.0.1:80/a/b/", "tcp://10.0.0.1:80/a/b"),
            ("tcp://[::1]", "tcp://[::1]:2375"),
            ("tcp://[fe80::2]:99/", "tcp://[fe80::2]:99"),
            ("http://engine:8080", "tcp://engine:8080"),
            ("https://engine", "https://engine:2376"),
            ("https://[::1]:1/a", "https://[::1]:1/a"),
            ("npipe://", "npipe:////./pipe/docker_engine"),
            (r"npipe://\\.\pipe\x", "npipe:////./pipe/x"),
            ("ssh://engine", "ssh://engine"),
            ("ssh://me@engine:22/run/x.sock", "ssh://me@engine:22/run/x.sock"),
            ("ssh://[::1]:22/", "ssh://[::1]:22"),
            ("engine:2375", "tcp://engine:2375"),
        ] {
            let host: Host = text.parse().unwrap();
            assert_eq!(host.to_string(), shown, "{text}");
            assert_eq!(shown.parse::<Host>().unwrap(), host, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let long = format!("unix:///{}", "x".repeat(107));
        for (text, what) in [
            ("", "no scheme"),
            ("/var/run/docker.sock", "no scheme"),
            ("ftp://engine", r#"scheme "ftp""#),
            ("unix://run/x.sock", "does not begin with a slash"),
            (&*long, "has 108 bytes"),
            ("tcp://engine:http", r#"port "http""#),
            ("tcp://engine:70000", r#"port "70000""#),
            ("tcp://engine:0", r#"port "0""#),
            ("tcp://u:secret@engine", "a user in \"tcp://\u{2026}@engine\""),
            ("u:secret@engine", "a user"),
            ("tcp://u:secret@1@engine/a", "a user"),
            ("tcp://u:secret/2@engine", "a user"),
            ("tcp://u:1/secret?@engine", "a user"),
            ("ftp://u:secret@engine", "scheme \"ftp\""),
            ("tcp://engine/a?b", r#"path "/a?b""#),
            ("ssh://", "the name is not valid"),
            ("ssh://-oProxyCommand=x", "the name is not valid"),
            ("ssh://-l@engine", "the user is not valid"),
            ("ssh://me:secret@engine", "a password"),
            ("ssh://me:secret/2@engine", "a password"),
            ("ssh://me@x:secret@engine", "a password"),
            ("ssh://me@engine:x", "port \"x\""),
            ("ssh://engine?x", "a query"),
            ("tcp://[::1", "not closed"),
            ("tcp://[nonsense]", "no IPv6"),
            ("tcp://[::1]x", "between"),
            ("tcp://a b", r#"name "a b""#),
        ] {
            let error = text.parse::<Host>().unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
            assert!(error.ends_with("tcp://host:port or ssh://user@host"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
