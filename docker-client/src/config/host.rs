//! The address of an engine: `unix:///run/docker.sock`, `tcp://host:2375/base`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use docker_api::Error;
use http::uri::{Authority, PathAndQuery};

/// Where plain TCP is spoken unless the address has a port.
const PLAIN_PORT: u16 = 2375;

/// What the system has room for in the address of a unix socket, less the zero at its end.
const SOCKET_PATH_LIMIT: usize = 107;

/// The address of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Host {
    /// A unix socket.
    Unix(PathBuf),
    /// Plain HTTP over TCP.
    Tcp {
        /// A name, an IPv4 address, or an IPv6 address without brackets.
        name: String,
        /// The port.
        port: u16,
        /// What comes before the version in every path: empty, or with a slash in front and none at the end.
        base: String,
    },
}

impl Host {
    /// The path that comes before the version.
    pub(crate) fn base(&self) -> &str {
        match self {
            Self::Unix(_) => "",
            Self::Tcp { base, .. } => base,
        }
    }

    /// What stands in the `Host` header.
    pub(crate) fn authority(&self) -> String {
        match self {
            // A path is no valid authority, and there is no host to name.
            Self::Unix(_) => "localhost".to_owned(),
            Self::Tcp { name, port, .. } if name.contains(':') => format!("[{name}]:{port}"),
            Self::Tcp { name, port, .. } => format!("{name}:{port}"),
        }
    }

    /// Reads an address that was found in `setting`.
    pub(crate) fn parse(setting: &str, text: &str) -> Result<Self, Error> {
        parse(text.trim()).map_err(|what| Error::Config {
            setting: setting.to_owned(),
            message: format!(
                "{what} in {text:?}; expected is unix:///path/to/docker.sock or tcp://host:port"
            ),
        })
    }
}

/// The socket of the engine of this machine, `unix:///var/run/docker.sock`.
impl Default for Host {
    fn default() -> Self {
        Self::Unix("/var/run/docker.sock".into())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { base, .. } => write!(f, "tcp://{}{base}", self.authority()),
        }
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
        Some(("tcp" | "http", address)) => tcp(address),
        // The command line takes a bare address for TCP.
        None if !text.is_empty() && !text.starts_with('/') => tcp(text),
        None => Err("there is no scheme".to_owned()),
        Some((scheme, _)) => Err(format!("the scheme {scheme:?} is not supported")),
    }
}

fn unix(path: &str) -> Result<Host, String> {
    if path.is_empty() {
        return Ok(Host::default());
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

fn tcp(address: &str) -> Result<Host, String> {
    let (authority, base) = match address.find('/') {
        Some(at) => address.split_at(at),
        None => (address, ""),
    };
    if authority.contains('@') {
        return Err("there is a user".to_owned());
    }
    let base = base.trim_end_matches('/');
    if base.contains(['?', '#']) || (!base.is_empty() && base.parse::<PathAndQuery>().is_err()) {
        return Err(format!("the path {base:?} is not valid"));
    }
    let (name, port) = name_and_port(authority)?;
    let name = if name.is_empty() { "localhost" } else { name };
    let host = Host::Tcp { name: name.to_owned(), port, base: base.to_owned() };
    match host.authority().parse::<Authority>() {
        Ok(_) => Ok(host),
        Err(_) => Err(format!("the name {name:?} is not valid")),
    }
}

fn name_and_port(authority: &str) -> Result<(&str, u16), String> {
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
        Some("") => Ok((name, PLAIN_PORT)),
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => Ok((name, port)),
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
            ("tcp://u:p@engine", "a user"),
            ("tcp://engine/a?b", r#"path "/a?b""#),
            ("tcp://[::1", "not closed"),
            ("tcp://[nonsense]", "no IPv6"),
            ("tcp://[::1]x", "between"),
            ("tcp://a b", r#"name "a b""#),
        ] {
            let error = text.parse::<Host>().unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
            assert!(error.ends_with("unix:///path/to/docker.sock or tcp://host:port"), "{error}");
        }
    }
}
