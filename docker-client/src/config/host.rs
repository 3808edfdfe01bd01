//! The address of an engine: `unix:///run/docker.sock`, `tcp://host:2375/base`, `ssh://user@host`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use docker_api::Error;
use http::uri::{Authority, PathAndQuery};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Where plain TCP is spoken unless the address has a port.
const PLAIN_PORT: u16 = 2375;

/// Where TLS is spoken unless the address has a port.
const TLS_PORT: u16 = 2376;

/// What the system has room for in the address of a unix socket, less the zero at its end.
const SOCKET_PATH_LIMIT: usize = 107;

/// What cannot stand as it is in the path of an address.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// What cannot stand as it is in the user of an address.
const USER: &AsciiSet = &PATH.add(b'/').add(b':').add(b'[').add(b']').add(b'\\');

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

/// A machine that is reached over TCP.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpHost {
    /// A name, an IPv4 address, or an IPv6 address without brackets, which may have a zone: `fe80::1%eth0`.
    pub name: String,
    /// The port.
    pub port: u16,
    /// What comes before the version in every path: empty, or with a slash in front and none at the end.
    pub base: String,
}

/// A machine that is reached through ssh.
///
/// In an address, each part is percent-encoded where it needs to be (`ssh://name%3Acorp@host/a%20b.sock`); here the parts are
/// decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SshHost {
    /// The user on that machine; by default the one that the configuration of ssh names.
    pub user: Option<String>,
    /// A name, as the configuration of ssh knows it, or an address; an IPv6 address may have a zone: `fe80::1%eth0`.
    pub name: String,
    /// The port; by default the one that the configuration of ssh names.
    pub port: Option<u16>,
    /// The path of the engine's socket on that machine; by default the one that the Docker command line uses there.
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
        parse(text.trim()).map_err(|what| {
            Error::config(
                setting,
                format!(
                    "{what} in {:?}; expected unix:///path/to/docker.sock, tcp://host:port or \
                 ssh://user@host",
                    without_secrets(text.trim())
                ),
            )
        })
    }
}

impl TcpHost {
    /// Reads `name:port/base`.
    pub(super) fn parse(address: &str, usual_port: u16) -> Result<Self, String> {
        tcp(address, usual_port)
    }

    /// `name:port`, with an IPv6 address in brackets and without its zone, which has a meaning on this machine only.
    pub(crate) fn authority(&self) -> String {
        let (name, port) = (self.address(), self.port);
        if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") }
    }

    /// The name, without the zone of an IPv6 address.
    pub(crate) fn address(&self) -> &str {
        without_zone(&self.name)
    }
}

fn without_zone(name: &str) -> &str {
    match name.split_once('%') {
        Some((address, _)) if address.contains(':') => address,
        _ => name,
    }
}

/// Writes a name as it stands in an address: an IPv6 address in brackets, with its zone escaped.
fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    match name.contains(':') {
        true => write!(f, "[{}]", name.replace('%', "%25")),
        false => f.write_str(name),
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
            Self::Tcp(host) => write!(f, "tcp://{host}"),
            Self::Tls(host) => write!(f, "https://{host}"),
            Self::Ssh(host) => host.fmt(f),
        }
    }
}

impl fmt::Display for TcpHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_name(f, &self.name)?;
        write!(f, ":{}{}", self.port, self.base)
    }
}

impl fmt::Display for SshHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ssh://")?;
        if let Some(user) = &self.user {
            write!(f, "{}@", utf8_percent_encode(user, USER))?;
        }
        write_name(f, &self.name)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        let socket = self.socket.as_deref().unwrap_or_default();
        write!(f, "{}", utf8_percent_encode(socket, PATH))
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
        None => Err("the scheme is missing".to_owned()),
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

