//! The address of an engine: `unix:///run/docker.sock`, `tcp://host:2375/base`, `ssh://user@host`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use docker_api::Error;
use http::uri::{Authority, PathAndQuery};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// The default port of plain TCP.
const PLAIN_PORT: u16 = 2375;

/// The default port of TLS.
const TLS_PORT: u16 = 2376;

/// The maximum length of the path of a Unix socket in bytes, without the terminating zero.
const SOCKET_PATH_LIMIT: usize = 107;

/// The characters that are percent-encoded in the path of an address.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// The characters that are percent-encoded in the user name of an address.
const USER: &AsciiSet = &PATH.add(b'/').add(b':').add(b'[').add(b']').add(b'\\');

/// The address of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Host {
    /// A Unix socket.
    Unix(PathBuf),
    /// A Windows named pipe, such as `//./pipe/docker_engine`.
    Pipe(String),
    /// HTTP over TCP.
    Tcp(TcpHost),
    /// HTTP over TLS.
    Tls(TcpHost),
    /// `docker system dial-stdio` on a remote host, over ssh.
    Ssh(SshHost),
}

/// The address of an engine that is reached over TCP, with or without TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpHost {
    /// A name, an IPv4 address, or an IPv6 address without brackets, which may have a zone: `fe80::1%eth0`.
    pub name: String,
    /// The port.
    pub port: u16,
    /// The prefix of all paths, before the API version: empty, or a path that begins with a slash and does not end with
    /// one.
    pub base: String,
}

/// The address of an engine that is reached over ssh.
///
/// In the string form, special characters are percent-encoded (`ssh://name%3Acorp@host/a%20b.sock`). The fields are
/// decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SshHost {
    /// The user name on the remote host; by default, the one in the ssh configuration.
    pub user: Option<String>,
    /// A host name, a `Host` of the ssh configuration, or an IP address. An IPv6 address may have a zone:
    /// `fe80::1%eth0`.
    pub name: String,
    /// The port; by default, the one in the ssh configuration.
    pub port: Option<u16>,
    /// The path of the engine's socket on the remote host; by default, the one that the Docker command line uses there.
    pub socket: Option<String>,
}

impl Host {
    /// Returns the prefix of all paths.
    pub(crate) fn base(&self) -> &str {
        match self {
            Self::Tcp(host) | Self::Tls(host) => &host.base,
            Self::Unix(_) | Self::Pipe(_) | Self::Ssh(_) => "",
        }
    }

    /// Returns the value of the `Host` header.
    pub(crate) fn authority(&self) -> String {
        match self {
            // A path is not a valid authority.
            Self::Unix(_) | Self::Pipe(_) | Self::Ssh(_) => "localhost".to_owned(),
            Self::Tcp(host) | Self::Tls(host) => host.authority(),
        }
    }

    /// Parses an address. `setting` is where it comes from, for errors.
    pub(crate) fn parse(setting: &str, text: &str) -> Result<Self, Error> {
        parse(text.trim()).map_err(|what| {
            Error::config(
                setting,
                format!(
                    "invalid address {:?}: {what}; expected unix:///path/to/docker.sock, tcp://host:port \
                     or ssh://user@host",
                    without_secrets(text.trim())
                ),
            )
        })
    }
}

impl TcpHost {
    /// Parses `name:port/base`.
    pub(super) fn parse(address: &str, usual_port: u16) -> Result<Self, String> {
        tcp(address, usual_port)
    }

    /// Returns `name:port`, with an IPv6 address in brackets and without its zone, which is only meaningful locally.
    pub(crate) fn authority(&self) -> String {
        let (name, port) = (self.address(), self.port);
        if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") }
    }

    /// Returns the name, without the zone of an IPv6 address.
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

/// Writes a name for an address: an IPv6 address is in brackets, and its zone is percent-encoded.
fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    match name.contains(':') {
        true => write!(f, "[{}]", name.replace('%', "%25")),
        false => f.write_str(name),
    }
}

/// The address of the local engine: `unix:///var/run/docker.sock`, or `npipe:////./pipe/docker_engine` on Windows.
impl Default for Host {
    fn default() -> Self {
        if cfg!(windows) {
            Self::Pipe("//./pipe/docker_engine".to_owned())
        } else {
            Self::Unix("/var/run/docker.sock".into())
        }
    }
}

/// Writes the address in a form that can be parsed.
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
        // Without a scheme, the Docker command line uses TCP.
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
            "the path has {} bytes, but that of a Unix socket can have at most {SOCKET_PATH_LIMIT}",
            path.len()
        ));
    }
    Ok(Host::Unix(path.into()))
}

/// Returns the address for errors, without the parts that may be a password: everything before the last `@`, an invalid
/// port, and the query.
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
    // A password that contains a slash looks like a port and a path, which the error would contain.
    name_port_base(address, usual_port).map_err(|what| {
        if address.contains('@') { "a user name is not supported".to_owned() } else { what }
    })
}

