//! The proxy for connections to an engine over TCP: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case.
//!
//! They are used as in Go programs: the first one for plain TCP, the second one for TLS, and neither for the local
//! host.

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_api::Error;
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::{Environment, Host, TcpHost};

/// A proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) host: TcpHost,
    pub(crate) protocol: Protocol,
    pub(crate) user: Option<Login>,
}

/// A user name and a password, decoded.
type Login = (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>);

/// The protocol of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP: requests are forwarded, connections are tunneled.
    Http,
    /// HTTP over TLS.
    Https,
    /// SOCKS 5: connections are tunneled, and the proxy resolves the name of the engine.
    Socks5,
}

impl Proxy {
    /// Returns the proxy that the environment names for this engine.
    pub(crate) fn of(environment: &Environment, host: &Host) -> Result<Option<Self>, Error> {
        let (names, host) = match host {
            Host::Tcp(host) => (["HTTP_PROXY", "http_proxy"], host),
            Host::Tls(host) => (["HTTPS_PROXY", "https_proxy"], host),
            Host::Unix(_) | Host::Pipe(_) | Host::Ssh(_) => return Ok(None),
        };
        let set = |name: &&str| environment.get(name).is_some();
        let Some(name) = names.into_iter().find(set) else { return Ok(None) };
        // In a CGI program, the client of the web server sets HTTP_PROXY: <https://httpoxy.org>.
        if name == "HTTP_PROXY" && environment.get_os("REQUEST_METHOD").is_some() {
            return Ok(None);
        }
        let exceptions = environment.get("NO_PROXY").or_else(|| environment.get("no_proxy"));
        if is_direct(host, exceptions.unwrap_or_default()) {
            return Ok(None);
        }
        let text = environment.get(name).unwrap_or_default();
        Self::parse(text).map(Some).map_err(|message| Error::config(name, message))
    }

    /// Parses the address of a proxy. The error contains no part of it, because any part may be a misplaced password.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (protocol, address) = match text.split_once("://") {
            Some(("http", address)) => (Protocol::Http, address),
            Some(("https", address)) => (Protocol::Https, address),
            Some(("socks5" | "socks5h", address)) => (Protocol::Socks5, address),
            Some(_) => {
                return Err(
                    "the scheme of the proxy is not supported: expected http://, https://, \
                            socks5:// or socks5h://",
                );
            }
            None => (Protocol::Http, text),
        };
        if protocol == Protocol::Https && cfg!(not(feature = "tls")) {
            return Err("a proxy over https:// requires the feature `tls` of docker-client");
        }
        let address = address.trim_end_matches('/');
        let (user, address) = match address.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, address),
        };
        let usual_port = match protocol {
            Protocol::Http => 80,
            Protocol::Https => 443,
            Protocol::Socks5 => 1080,
        };
        let host = TcpHost::parse(address, usual_port).map_err(|_| {
            "the address of the proxy is invalid: expected an address such as \
             http://user:password@proxy.example.com:3128"
        })?;
        let decoded = |text: &str| Zeroizing::new(percent_decode_str(text).collect::<Vec<u8>>());
        let user = user.map(|user| {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            (decoded(user), decoded(password))
        });
        Ok(Self { host, protocol, user })
    }

    /// Returns the value of the header `Proxy-Authorization`.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.user.as_ref()?;
        let pair = Zeroizing::new([user, &b":"[..], password].concat());
        let value = Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)));
        // All characters of base64 are valid in a header.
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Writes the address without the user name and the password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Http => "http",
            Protocol::Https => "https",
            Protocol::Socks5 => "socks5",
        };
        write!(f, "{scheme}://{}", self.host.authority())
    }
}

/// Returns whether the connection to `host` does not use the proxy.
fn is_direct(host: &TcpHost, exceptions: &str) -> bool {
    let address = host.address().parse::<IpAddr>().ok();
    if host.name == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    exceptions.split(',').map(str::trim).any(|exception| matches(exception, host, address))
}

/// Returns whether an exception of `NO_PROXY` matches `host`.
///
/// An exception is `*`, an IP address, a range of addresses (`10.0.0.0/8`), a domain with its subdomains
/// (`example.com`), or only the subdomains (`.example.com` or `*.example.com`). All but a range may have a port.
fn matches(exception: &str, host: &TcpHost, address: Option<IpAddr>) -> bool {
    if exception == "*" {
        return true;
    }
    if let (Some((range, bits)), Some(address)) = (exception.split_once('/'), address) {
        return is_within(address, range, bits).unwrap_or_default();
    }
    let (name, port) = match exception.rsplit_once(':') {
        Some((name, port)) if exception.parse::<IpAddr>().is_err() => (name, Some(port)),
        _ => (exception, None),
    };
    if port.is_some_and(|port| port.parse() != Ok(host.port)) {
        return false;
    }
    let name = name.trim_start_matches('[').trim_end_matches(']');
    if let Some(address) = address {
        return name.parse() == Ok(address);
    }
    let name = name.strip_prefix('*').unwrap_or(name).to_ascii_lowercase();
    let own = host.name.to_ascii_lowercase();
    match own.strip_suffix(&*name) {
        _ if name.is_empty() => false,
        Some("") => !name.starts_with('.'),
        Some(above) => name.starts_with('.') || above.ends_with('.'),
        None => false,
    }
}