/// The address as errors show it: without what may be a password, which is what stands before the last `@`, in place of the
/// port, or in a query.
fn without_secrets(text: &str) -> String {
    let (scheme, rest) = match text.find("://") {
        Some(at) => text.split_at(at + 3),
        None => ("", text),
    };
    let rest = match rest.rsplit_once('@') {
        Some((_, after)) => format!("\u{2026}@{after}"),
        None => rest.to_owned(),
    };
    if matches!(scheme, "unix://" | "npipe://") {
        return format!("{scheme}{rest}");
    }
    let mut end = rest.find(['?', '#']).unwrap_or(rest.len());
    let colon = rest.rfind(']').unwrap_or(0);
    let colon = rest[colon..].find(':').map(|at| colon + at);
    if let Some(colon) = colon {
        let port = rest[colon + 1..].split('/').next().unwrap_or_default();
        if port.parse::<u16>().is_err() && !port.is_empty() {
            end = end.min(colon + 1);
        }
    }
    let hidden = if end < rest.len() { "\u{2026}" } else { "" };
    format!("{scheme}{}{hidden}", &rest[..end])
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
    if base.contains(['?', '#']) {
        return Err("there is a query or a fragment".to_owned());
    }
    if !base.is_empty() && base.parse::<PathAndQuery>().is_err() {
        return Err("the path is not valid".to_owned());
    }
    let (name, port) = name_and_port(authority)?;
    let name = if name.is_empty() { "localhost".to_owned() } else { name };
    let port = port.unwrap_or(usual_port);
    let host = TcpHost { name, port, base: base.to_owned() };
    match host.authority().parse::<Authority>() {
        Ok(_) => Ok(host),
        Err(_) => Err(format!("the name {:?} is not valid", host.name)),
    }
}

fn ssh(address: &str) -> Result<SshHost, String> {
    if address.contains(['?', '#']) {
        return Err("there is a query or a fragment".to_owned());
    }
    let password = || "there is a password, but ssh accepts one only from the user".to_owned();
    let (authority, path) = split_path(address);
    // The name of a user may contain an `@`, that of a machine cannot.
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, authority)) => (Some(user), authority),
        None => (None, authority),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err(password());
    }
    // A password may have a slash in it.
    let (name, port) = name_and_port(authority)
        .map_err(|what| if path.contains('@') { password() } else { what })?;
    let user = user.map(|user| decoded("user", user)).transpose()?;
    let name = match authority.starts_with('[') {
        true => name,
        false => decoded("name", &name)?,
    };
    let path = path.trim_end_matches('/');
    let socket = (!path.is_empty()).then(|| decoded("path", path)).transpose()?;
    for (what, text) in [("user", user.as_deref()), ("name", Some(&*name))] {
        // ssh would take what begins with a dash for an option.
        if text.is_some_and(|text| text.is_empty() || text.starts_with('-')) {
            return Err(format!("the {what} is not valid"));
        }
    }
    if name.contains(|c: char| c.is_whitespace() || c == '@' || c == '/') {
        return Err("the name is not valid".to_owned());
    }
    Ok(SshHost { user, name, port, socket })
}

/// Decodes a percent-encoded part of an address; `what` names it in the error.
fn decoded(what: &str, part: &str) -> Result<String, String> {
    let invalid = || format!("the {what} is not valid");
    if part.contains(char::is_whitespace) {
        return Err(invalid());
    }
    let text = percent_decode_str(part).decode_utf8().map_err(|_| invalid())?;
    match text.contains(char::is_control) {
        true => Err(invalid()),
        false => Ok(text.into_owned()),
    }
}

/// Splits an address before its first slash.
fn split_path(address: &str) -> (&str, &str) {
    address.find('/').map_or((address, ""), |at| address.split_at(at))
}

/// Splits `name:port`, where an IPv6 address is in brackets.
fn name_and_port(authority: &str) -> Result<(String, Option<u16>), String> {
    let (name, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (name, port) = rest.split_once(']').ok_or("the bracket is not closed")?;
        (ipv6(name)?, port.strip_prefix(':').or(port.is_empty().then_some("")))
    } else {
        match authority.split_once(':') {
            Some((name, port)) => (name.to_owned(), Some(port)),
            None => (authority.to_owned(), Some("")),
        }
    };
    match port {
        Some("") => Ok((name, None)),
        Some(port) => match port.parse() {
            Ok(port) if port > 0 => Ok((name, Some(port))),
            // A password without a user looks like a port.
            _ => Err("the port is not a number from 1 to 65535".to_owned()),
        },
        None => Err("there is something between the bracket and the port".to_owned()),
    }
}

