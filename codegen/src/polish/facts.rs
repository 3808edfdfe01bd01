//! What is known of an operation beyond its document: whether it may take long, and which credentials it needs.

use proc_macro2::TokenStream;
use quote::quote;

use crate::generate::model::{Operation, Reply};

/// Operations that wait for something to happen or work on a disk. Streams and uploads take long as well.
const SLOW: &[&str] = &[
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
enum Image {
    Path(&'static str),
    Query(&'static str),
    /// A search term, which may begin with a registry.
    Search(&'static str),
    /// It may need those of every registry.
    All,
}

/// The operations that need credentials for a registry.
const CREDENTIALS: &[(&str, Image)] = &[
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
