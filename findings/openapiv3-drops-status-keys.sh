#!/usr/bin/env bash
# The crate openapiv3 2.2 drops a response whose key is not a status that it knows, without an error. A key such as `20x` is a mistake
# in a document, and a document that a person wrote is read as if the response were not there.
#
# Seen with openapiv3 2.2.0 on an operation with the responses 200, 20x, 2XX and abc:
#   responses: 200, 2XX
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cargo init --quiet --name finding --vcs none .
cat >>Cargo.toml <<'TOML'
openapiv3 = "=2.2.0"
serde_json = "1"
TOML
cat >src/main.rs <<'RUST'
fn main() {
    let response = || serde_json::json!({ "description": "" });
    let document = serde_json::json!({
        "openapi": "3.0.3",
        "info": { "title": "t", "version": "1" },
        "paths": { "/a": { "get": { "responses": {
            "200": response(), "20x": response(), "2XX": response(), "abc": response(),
        } } } },
    });
    let document: openapiv3::OpenAPI = serde_json::from_value(document).unwrap();
    let item = document.paths.paths["/a"].as_item().unwrap();
    let responses = &item.get.as_ref().unwrap().responses.responses;
    let keys: Vec<String> = responses.keys().map(|key| key.to_string()).collect();
    println!("responses: {}", keys.join(", "));
}
RUST
output=$(cargo run --quiet)
echo "$output"
[ "$output" = 'responses: 200, 2XX' ]
