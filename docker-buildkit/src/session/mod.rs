//! The session: a connection on which the engine requests files, secrets and credentials while it builds.
//!
//! `POST /session` is upgraded to HTTP/2, in which the engine is the client. Ref: `session/` of
//! <https://github.com/moby/buildkit>

mod agent;
mod credentials;
mod outputs;
mod upload;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use docker_client::{CredentialProvider, Docker, Request};
use tokio::sync::oneshot;

pub(crate) use self::outputs::Destination;
pub(crate) use self::upload::Archive;
use crate::error::Error;
use crate::files::{Failure, FileError, Selection, Tree, send};
use crate::grpc::{Call, Code, Service, Status, serve};
use crate::proto::services::{Health, SecretRequest, SecretResponse};
use crate::task::Task;

/// The methods that the session announces. The engine checks for some of them before it calls them.
const METHODS: &[&str] = &[
    "/grpc.health.v1.Health/Check",
    "/moby.buildkit.secrets.v1.Secrets/GetSecret",
    "/moby.filesync.v1.Auth/Credentials",
    "/moby.filesync.v1.Auth/GetTokenAuthority",
    "/moby.filesync.v1.FileSend/DiffCopy",
    "/moby.filesync.v1.FileSync/DiffCopy",
    "/moby.sshforward.v1.SSH/CheckAgent",
    "/moby.sshforward.v1.SSH/ForwardAgent",
    "/moby.upload.v1.Upload/Pull",
];

/// What a session provides to the engine.
#[derive(Default)]
pub(crate) struct Resources {
    /// Directories by their names in the build: `context`, `dockerfile`, and those of named contexts.
    pub(crate) trees: BTreeMap<String, Tree>,
    /// Archives by the paths of their URLs.
    pub(crate) archives: BTreeMap<String, Archive>,
    pub(crate) secrets: BTreeMap<String, Bytes>,
    /// The sockets of SSH agents by id.
    pub(crate) agents: BTreeMap<String, PathBuf>,
    /// The places of the outputs on this machine, in order.
    pub(crate) destinations: Vec<Option<Destination>>,
    pub(crate) credentials: Option<Arc<dyn CredentialProvider>>,
}

/// The first fault with a file on this machine. The message of the engine about it is less exact.
#[derive(Debug, Clone, Default)]
pub(crate) struct FirstFileError(Arc<Mutex<Option<FileError>>>);

impl FirstFileError {
    pub(crate) fn take(&self) -> Option<FileError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps a fault, and returns the status that ends the call.
    fn note(&self, failure: Failure) -> Status {
        match failure {
            Failure::Call(status) => status,
            Failure::FileError(fault) => {
                let status = Status::new(Code::UNKNOWN, fault.to_string());
                self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
                status
            }
            other => Status::new(Code::UNKNOWN, other.to_string()),
        }
    }
}

/// A session that the engine has accepted. Dropping it ends the session.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) faults: FirstFileError,
    /// Receives the reason when the session has ended.
    pub(crate) ended: oneshot::Receiver<String>,
    _task: Task,
}

impl Session {
    /// Opens a session and starts to serve the resources. A build can use it as soon as this returns.
    pub(crate) async fn open(
        docker: &Docker,
        resources: Resources,
        shared_key: &str,
    ) -> Result<Self, Error> {
        let id = random_id()?;
        let mut request: Request = docker.session().into();
        request.header("X-Docker-Expose-Session-Uuid", &id);
        request.header("X-Docker-Expose-Session-Sharedkey", shared_key);
        for method in METHODS {
            request.append_header("X-Docker-Expose-Session-Grpc-Method", *method);
        }
        let connection = request.upgrade().await?.into_inner();
        let faults = FirstFileError::default();
        let service = Arc::new(Services { resources, faults: faults.clone() });
        let (end, ended) = oneshot::channel();
        let task = Task::spawn(async move {
            let reason = match serve(connection, service).await {
                Ok(()) => "the engine closed the session".to_owned(),
                Err(status) => format!("the session broke: {status}"),
            };
            // The build may have ended before.
            let _ = end.send(reason);
        });
        Ok(Self { id, faults, ended, _task: task })
    }
}

/// Returns 128 random bits in hexadecimal.
pub(crate) fn random_id() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::protocol(format!("cannot generate random numbers: {error}")))?;
    Ok(hex::encode(bytes))
}

struct Services {
    resources: Resources,
    faults: FirstFileError,
}

impl Service for Services {
    fn call<'a>(
        &'a self,
        call: &'a mut Call,
    ) -> Pin<Box<dyn Future<Output = Result<(), Status>> + Send + 'a>> {
        Box::pin(async move {
            match call.method.as_str() {
                "/grpc.health.v1.Health/Check" => call.reply(&Health { status: 1 }).await,
                "/moby.filesync.v1.FileSync/DiffCopy" => self.send_files(call).await,
                "/moby.filesync.v1.FileSend/DiffCopy" => {
                    outputs::receive(&self.resources.destinations, call)
                        .await
                        .map_err(|failure| self.faults.note(failure))
                }
                "/moby.upload.v1.Upload/Pull" => upload::send(&self.resources.archives, call)
                    .await
                    .map_err(|failure| self.faults.note(failure)),
                "/moby.buildkit.secrets.v1.Secrets/GetSecret" => self.secret(call).await,
                "/moby.filesync.v1.Auth/Credentials" => {
                    credentials::serve(self.resources.credentials.as_deref(), call).await
                }
                // The engine then requests credentials and fetches tokens itself.
                "/moby.filesync.v1.Auth/GetTokenAuthority" => Err(Status::new(
                    Code::UNAVAILABLE,
                    "this client does not fetch tokens for the engine",
                )),
                "/moby.sshforward.v1.SSH/CheckAgent" => {
                    agent::check(&self.resources.agents, call).await
                }
                "/moby.sshforward.v1.SSH/ForwardAgent" => {
                    agent::forward(&self.resources.agents, call).await
                }
                method => Err(Status::new(Code::UNIMPLEMENTED, format!("unknown method {method}"))),
            }
        })
    }
}

impl Services {
    async fn send_files(&self, call: &mut Call) -> Result<(), Status> {
        let name = call.values("dir-name").concat();
        let Some(tree) = self.resources.trees.get(&name).cloned() else {
            return Err(Status::new(Code::NOT_FOUND, format!("there is no directory `{name}`")));
        };
        let mut include = call.values("include-patterns");
        let exclude = call.values("exclude-patterns");
        let paths = call.values("followpaths");
        // Following links reads directories, which may block.
        let followed = tokio::task::spawn_blocking({
            let tree = tree.clone();
            move || tree.follow(&paths)
        });
        let followed = followed.await;
        include.extend(followed.map_err(|error| Status::new(Code::INTERNAL, error.to_string()))?);
        let note = |failure| self.faults.note(failure);
        let selection =
            Selection::new(&include, &exclude).map_err(|fault| note(Failure::FileError(fault)))?;
        let (sink, messages) = call.both()?;
        send(tree, selection, sink, messages).await.map_err(note)
    }

    async fn secret(&self, call: &mut Call) -> Result<(), Status> {
        let id = call.request::<SecretRequest>().await?.id;
        match self.resources.secrets.get(&id) {
            Some(data) => call.reply(&SecretResponse { data: data.clone() }).await,
            // The engine also requests secrets that are not set, and continues without them unless a step requires one.
            None => Err(Status::new(Code::NOT_FOUND, format!("there is no secret `{id}`"))),
        }
    }
}