/// Returns whether the first `bits` bits of both addresses are equal, or `None` if the range is invalid.
fn is_within(address: IpAddr, range: &str, bits: &str) -> Option<bool> {
    let bits: u32 = bits.parse().ok()?;
    let (own, other, width) = match (address, range.parse().ok()?) {
        (IpAddr::V4(own), IpAddr::V4(other)) => {
            (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
        }
        (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
        _ => return Some(false),
    };
    let rest = u32::checked_sub(width, bits)?;
    // Shifting by the whole width overflows.
    Some(own.checked_shr(rest).unwrap_or(0) == other.checked_shr(rest).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(variables: &[(&str, &str)], host: &str) -> Result<Option<Proxy>, Error> {
        Proxy::of(&variables.iter().copied().collect(), &host.parse().unwrap())
    }

    fn shown(variables: &[(&str, &str)], host: &str) -> Option<String> {
        proxy(variables, host).unwrap().map(|proxy| proxy.to_string())
    }

    #[test]
    fn each_way_over_tcp_has_its_variable() {
        let both = [("HTTP_PROXY", "http://plain:3128/"), ("https_proxy", "secure")];
        assert_eq!(shown(&both, "tcp://engine").as_deref(), Some("http://plain:3128"));
        assert_eq!(shown(&both, "https://engine").as_deref(), Some("http://secure:80"));
        for other in ["unix:///run/x.sock", "ssh://engine", "npipe://"] {
            assert_eq!(shown(&both, other), None, "{other}");
        }
        assert_eq!(
            shown(&[("http_proxy", "small")], "tcp://engine").as_deref(),
            Some("http://small:80")
        );
        let cgi = [("HTTP_PROXY", "evil"), ("REQUEST_METHOD", "GET")];
        assert_eq!(shown(&cgi, "tcp://engine"), None);
    }

    #[test]
    fn exceptions_are_read_as_go_reads_them() {
        let own = ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"];
        for host in own {
            assert_eq!(shown(&[("HTTP_PROXY", "p")], &format!("tcp://{host}")), None, "{host}");
        }
        for (exceptions, host, direct) in [
            ("*", "engine", true),
            ("a, engine ,b", "engine", true),
            ("ENGINE", "Engine", true),
            ("example.com", "engine.example.com", true),
            ("example.com", "example.com", true),
            ("example.com", "badexample.com", false),
            (".example.com", "engine.example.com", true),
            (".example.com", "example.com", false),
            ("*.example.com", "engine.example.com", true),
            ("engine:2375", "engine", true),
            ("engine:2376", "engine", false),
            ("10.0.0.0/8", "10.200.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "11.0.0.1", true),
            ("10.0.0.0/33", "10.0.0.1", false),
            ("fd00::/8", "[fd12::1]", true),
            ("fd00::/8", "10.0.0.1", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1:2375", "10.0.0.1", true),
            ("fe80::1", "[fe80::1]", true),
            ("[fe80::1]:2375", "[fe80::1]", true),
            ("0.1", "10.0.0.1", false),
            ("", "engine", false),
            (",", "engine", false),
        ] {
            let variables = [("HTTP_PROXY", "p"), ("NO_PROXY", exceptions)];
            let found = shown(&variables, &format!("tcp://{host}"));
            assert_eq!(found.is_none(), direct, "{exceptions} {host}");
        }
    }

    #[test]
    fn the_user_goes_into_a_header_and_into_no_text() {
        let found = proxy(&[("HTTP_PROXY", "http://u:p%40hunter2@p:1")], "tcp://engine");
        let found = found.unwrap().unwrap();
        assert_eq!(found.to_string(), "http://p:1");
        let value = found.authorization().unwrap();
        assert!(value.is_sensitive());
        let expected = format!("Basic {}", STANDARD.encode("u:p@hunter2"));
        assert_eq!(value, expected);
    }

    #[test]
    fn proxies_speak_http_https_or_socks_5() {
        for (text, expected) in [
            ("socks5://u:p@p", "socks5://p:1080"),
            ("socks5h://p:1", "socks5://p:1"),
            #[cfg(feature = "tls")]
            ("https://p", "https://p:443"),
            ("http://p", "http://p:80"),
        ] {
            assert_eq!(shown(&[("HTTP_PROXY", text)], "tcp://engine").as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_invalid_address_names_the_variable_and_shows_nothing_of_the_value() {
        for (text, what) in [
            ("socks4://u:hunter2@p", "scheme of the proxy"),
            ("http://u:hunter2@p:x", "address of the proxy"),
            // Without an `@`, the password looks like a port.
            ("http://u:hunter2", "address of the proxy"),
            ("u:hunter2", "address of the proxy"),
            ("http://hunter2 x", "address of the proxy"),
            ("http://[hunter2", "address of the proxy"),
            ("http://p/?hunter2", "address of the proxy"),
            ("hunter2://p", "scheme of the proxy"),
        ] {
            let error = proxy(&[("HTTP_PROXY", text)], "tcp://engine").err().unwrap();
            let text = format!("{error} {error:?}");
            assert!(text.starts_with("HTTP_PROXY: ") && text.contains(what), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
