//! The index of the examples is complete, and every example is run on an engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker-client/examples")
}

/// The text of each Rust file of a directory, by its name without extension.
fn sources(directory: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn the_index_has_the_first_line_of_each() {
    let index = fs::read_to_string(examples().join("README.md")).unwrap();
    let mut rows: Vec<&str> = index.lines().filter(|line| line.starts_with("| [")).collect();
    rows.sort_unstable();
    let expected: Vec<String> = sources(&examples())
        .iter()
        .map(|(name, text)| {
            let first = text.lines().next().unwrap();
            assert!(first.starts_with("//! `docker "), "{name}.rs begins with {first:?}");
            format!("| [{name}]({name}.rs) | {} |", first.trim_start_matches("//! "))
        })
        .collect();
    assert_eq!(rows, expected, "a row of docker-client/examples/README.md, and what it should be");
}

#[test]
fn each_is_run_on_an_engine() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine");
    let mut texts: String = sources(&tests.join("examples")).into_values().collect();
    texts += &sources(&tests)["hello"];
    for name in sources(&examples()).keys() {
        assert!(texts.contains(&format!("\"{name}\", &[")), "no test runs the example {name}");
    }
}
