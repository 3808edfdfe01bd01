//! The documents in `spec/`, read once: one API over many versions.

use std::{path::Path, sync::LazyLock};

use api_compare::{
    History,
    model::{Api, Extensions},
};

/// The vendor extensions of the documents in `spec/`.
pub(crate) const EXTENSIONS: Extensions<'static> = Extensions {
    filters: Some("x-filters"),
    unit: Some("x-unit"),
    platform: Some("x-platform"),
    deprecated: Some("x-deprecated"),
};

/// All versions in `spec/`, oldest first, with their minor version.
pub(crate) static APIS: LazyLock<Vec<(u32, Api)>> = LazyLock::new(|| {
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")).unwrap();
    let mut apis: Vec<(u32, Api)> = files
        .map(|file| file.unwrap().path())
        .filter_map(|path| {
            let label = path.file_name()?.to_str()?.strip_prefix('v')?.strip_suffix(".json")?;
            let document = swagger_reader::read(&std::fs::read_to_string(&path).unwrap(), label);
            let minor = label.strip_prefix("1.")?.parse().unwrap();
            Some((minor, Api::read_with(label, &document.unwrap(), &EXTENSIONS).unwrap()))
        })
        .collect();
    assert!(!apis.is_empty(), "spec/ holds no document: run `cargo xtask fetch all`");
    apis.sort_by_key(|(minor, _)| *minor);
    apis
});

/// The history over all versions.
pub(crate) static HISTORY: LazyLock<History> =
    LazyLock::new(|| History::new(&APIS.iter().map(|(_, api)| api).collect::<Vec<_>>()));

/// Returns the version `1.minor`.
pub(crate) fn api(minor: u32) -> &'static Api {
    &APIS.iter().find(|(other, _)| *other == minor).unwrap().1
}
