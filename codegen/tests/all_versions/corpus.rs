//! The documents of all API versions, for tests that run over each of them.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use codegen::versions::ApiVersion;
use serde_json::Value;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The documents in `folder`, oldest version first; none if the folder is not there.
fn read(folder: &Path, extension: &str) -> Vec<(ApiVersion, Value)> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut documents: Vec<(ApiVersion, Value)> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            let version = name.strip_prefix('v')?.parse().ok()?;
            let text = std::fs::read_to_string(&path).unwrap();
            Some((version, codegen::swagger::read(&text, &name).unwrap()))
        })
        .collect();
    documents.sort_by_key(|(version, _)| *version);
    documents
}

/// The committed, distilled documents.
pub(crate) fn documents() -> Vec<(ApiVersion, Value)> {
    let documents = read(&workspace().join("spec"), "json");
    assert!(!documents.is_empty(), "spec/ holds no document: run `cargo xtask fetch all`");
    documents
}

/// The upstream documents with all their prose; none, and a word about it, where they are not at hand.
pub(crate) fn upstream() -> Vec<(ApiVersion, Value)> {
    let documents = read(&workspace().join("../shared/spec/upstream"), "yaml");
    if documents.is_empty() {
        eprintln!("skipped: ../shared/spec/upstream holds no document");
    }
    documents
}

/// The documents as they go to the generator.
pub(crate) fn prepared() -> &'static [(ApiVersion, Value)] {
    static PREPARED: LazyLock<Vec<(ApiVersion, Value)>> = LazyLock::new(|| {
        let prepare = |(version, swagger)| {
            let mut document = codegen::convert::to_openapi(&swagger).unwrap();
            codegen::fixup::apply_all(&mut document, version).unwrap();
            codegen::name::hoist(&mut document)
                .unwrap_or_else(|error| panic!("{version}: {error}"));
            (version, document)
        };
        documents().into_iter().map(prepare).collect()
    });
    &PREPARED
}
