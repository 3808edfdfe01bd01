#!/usr/bin/env bash
# The feature `arbitrary_precision` of serde_json, which any crate of a program can switch on for all others, makes a flattened f64
# fail: the number arrives as a map. Numbers that are equal but written differently are no longer equal values.
#
# Seen with serde_json 1.0.145 and serde 1.0.228, on {"load":1.5}:
#   without the feature: load 1.5; 1.50 == 1.5: true
#   with the feature:    invalid type: map, expected f64 at line 1 column 12; 1.50 == 1.5: false
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cargo init --quiet --name finding --vcs none .
cat >>Cargo.toml <<'TOML'
serde = { version = "=1.0.228", features = ["derive"] }
serde_json = "=1.0.145"

[features]
precise = ["serde_json/arbitrary_precision"]
TOML
cat >src/main.rs <<'RUST'
use serde::Deserialize;

#[derive(Deserialize)]
struct Outer {
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Deserialize)]
struct Inner {
    load: f64,
}

fn main() {
    let read = match serde_json::from_str::<Outer>(r#"{"load":1.5}"#) {
        Ok(outer) => format!("load {}", outer.inner.load),
        Err(error) => error.to_string(),
    };
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    println!("{read}; 1.50 == 1.5: {}", value("1.50") == value("1.5"));
}
RUST
plain=$(cargo run --quiet)
precise=$(cargo run --quiet --features precise)
echo "without the feature: $plain"
echo "with the feature: $precise"
[ "$plain" = 'load 1.5; 1.50 == 1.5: true' ]
[ "$precise" = 'invalid type: map, expected f64 at line 1 column 12; 1.50 == 1.5: false' ]