/// Reads an IPv6 address. The `%` before its zone is written `%25` in an address, but many write it as it is.
fn ipv6(text: &str) -> Result<String, String> {
    let invalid = || format!("{text:?} is not an IPv6 address");
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone.strip_prefix("25").unwrap_or(zone))),
        None => (text, None),
    };
    address.parse::<std::net::Ipv6Addr>().map_err(|_| invalid())?;
    let Some(zone) = zone else { return Ok(address.to_owned()) };
    // The names of interfaces.
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    match !zone.is_empty() && zone.chars().all(usual) {
        true => Ok(format!("{address}%{zone}")),
        false => Err(invalid()),
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
            ("ssh://name@corp.example@engine", "ssh://name@corp.example@engine"),
            ("ssh://name%40corp@engine", "ssh://name@corp@engine"),
            ("ssh://corp%5Cname%3A@engine/a%20b.sock", "ssh://corp%5Cname%3A@engine/a%20b.sock"),
            ("ssh://engine/a%25b@c.sock", "ssh://engine/a%25b@c.sock"),
            ("ssh://[fe80::1%25eth0]:22", "ssh://[fe80::1%25eth0]:22"),
            ("tcp://[fe80::1%25eth0]:99/base", "tcp://[fe80::1%25eth0]:99/base"),
            ("tcp://[fe80::1%eth0]", "tcp://[fe80::1%25eth0]:2375"),
            ("https://[fe80::1%25wlan-0.7]", "https://[fe80::1%25wlan-0.7]:2376"),
            ("engine:2375", "tcp://engine:2375"),
        ] {
            let host: Host = text.parse().unwrap();
            assert_eq!(host.to_string(), shown, "{text}");
            assert_eq!(shown.parse::<Host>().unwrap(), host, "{text}");
        }
    }

    #[test]
    fn the_parts_of_an_address_are_decoded() {
        let parts = |text: &str| match text.parse().unwrap() {
            Host::Ssh(host) => (host.user.unwrap_or_default(), host.name, host.socket),
            other => panic!("{other}"),
        };
        let socket = Some("/a b.sock".to_owned());
        assert_eq!(
            parts("ssh://name%40corp@engine/a%20b.sock"),
            ("name@corp".to_owned(), "engine".to_owned(), socket)
        );
        assert_eq!(parts("ssh://n@corp.example@engine").0, "n@corp.example");
        assert_eq!(parts("ssh://[fe80::1%25eth0]").1, "fe80::1%eth0");
    }

    #[test]
    fn a_zone_is_kept_for_connecting_and_not_sent() {
        let Host::Tcp(host) = "tcp://[fe80::1%25eth0]:99".parse().unwrap() else { panic!("tcp") };
        assert_eq!((&*host.name, host.address()), ("fe80::1%eth0", "fe80::1"));
        assert_eq!(host.authority(), "[fe80::1]:99");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let long = format!("unix:///{}", "x".repeat(107));
        for (text, what) in [
            ("", "the scheme is missing"),
            ("/var/run/docker.sock", "the scheme is missing"),
            ("ftp://engine", r#"scheme "ftp""#),
            ("unix://run/x.sock", "does not begin with a slash"),
            (&*long, "has 108 bytes"),
            (
                "tcp://engine:http",
                "the port is not a number from 1 to 65535 in \"tcp://engine:\u{2026}\"",
            ),
            ("tcp://engine:70000", "the port is not"),
            ("tcp://engine:0", "the port is not a number from 1 to 65535 in \"tcp://engine:0\""),
            ("tcp://u:secret", "the port is not"),
            ("u:secret", "the port is not"),
            ("tcp://u:secret/and/more", "the port is not"),
            ("tcp://[::1]:secret", "the port is not"),
            ("ssh://me:secret", "the port is not"),
            ("tcp://engine/?token=secret", "a query or a fragment in \"tcp://engine/\u{2026}\""),
            ("tcp://u:secret@engine", "a user in \"tcp://\u{2026}@engine\""),
            ("u:secret@engine", "a user"),
            ("tcp://u:secret@1@engine/a", "a user"),
            ("tcp://u:secret/2@engine", "a user"),
            ("tcp://u:1/secret?@engine", "a user"),
            ("ftp://u:secret@engine", "scheme \"ftp\""),
            ("tcp://engine/a?b", "a query"),
            ("tcp://engine/a b", "the path is not valid"),
            ("ssh://", "the name is not valid"),
            ("ssh://-oProxyCommand=x", "the name is not valid"),
            ("ssh://-l@engine", "the user is not valid"),
            ("ssh://me:secret@engine", "a password"),
            ("ssh://me:secret/2@engine", "a password"),
            ("ssh://me@x:secret@engine", "a password"),
            ("ssh://me@engine:x", "the port is not"),
            ("ssh://engine?x", "a query"),
            ("tcp://[::1", "not closed"),
            ("tcp://[nonsense]", "not an IPv6"),
            ("tcp://[fe80::1%25]", "not an IPv6"),
            ("tcp://[fe80::1%25a b]", "not an IPv6"),
            ("ssh://a%0Ab@engine", "the user is not valid"),
            ("ssh://%2DoProxyCommand=x@engine", "the user is not valid"),
            ("ssh://%2DoProxyCommand=x", "the name is not valid"),
            ("ssh://a%20b", "the name is not valid"),
            ("ssh://engine/%ff", "the path is not valid"),
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
