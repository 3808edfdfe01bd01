#!/usr/bin/env bash
# The crate yaml_serde 0.10.7 reads a YAML merge key (`<<`) into a JSON value as an ordinary key: what it should merge is missing, and
# no error says so. serde-saphyr 2.2.0 merges it.
#
# Seen with these versions on a mapping that merges {a: 1} into {b: 2}:
#   yaml_serde:   {"<<":{"a":1},"b":2}
#   serde-saphyr: {"a":1,"b":2}
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cargo init --quiet --name finding --vcs none .
cat >>Cargo.toml <<'TOML'
serde-saphyr = "=2.2.0"
serde_json = "1"
yaml_serde = "=0.10.7"
TOML
cat >src/main.rs <<'RUST'
fn main() {
    let text = "base: &base {a: 1}\nvalue:\n  <<: *base\n  b: 2\n";
    let value: serde_json::Value = yaml_serde::from_str(text).unwrap();
    println!("yaml_serde: {}", value["value"]);
    let value: serde_json::Value = serde_saphyr::from_str(text).unwrap();
    println!("serde-saphyr: {}", value["value"]);
}
RUST
output=$(cargo run --quiet)
echo "$output"
[ "$output" = $'yaml_serde: {"<<":{"a":1},"b":2}\nserde-saphyr: {"a":1,"b":2}' ]
