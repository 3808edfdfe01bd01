//! `cargo xtask generate --all`: a crate of its own for every supported version.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use codegen::versions::Pins;

fn generate(directory: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["generate", "--all", "--out"]).arg(directory).args(more);
    command.output().unwrap()
}

#[test]
fn every_version_gets_a_crate_and_what_is_stale_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path();
    let written = generate(out, &[]);
    assert!(written.status.success(), "{written:?}");
    let pins = Pins::read(include_str!("../../spec/versions.toml"), "spec/versions.toml").unwrap();
    let supported: Vec<_> =
        pins.known().into_iter().filter(|version| version.minor >= 35).collect();
    for version in &supported {
        let manifest = fs::read_to_string(out.join(format!("{version}/Cargo.toml"))).unwrap();
        assert!(manifest.contains(&format!("version = \"0.{}.0\"", version.minor)), "{manifest}");
    }
    assert!(!out.join("1.34").exists());

    let edited = out.join("1.41/src/generated/mod.rs");
    fs::write(&edited, "// By hand.\n").unwrap();
    let stale = generate(out, &["--check"]);
    assert_eq!(stale.status.code(), Some(1), "{stale:?}");
    let said = String::from_utf8(stale.stdout).unwrap();
    // Each of the others is up to date.
    let fresh = said.lines().filter(|line| line.ends_with("are up to date")).count();
    assert_eq!(fresh, supported.len() - 1, "{said}");
    assert!(said.contains(&format!("stale      {}", edited.display())), "{said}");
    let error = String::from_utf8(stale.stderr).unwrap();
    assert!(error.contains("API 1.41"), "{error}");
}

#[test]
fn all_versions_need_a_directory() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let refused = command.args(["generate", "--all"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--out"));
}
