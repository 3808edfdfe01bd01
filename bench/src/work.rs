//! The pieces of work that are measured.

/// A piece of work, from the call to the last byte of the response.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Workload {
    /// `GET /_ping`.
    Ping,
    /// `GET /version`, decoded.
    Version,
    /// `GET /containers/json` with so many containers, decoded.
    List(u32),
    /// `GET /containers/{id}/json`, decoded.
    Inspect,
    /// The logs of a container without a terminal. An engine sends each frame as a separate chunk. Packed frames come in chunks of
    /// 32 KiB, as through a proxy.
    Logs {
        /// The payload of a frame in bytes.
        size: u32,
        /// The number of frames.
        count: u64,
        /// Whether chunks and frames have different boundaries.
        packed: bool,
    },
    /// The logs of a container with a terminal: so many bytes without a line break.
    Line(u64),
    /// An attached container that sends back each of so many lines, one after the other.
    Echo(u32),
    /// So many events.
    Events(u64),
    /// A pull with so many items of progress.
    Pull(u64),
    /// A pull with one item of progress whose string has so many bytes.
    Value(u64),
    /// The filesystem of a container as a tar of so many bytes.
    Export(u64),
    /// An image of so many bytes that is loaded.
    Load(u64),
    /// A build from a directory with so many files, of which a `.dockerignore` excludes some.
    Build(u32),
    /// A new client, and its first response, which is a list of one container.
    Connect,
}

/// The line that [`Workload::Echo`] sends.
pub const ECHO_LINE: &[u8] = b"select count(*) from orders;\n";

/// The size of the pieces that [`Workload::Load`] sends.
pub const LOAD_PIECE: usize = 64 * 1024;

impl Workload {
    /// Returns the name of the container or image for which the fake engine does this.
    pub fn object(self) -> String {
        match self {
            Self::Logs { size, count, packed: false } => format!("frames-{size}-{count}"),
            Self::Logs { size, count, packed: true } => format!("packed-{size}-{count}"),
            Self::Line(bytes) => format!("line-{bytes}"),
            Self::Pull(count) => format!("progress-{count}"),
            Self::Value(bytes) => format!("value-{bytes}"),
            Self::Export(bytes) => format!("bytes-{bytes}"),
            _ => "web".to_owned(),
        }
    }

    /// Returns the method and target of the request, for clients without knowledge of the API.
    pub fn request(self) -> (&'static str, String) {
        let object = self.object();
        let get = |target: String| ("GET", format!("/v1.52{target}"));
        match self {
            Self::Ping => ("GET", "/_ping".to_owned()),
            Self::Version => get("/version".to_owned()),
            Self::List(limit) => get(format!("/containers/json?limit={limit}")),
            Self::Connect => get("/containers/json?limit=1".to_owned()),
            Self::Inspect => get(format!("/containers/{object}/json")),
            Self::Logs { .. } | Self::Line(_) => {
                get(format!("/containers/{object}/logs?stdout=true&stderr=true"))
            }
            Self::Events(count) => get(format!("/events?until={count}")),
            Self::Export(_) => get(format!("/containers/{object}/export")),
            Self::Pull(_) | Self::Value(_) => {
                ("POST", format!("/v1.52/images/create?fromImage={object}"))
            }
            Self::Build(_) => ("POST", "/v1.52/build".to_owned()),
            Self::Load(_) => ("POST", "/v1.52/images/load".to_owned()),
            Self::Echo(_) => {
                ("POST", "/v1.52/containers/web/attach?stream=1&stdin=1&stdout=1".to_owned())
            }
        }
    }
}
