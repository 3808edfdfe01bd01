//! Connections through a SOCKS 5 proxy (RFC 1928), with a user and a password if the proxy requires them (RFC 1929).

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

use super::proxy::failure;
use crate::config::{Proxy, TcpHost};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const PASSWORD: u8 = 2;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Opens a tunnel to `host` through the proxy that `stream` is connected to. The proxy resolves the name.
pub(super) async fn tunnel<S: AsyncRead + AsyncWrite + Unpin>(
    proxy: &Proxy,
    mut stream: S,
    host: &TcpHost,
) -> io::Result<S> {
    let refused = |what: &str| failure(proxy, io::ErrorKind::ConnectionRefused, what);
    let broken = |error: io::Error| failure(proxy, error.kind(), error);
    let methods = match proxy.user {
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, PASSWORD][..],
        None => &[VERSION, 1, NO_AUTHENTICATION][..],
    };
    stream.write_all(methods).await.map_err(broken)?;
    let mut chosen = [0; 2];
    stream.read_exact(&mut chosen).await.map_err(broken)?;
    match (chosen, &proxy.user) {
        ([VERSION, NO_AUTHENTICATION], _) => {}
        ([VERSION, PASSWORD], Some((user, password))) => {
            let mut message = Zeroizing::new(vec![1]);
            for text in [user, password] {
                let length = u8::try_from(text.len()).map_err(|_| {
                    refused(
                        "the user or the password is longer than 255 bytes, the limit of SOCKS 5",
                    )
                })?;
                message.push(length);
                message.extend_from_slice(text);
            }
            stream.write_all(&message).await.map_err(broken)?;
            let mut accepted = [0; 2];
            stream.read_exact(&mut accepted).await.map_err(broken)?;
            if accepted[1] != 0 {
                return Err(refused("the proxy refuses the user or the password"));
            }
        }
        ([VERSION, _], None) => return Err(refused("the proxy requires a user and a password")),
        ([VERSION, _], Some(_)) => {
            return Err(refused("the proxy does not accept authentication with a password"));
        }
        _ => return Err(refused("the proxy does not speak SOCKS 5")),
    }
    stream.write_all(&request(host).map_err(refused)?).await.map_err(broken)?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.map_err(broken)?;
    if head[1] != 0 {
        return Err(refused(&format!(
            "the proxy cannot connect to the engine: {}",
            reply_meaning(head[1])
        )));
    }
    // The address from which the proxy connects is not needed.
    let length = match head[3] {
        IPV4 => 4,
        IPV6 => 16,
        NAME => usize::from(stream.read_u8().await.map_err(broken)?),
        _ => return Err(refused("the proxy does not speak SOCKS 5")),
    };
    let mut rest = vec![0; length + 2];
    stream.read_exact(&mut rest).await.map_err(broken)?;
    Ok(stream)
}

fn request(host: &TcpHost) -> Result<Vec<u8>, &'static str> {
    let mut request = vec![VERSION, CONNECT, 0];
    match host.address().parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend(address.octets());
        }
        Err(_) => {
            let length = u8::try_from(host.name.len()).map_err(
                |_| "the host name of the engine is longer than 255 bytes, the limit of SOCKS 5",
            )?;
            request.extend([NAME, length]);
            request.extend(host.name.as_bytes());
        }
    }
    request.extend(host.port.to_be_bytes());
    Ok(request)
}

fn reply_meaning(reply: u8) -> &'static str {
    match reply {
        1 => "general SOCKS server failure",
        2 => "connection not allowed by ruleset",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown reason",
    }
}
