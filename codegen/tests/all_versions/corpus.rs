//! The documents of all API versions, for tests that run over each of them.

use std::path::Path;
use std::sync::LazyLock;

use codegen::correct::Corrected;
use codegen::fixup::Origin;
use codegen::versions::ApiVersion;
use serde_json::Value;

/// The committed, distilled documents, oldest version first.
pub(crate) fn documents() -> Vec<(ApiVersion, Value)> {
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")).unwrap();
    let mut documents: Vec<(ApiVersion, Value)> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == "json"))
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            let version = name.strip_prefix('v')?.parse().ok()?;
            let text = std::fs::read_to_string(&path).unwrap();
            Some((version, swagger_reader::read(&text, &name).unwrap()))
        })
        .collect();
    assert!(!documents.is_empty(), "spec/ holds no document: run `cargo xtask fetch all`");
    documents.sort_by_key(|(version, _)| *version);
    documents
}

/// The documents as they go to the generator.
pub(crate) fn prepared() -> &'static [(ApiVersion, Value)] {
    static PREPARED: LazyLock<Vec<(ApiVersion, Value)>> = LazyLock::new(|| {
        let prepare = |(version, swagger)| {
            let corrected = Corrected::of(&swagger, version, Origin::Pinned);
            (version, corrected.unwrap_or_else(|error| panic!("{version}: {error:?}")).openapi)
        };
        documents().into_iter().map(prepare).collect()
    });
    &PREPARED
}