fn name_port_base(address: &str, usual_port: u16) -> Result<TcpHost, String> {
    let (authority, base) = split_path(address);
    if authority.contains('@') {
        return Err("a user name is not supported".to_owned());
    }
    let base = base.trim_end_matches('/');
    if base.contains(['?', '#']) {
        return Err("a query or a fragment is not supported".to_owned());
    }
    if !base.is_empty() && base.parse::<PathAndQuery>().is_err() {
        return Err("the path is invalid".to_owned());
    }
    let (name, port) = name_and_port(authority)?;
    let name = if name.is_empty() { "localhost".to_owned() } else { name };
    let port = port.unwrap_or(usual_port);
    let host = TcpHost { name, port, base: base.to_owned() };
    match host.authority().parse::<Authority>() {
        Ok(_) => Ok(host),
        Err(_) => Err(format!("the name {:?} is invalid", host.name)),
    }
}

fn ssh(address: &str) -> Result<SshHost, String> {
    if address.contains(['?', '#']) {
        return Err("a query or a fragment is not supported".to_owned());
    }
    let password = || "a password is not supported: ssh only accepts one from the user".to_owned();
    let (authority, path) = split_path(address);
    // A user name may contain an `@`, but a host name cannot.
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, authority)) => (Some(user), authority),
        None => (None, authority),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err(password());
    }
    // A password may contain a slash.
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
        // ssh would parse a string that begins with a dash as an option.
        if text.is_some_and(|text| text.is_empty() || text.starts_with('-')) {
            return Err(format!("the {what} is invalid"));
        }
    }
    if name.contains(|c: char| c.is_whitespace() || c == '@' || c == '/') {
        return Err("the name is invalid".to_owned());
    }
    Ok(SshHost { user, name, port, socket })
}

/// Decodes a percent-encoded part of an address. `what` is its name, for errors.
fn decoded(what: &str, part: &str) -> Result<String, String> {
    let invalid = || format!("the {what} is invalid");
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
        let (name, port) = rest.split_once(']').ok_or("`]` is missing")?;
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
            // A password without a user name looks like a port, so the error must not contain it.
            _ => Err("the port is not a number from 1 to 65535".to_owned()),
        },
        None => Err("`]` is not followed by a port".to_owned()),
    }
}

/// Parses an IPv6 address. The `%` before its zone should be encoded as `%25`, but often is not.
fn ipv6(text: &str) -> Result<String, String> {
    let invalid = || format!("{text:?} is not an IPv6 address");
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone.strip_prefix("25").unwrap_or(zone))),
        None => (text, None),
    };
    address.parse::<std::net::Ipv6Addr>().map_err(|_| invalid())?;
    let Some(zone) = zone else { return Ok(address.to_owned()) };
    // The characters of interface names.
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
    fn addresses_are_parsed_as_by_the_command_line() {
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
    fn an_error_contains_the_reason_and_no_secret() {
        let long = format!("unix:///{}", "x".repeat(107));
        for (text, what) in [
            ("", "the scheme is missing"),
            ("/var/run/docker.sock", "the scheme is missing"),
            ("ftp://engine", r#"scheme "ftp""#),
            ("unix://run/x.sock", "does not begin with a slash"),
            (&*long, "has 108 bytes"),
            (
                "tcp://engine:http",
                "\"tcp://engine:\u{2026}\": the port is not a number from 1 to 65535",
            ),
            ("tcp://engine:70000", "the port is not"),
            ("tcp://engine:0", "\"tcp://engine:0\": the port is not a number"),
            ("tcp://u:secret", "the port is not"),
            ("u:secret", "the port is not"),
            ("tcp://u:secret/and/more", "the port is not"),
            ("tcp://[::1]:secret", "the port is not"),
            ("ssh://me:secret", "the port is not"),
            ("tcp://engine/?token=secret", "\"tcp://engine/\u{2026}\": a query or a fragment"),
            ("tcp://u:secret@engine", "\"tcp://\u{2026}@engine\": a user name is not supported"),
            ("u:secret@engine", "a user"),
            ("tcp://u:secret@1@engine/a", "a user"),
            ("tcp://u:secret/2@engine", "a user"),
            ("tcp://u:1/secret?@engine", "a user"),
            ("ftp://u:secret@engine", "scheme \"ftp\""),
            ("tcp://engine/a?b", "a query"),
            ("tcp://engine/a b", "the path is invalid"),
            ("ssh://", "the name is invalid"),
            ("ssh://-oProxyCommand=x", "the name is invalid"),
            ("ssh://-l@engine", "the user is invalid"),
            ("ssh://me:secret@engine", "a password"),
            ("ssh://me:secret/2@engine", "a password"),
            ("ssh://me@x:secret@engine", "a password"),
            ("ssh://me@engine:x", "the port is not"),
            ("ssh://engine?x", "a query"),
            ("tcp://[::1", "`]` is missing"),
            ("tcp://[nonsense]", "not an IPv6"),
            ("tcp://[fe80::1%25]", "not an IPv6"),
            ("tcp://[fe80::1%25a b]", "not an IPv6"),
            ("ssh://a%0Ab@engine", "the user is invalid"),
            ("ssh://%2DoProxyCommand=x@engine", "the user is invalid"),
            ("ssh://%2DoProxyCommand=x", "the name is invalid"),
            ("ssh://a%20b", "the name is invalid"),
            ("ssh://engine/%ff", "the path is invalid"),
            ("tcp://[::1]x", "`]` is not followed by a port"),
            ("tcp://a b", r#"name "a b""#),
        ] {
            let error = text.parse::<Host>().unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
            assert!(error.ends_with("tcp://host:port or ssh://user@host"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
