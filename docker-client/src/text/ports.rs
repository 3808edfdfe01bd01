//! Published ports.

use std::net::{Ipv4Addr, Ipv6Addr};

use docker_api::types::{PortBinding, PortMap};

use super::{InvalidText, SyntaxError, split};

/// Parses ports to publish, as `docker run --publish` does, for
/// [`HostConfig::port_bindings`](docker_api::types::HostConfig).
///
/// The syntax is `[[address:][host port]:]container port[/protocol]`:
///
/// - `80`, `:80` or `127.0.0.1::80`: the engine chooses the port of the host.
/// - `8080:80`, `127.0.0.1:8080:80/udp` or `[::1]:8080:80`: port 8080 of the host. The protocol is `tcp` (the default),
///   `udp` or `sctp`.
/// - `8000-8002:80-82`: each port of a range on the host to the corresponding port of a range of the same length.
/// - `8000-8010:80`: the engine chooses a port of the range.
///
/// Ref: <https://docs.docker.com/engine/network/port-publishing/>
///
/// # Errors
///
/// Returns [`InvalidText`] if the syntax is invalid.
pub fn ports(text: &str) -> Result<PortMap, InvalidText> {
    read(text).map_err(|error| error.of(text, "port mapping"))
}

fn read(text: &str) -> Result<PortMap, SyntaxError> {
    let (spec, protocol) = match text.split_once('/') {
        None => (text, "tcp".to_owned()),
        Some((spec, protocol)) => match protocol.to_ascii_lowercase() {
            known if ["tcp", "udp", "sctp"].contains(&&*known) => (spec, known),
            _ => return Err(SyntaxError::new(spec.len() + 1, "expected tcp, udp or sctp")),
        },
    };
    let mut parts = split(spec, ':').rev();
    let (at, container) = parts.next().unwrap_or_default();
    let (first, last) = range(container, at, 1)?;
    let host = match parts.next() {
        None | Some((_, "")) => None,
        Some((at, host)) => Some((at, host, range(host, at, 0)?)),
    };
    let address = match parts.next() {
        None => None,
        Some((at, last)) => address(&spec[..at + last.len()])?,
    };
    let host_port = |offset: u16| match host {
        None => Ok(None),
        Some((_, _, (low, high))) if high - low == last - first => {
            Ok(Some((low + offset).to_string()))
        }
        Some((_, text, _)) if first == last => Ok(Some(text.to_owned())),
        Some((at, _, (low, high))) => Err(SyntaxError::new(
            at,
            format!(
                "expected as many host ports as container ports: {}, found {}",
                u32::from(last - first) + 1,
                u32::from(high - low) + 1
            ),
        )),
    };
    let mut map = PortMap::new();
    for port in first..=last {
        let binding = PortBinding { host_ip: address.clone(), host_port: host_port(port - first)? };
        map.insert(format!("{port}/{protocol}"), Some(vec![binding]));
    }
    Ok(map)
}

/// Parses a port or a range of ports.
fn range(text: &str, at: usize, least: u16) -> Result<(u16, u16), SyntaxError> {
    let port = |text: &str, at| match text.parse::<u16>() {
        // `parse` would accept a sign.
        Ok(port) if port >= least && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
        _ => Err(SyntaxError::new(at, format!("expected a port from {least} to 65535"))),
    };
    let Some((low, high)) = text.split_once('-') else {
        return port(text, at).map(|port| (port, port));
    };
    let after = at + low.len() + 1;
    match (port(low, at)?, port(high, after)?) {
        (low, high) if low <= high => Ok((low, high)),
        _ => Err(SyntaxError::new(after, "expected a range whose end is not before its start")),
    }
}

/// Parses the address of the host, or returns `None` if it is empty.
fn address(text: &str) -> Result<Option<String>, SyntaxError> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(inner) = text.strip_prefix('[') {
        let Some(inner) = inner.strip_suffix(']') else {
            return Err(SyntaxError::new(text.len(), "expected `]` after an IPv6 address"));
        };
        return match inner.parse::<Ipv6Addr>() {
            Ok(_) => Ok(Some(inner.to_owned())),
            Err(_) => Err(SyntaxError::new(1, "expected an IPv6 address")),
        };
    }
    if text.parse::<Ipv4Addr>().is_err() && text.parse::<Ipv6Addr>().is_err() {
        let expected = "expected an IP address, such as 127.0.0.1 or [::1]";
        return Err(SyntaxError::new(0, expected));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows each binding as `container port=address:host port`, separated by spaces.
    fn shown(text: &str) -> Result<String, usize> {
        let map = ports(text).map_err(|error| error.position())?;
        let each = map.into_iter().map(|(port, bindings)| {
            let binding = bindings.unwrap().remove(0);
            let (ip, host) = (binding.host_ip, binding.host_port);
            format!("{port}={}:{}", ip.unwrap_or_default(), host.unwrap_or_default())
        });
        Ok(each.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn every_form_is_parsed() {
        for (text, expected) in [
            ("80", "80/tcp=:"),
            (":80", "80/tcp=:"),
            ("53/UDP", "53/udp=:"),
            ("8080:80", "80/tcp=:8080"),
            ("0:80", "80/tcp=:0"),
            ("127.0.0.1:8080:80/tcp", "80/tcp=127.0.0.1:8080"),
            ("127.0.0.1::80", "80/tcp=127.0.0.1:"),
            ("[::1]:8080:80/sctp", "80/sctp=::1:8080"),
            ("::1:8080:80", "80/tcp=::1:8080"),
            ("8000-8002:80-82", "80/tcp=:8000 81/tcp=:8001 82/tcp=:8002"),
            ("8000-8010:80", "80/tcp=:8000-8010"),
            ("80-81", "80/tcp=: 81/tcp=:"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_error_points_at_the_part_that_is_invalid() {
        for (text, at) in [
            ("", 0),
            ("x", 0),
            ("0", 0),
            ("+80", 0),
            ("65536", 0),
            ("8080:", 5),
            ("x:80", 0),
            ("8080:80/http", 8),
            ("localhost:8080:80", 0),
            ("127.0.0.1:70000:80", 10),
            ("[::1:8080:80", 4),
            ("[localhost]:8080:80", 1),
            ("1.2.3.4:5:6:7", 0),
            ("::8080:80", 0),
            ("82-80", 3),
            ("80-", 3),
            ("1.2.3.4:8000-8001:80-82", 8),
            ("0-65535:80-81", 0),
        ] {
            assert_eq!(shown(text), Err(at), "{text}");
        }
    }
}
