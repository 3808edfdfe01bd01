//! Every test that docs/engines.md names exists.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// The text of all Rust files below a directory.
fn sources(directory: &Path) -> String {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path: PathBuf| match path.is_dir() {
            true => sources(&path),
            false => fs::read_to_string(path).unwrap(),
        })
        .collect()
}

#[test]
fn every_row_names_a_test_that_exists() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(home.join("../docs/engines.md")).unwrap();
    let tests: String = ["tests/engine", "tests/operations"]
        .map(|directory| sources(&home.join(directory)))
        .concat();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 30, "{} rows", rows.len());
    for row in rows {
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names: Vec<&str> = cell.split('`').filter(|part| part.contains("::")).collect();
        assert!(!names.is_empty(), "no test in the last column of {row}");
        for name in names {
            assert!(tests.contains(&format!("\"{name}\"")), "{name} does not exist: {row}");
        }
    }
}
