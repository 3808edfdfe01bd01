//! What is known of an operation beyond its document: whether it may take long, what it streams, which object it names, which
//! credentials it needs, and what `docker-client` adds to it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::casing;
use crate::model::{Location, Operation, Reply};

/// Operations that wait for something to happen or work on a disk. Streams and uploads take long as well.
pub const SLOW: &[&str] = &[
    "BuildPrune",
    "ContainerCreate",
    "ContainerDelete",
    "ContainerPrune",
    "ContainerRestart",
    "ContainerStop",
    "ContainerWait",
    "ImageCommit",
    "ImageDelete",
    "ImagePrune",
    "NetworkPrune",
    "SystemDataUsage",
    "VolumePrune",
];

/// Where an operation that needs registry credentials names the image or plugin.
#[derive(Debug)]
pub enum Image {
    /// In this parameter of the path.
    Path(&'static str),
    /// In this parameter of the query.
    Query(&'static str),
    /// In this parameter of the query, as a search term, which may begin with a registry.
    Search(&'static str),
    /// It may need the credentials of every registry.
    All,
}

/// The operations that need credentials for a registry.
pub const CREDENTIALS: &[(&str, Image)] = &[
    ("DistributionInspect", Image::Path("name")),
    ("GetPluginPrivileges", Image::Query("remote")),
    ("ImageBuild", Image::All),
    ("ImageCreate", Image::Query("fromImage")),
    ("ImagePush", Image::Path("name")),
    ("ImageSearch", Image::Search("term")),
    ("PluginPull", Image::Query("remote")),
    ("PluginPush", Image::Path("name")),
    ("PluginUpgrade", Image::Query("remote")),
];

/// Where an operation takes environment variables for a process: in a field of the body, or in a parameter of the query.
#[derive(Debug)]
pub enum Variables {
    /// In this field of the body.
    Body(&'static str),
    /// In this parameter of the query.
    Query(&'static str),
}

/// The operations that take environment variables for a process, to which the user's proxies are added.
pub const VARIABLES: &[(&str, Variables)] =
    &[("ContainerCreate", Variables::Body("Env")), ("ImageBuild", Variables::Query("buildargs"))];

/// The parameters of the query that name the object of an operation. None of them may be a secret: `fromSrc` and `remote` of
/// a build are not here, because the address of an archive or a repository can contain a password.
pub const OBJECTS: &[(&str, &[&str])] = &[
    ("ContainerArchive", &["path"]),
    ("ContainerArchiveInfo", &["path"]),
    ("ContainerArchiveHead", &["path"]),
    ("ContainerCreate", &["name"]),
    ("ContainerGetArchive", &["path"]),
    ("ContainerPutArchive", &["path"]),
    ("ContainerRename", &["name"]),
    ("GetPluginPrivileges", &["remote"]),
    ("ImageBuild", &["t"]),
    ("ImageCommit", &["container", "repo", "tag"]),
    ("ImageCreate", &["fromImage", "repo", "tag"]),
    ("ImageGetAll", &["names"]),
    ("ImagePush", &["tag"]),
    ("ImageSearch", &["term"]),
    ("ImageTag", &["repo", "tag"]),
    ("PluginCreate", &["name"]),
    ("PluginPull", &["remote", "name"]),
    ("PluginUpgrade", &["remote"]),
    ("PutContainerArchive", &["path"]),
];

/// The operations on the process whose input or output an operation returns: the one that inspects it, and the one that
/// resizes its terminal.
pub const PROCESSES: &[(&str, &str, Option<&str>)] = &[
    ("ContainerAttach", "ContainerInspect", Some("ContainerResize")),
    ("ContainerAttachWebsocket", "ContainerInspect", Some("ContainerResize")),
    ("ContainerLogs", "ContainerInspect", None),
    ("ExecStart", "ExecInspect", Some("ExecResize")),
    ("ServiceLogs", "ServiceInspect", None),
    ("TaskLogs", "TaskInspect", None),
];

/// The output of a process: bytes as they are if it has a terminal, and otherwise frames.
const OUTPUT: &[&str] =
    &["application/vnd.docker.raw-stream", "application/vnd.docker.multiplexed-stream"];
/// One JSON value after another.
const JSON: &[&str] = &["application/json"];
const EVENTS: &[&str] =
    &["application/json", "application/jsonl", "application/x-ndjson", "application/json-seq"];
const TAR: &[&str] = &["application/x-tar"];

/// What operations stream. The documents name it for a few operations, in a few versions.
pub const STREAMS: &[(&str, &[&str])] = &[
    ("ContainerArchive", TAR),
    ("ContainerAttach", OUTPUT),
    ("ContainerExport", TAR),
    // Until 1.27.
    ("ContainerGetArchive", TAR),
    ("ContainerLogs", OUTPUT),
    ("ContainerStats", JSON),
    ("ExecStart", OUTPUT),
    ("ImageBuild", JSON),
    ("ImageCreate", JSON),
    ("ImageGet", TAR),
    ("ImageGetAll", TAR),
    ("ImageLoad", JSON),
    ("ImagePush", JSON),
    ("PluginPull", JSON),
    ("PluginPush", JSON),
    ("PluginUpgrade", JSON),
    ("ServiceLogs", OUTPUT),
    ("SystemEvents", EVENTS),
    ("TaskLogs", OUTPUT),
];

/// The methods of `docker_client::Docker` that make the request of an operation, and what they do.
pub const METHODS: &[(&str, &str, &str)] = &[
    ("ContainerArchive", "copy_from", "copies a file or a directory out of a container"),
    ("ContainerCreate", "run", "creates and starts a container"),
    ("ContainerExec", "exec", "runs a command in a container"),
    ("ImageBuild", "build", "builds an image from a directory"),
    ("ImageCreate", "pull", "pulls an image by its reference"),
    ("ImagePush", "push", "pushes an image by its reference"),
    ("ImageTag", "tag", "tags an image by its reference"),
    ("PutContainerArchive", "copy_to", "copies files into a container"),
];

/// `.slow()` for an operation that may take long.
pub(super) fn slow(operation: &Operation) -> Option<TokenStream> {
    let streams = matches!(operation.reply, Reply::Stream | Reply::Upgrade);
    let uploads = operation.body.as_ref().is_some_and(|body| body.media_type != "application/json");
    (streams || uploads || SLOW.contains(&&*operation.id)).then(|| quote!(.slow()))
}

/// `.credentials(…)` for an operation that needs some.
pub(super) fn credentials(operation: &Operation) -> Option<TokenStream> {
    let (_, image) = CREDENTIALS.iter().find(|(id, _)| *id == operation.id)?;
    Some(match image {
        Image::Path(name) => quote!(.credentials(RegistryCredentials::Path(#name))),
        Image::Query(name) => quote!(.credentials(RegistryCredentials::Query(#name))),
        Image::Search(name) => quote!(.credentials(RegistryCredentials::Search(#name))),
        Image::All => quote!(.credentials(RegistryCredentials::All)),
    })
}

/// `.variables(…)` for an operation that takes environment variables.
pub(super) fn variables(operation: &Operation) -> Option<TokenStream> {
    let (_, place) = VARIABLES.iter().find(|(id, _)| *id == operation.id)?;
    Some(match place {
        Variables::Body(field) => quote!(.variables(Variables::Body(#field))),
        Variables::Query(name) => quote!(.variables(Variables::Query(#name))),
    })
}

/// `.object(…)` for an operation whose object is in the query.
pub(super) fn object(operation: &Operation) -> Option<TokenStream> {
    let (_, names) = OBJECTS.iter().find(|(id, _)| *id == operation.id)?;
    // A version may not have all of them yet.
    let has = |name: &&&str| {
        let mut query = operation.parameters.iter().filter(|one| one.location == Location::Query);
        query.any(|parameter| parameter.name == **name)
    };
    let names: Vec<_> = names.iter().filter(has).collect();
    (!names.is_empty()).then(|| quote!(.object(&[#(#names),*])))
}

/// `.process(…)` for an operation that returns the input or output of a process.
pub(super) fn process(operation: &Operation) -> Option<TokenStream> {
    let (_, inspect, resize) = PROCESSES.iter().find(|(id, ..)| *id == operation.id)?;
    let constant = |id: &&str| {
        let name = format_ident!("{}", casing::pascal(id));
        quote!(&#name::OPERATION)
    };
    let (inspect, resize) = (constant(inspect), resize.as_ref().map(constant));
    let resize = resize.map_or_else(|| quote!(None), |resize| quote!(Some(#resize)));
    Some(quote!(.process(#inspect, #resize)))
}

/// The media types of what an operation streams.
pub(super) fn media_types(operation: &Operation) -> &'static [&'static str] {
    STREAMS.iter().find(|(id, _)| *id == operation.id).map_or(&[], |(_, types)| types)
}

/// What the `send` of an operation that streams returns, for its rustdoc.
pub(super) fn returns_stream(operation: &Operation) -> &'static str {
    match (operation.reply, media_types(operation)) {
        (Reply::Upgrade, _) => "the connection as an [`Upgraded`] byte stream",
        (_, TAR) => "a tar archive as a [`ByteStream`]",
        (_, OUTPUT) => {
            "the output as a [`ByteStream`], in frames unless the process has a terminal"
        }
        (_, JSON | EVENTS) => "a sequence of JSON values as a [`ByteStream`]",
        _ => "a [`ByteStream`]",
    }
}

/// Whether the operation is a prune that can report each deletion.
fn reports_deletions(operation: &Operation) -> bool {
    operation.id.ends_with("Prune")
        && operation.parameters.iter().any(|parameter| parameter.name == "stream")
}

/// What `docker-client` adds to an operation, as items of a list in its rustdoc.
pub(super) fn additions(operation: &Operation) -> Vec<String> {
    let method = |of: &str, name: &str, does: &str| format!("- `{of}::{name}` {does}.");
    let mut all = Vec::new();
    let process = PROCESSES.iter().any(|(id, ..)| *id == operation.id);
    let mut reports = reports_deletions(operation);
    match (operation.reply, media_types(operation)) {
        (Reply::Upgrade, _) if process => all.push(method(
            "AttachExt",
            "attach",
            "sends the request and returns the input and the output of the process",
        )),
        (Reply::Stream, OUTPUT) => all.push(method(
            "LogsExt",
            "stream",
            "sends the request and returns the output, divided into standard output and standard error",
        )),
        (Reply::Stream, EVENTS) => {
            all.push(method("EventsExt", "events", "sends the request and returns decoded events"));
        }
        (Reply::Stream, JSON) if operation.id == "ContainerStats" => {
            all.push(method("StatsExt", "stats", "sends the request and returns decoded samples"));
        }
        (Reply::Stream, JSON) => reports = true,
        _ => {}
    }
    if reports {
        let progress = "sends the request and returns decoded progress reports";
        let finish = "sends the request and returns when the operation is done";
        all.push(method("ProgressExt", "progress", progress));
        all.push(method("ProgressExt", "finish", finish));
    }
    if operation.parameters.iter().any(|parameter| parameter.name.starts_with("X-Registry-")) {
        all.push(method("AuthExt", "auth", "sets the credentials for registries"));
    }
    if operation.id == "ExecStart" {
        all.push(method("DetachExt", "detach", "starts the command without attaching to it"));
    }
    let methods = METHODS.iter().filter(|(id, ..)| *id == operation.id);
    all.extend(methods.map(|(_, name, does)| method("Docker", name, does)));
    all
}
