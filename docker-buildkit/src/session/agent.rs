//! Forwards SSH agents to steps of a build.
//!
//! A step can list the keys of an agent and sign with them. All other requests, such as adding and removing keys and
//! locking the agent, are refused. Ref: <https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent/>

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::grpc::{Call, Code, Messages, Status};
use crate::proto::services::{AgentRequest, BytesMessage, Empty};

/// `SSH_AGENTC_REQUEST_IDENTITIES`
const LIST: u8 = 11;
/// `SSH_AGENTC_SIGN_REQUEST`
const SIGN: u8 = 13;
/// `SSH_AGENT_FAILURE`, with its length.
const FAILURE: [u8; 5] = [0, 0, 0, 1, 5];
/// The maximum length of a message of an agent in bytes, as in OpenSSH.
const LIMIT: usize = 256 * 1024;

/// Checks that there is an agent with the id that a step mounts.
pub(super) async fn check(
    agents: &BTreeMap<String, PathBuf>,
    call: &mut Call,
) -> Result<(), Status> {
    let id = call.request::<AgentRequest>().await?.id;
    find(agents, &id)?;
    call.reply(&Empty {}).await
}

/// Forwards one connection of a step to the agent.
pub(super) async fn forward(
    agents: &BTreeMap<String, PathBuf>,
    call: &mut Call,
) -> Result<(), Status> {
    let id = call.values("buildkit.ssh.id").concat();
    let path = find(agents, &id)?.to_owned();
    let mut agent = connect(&path).await.map_err(|error| {
        Status::new(Code::UNAVAILABLE, format!("the SSH agent at {}: {error}", path.display()))
    })?;
    let (sink, messages) = call.both()?;
    let mut requests = Requests { messages, buffer: BytesMut::new() };
    while let Some(request) = requests.next().await? {
        let response = match request.get(4) {
            Some(&(LIST | SIGN)) => exchange(&mut agent, &request).await.map_err(|error| {
                Status::new(Code::UNAVAILABLE, format!("the SSH agent does not respond: {error}"))
            })?,
            _ => Bytes::from_static(&FAILURE),
        };
        sink.send(&BytesMessage { data: response }).await?;
    }
    Ok(())
}

fn find<'a>(agents: &'a BTreeMap<String, PathBuf>, id: &str) -> Result<&'a Path, Status> {
    let id = if id.is_empty() { "default" } else { id };
    let found = agents.get(id).map(PathBuf::as_path);
    found.ok_or_else(|| Status::new(Code::NOT_FOUND, format!("there is no SSH agent `{id}`")))
}

/// The requests of a step, each preceded by its length.
struct Requests<'a> {
    messages: &'a mut Messages,
    buffer: BytesMut,
}

impl Requests<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            if let Some(length) = length(&self.buffer)?
                && self.buffer.len() >= 4 + length
            {
                return Ok(Some(self.buffer.split_to(4 + length).freeze()));
            }
            match self.messages.next::<BytesMessage>().await? {
                Some(piece) => self.buffer.extend_from_slice(&piece.data),
                None => return Ok(None),
            }
        }
    }
}

/// Reads the length of a message, if it has arrived.
fn length(mut message: &[u8]) -> Result<Option<usize>, Status> {
    if message.len() < 4 {
        return Ok(None);
    }
    let length = message.get_u32() as usize;
    if length > LIMIT {
        let text = format!("an SSH agent message of {length} bytes is longer than {LIMIT} bytes");
        return Err(Status::new(Code::RESOURCE_EXHAUSTED, text));
    }
    Ok(Some(length))
}

async fn exchange(
    agent: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &[u8],
) -> std::io::Result<Bytes> {
    agent.write_all(request).await?;
    let mut response = BytesMut::zeroed(4);
    agent.read_exact(&mut response).await?;
    let length = length(&response).map_err(std::io::Error::other)?.unwrap_or_default();
    response.resize(4 + length, 0);
    agent.read_exact(&mut response[4..]).await?;
    Ok(response.freeze())
}

#[cfg(unix)]
async fn connect(path: &Path) -> std::io::Result<tokio::net::UnixStream> {
    tokio::net::UnixStream::connect(path).await
}

#[cfg(windows)]
async fn connect(path: &Path) -> std::io::Result<tokio::net::windows::named_pipe::NamedPipeClient> {
    tokio::net::windows::named_pipe::ClientOptions::new().open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Arc;

    use tokio::net::UnixListener;

    use super::*;
    use crate::grpc::{Client, serve};
    use crate::session::{FirstFileError, Resources, Services};

    #[tokio::test]
    async fn keys_are_listed_and_nothing_is_changed() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("agent");
        let listener = UnixListener::bind(&socket).unwrap();
        let agent = tokio::spawn(async move {
            let mut asked = Vec::new();
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 5];
            while stream.read_exact(&mut request).await.is_ok() {
                asked.push(request[4]);
                // SSH_AGENT_IDENTITIES_ANSWER without identities.
                stream.write_all(&[0, 0, 0, 5, 12, 0, 0, 0, 0]).await.unwrap();
            }
            asked
        });
        let resources = Resources {
            agents: BTreeMap::from([("default".to_owned(), socket)]),
            ..Resources::default()
        };
        let services = Arc::new(Services { resources, faults: FirstFileError::default() });
        let (engine, side) = tokio::io::duplex(64 * 1024);
        let _server = crate::task::Task::spawn(async move { drop(serve(side, services).await) });
        let client = Client::new(engine).await.unwrap();
        // Message 19 removes all keys, message 11 lists them.
        let messages = [[0, 0, 0, 1, 19], [0, 0, 0, 1, LIST]].concat();
        let request = BytesMessage { data: messages.into() };
        let method = "/moby.sshforward.v1.SSH/ForwardAgent";
        let mut responses = client.streaming(method, &request).await.unwrap();
        let mut answers = Vec::new();
        while let Some(piece) = responses.next::<BytesMessage>().await.unwrap() {
            answers.extend_from_slice(&piece.data);
        }
        assert_eq!(answers, [&FAILURE[..], &[0, 0, 0, 5, 12, 0, 0, 0, 0]].concat());
        assert_eq!(agent.await.unwrap(), [LIST]);
    }
}
