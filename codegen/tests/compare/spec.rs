//! The distilled documents of all versions, read once.

use std::sync::LazyLock;

use codegen::{
    compare::{History, model::Api},
    versions::ApiVersion,
};

use crate::corpus;

/// All versions in `spec/`, oldest first.
pub(crate) static APIS: LazyLock<Vec<(ApiVersion, Api)>> = LazyLock::new(|| {
    let read = |(version, document): (ApiVersion, _)| {
        (version, Api::read(version.to_string(), &document).unwrap())
    };
    corpus::documents().into_iter().map(read).collect()
});

/// What each of them has.
pub(crate) static HISTORY: LazyLock<History> = LazyLock::new(|| {
    History::new(&APIS.iter().map(|(version, api)| (*version, api)).collect::<Vec<_>>())
});

/// The version `1.minor`.
pub(crate) fn api(minor: u32) -> &'static Api {
    let version = ApiVersion::new(1, minor);
    &APIS.iter().find(|(other, _)| *other == version).unwrap().1
}
