#!/usr/bin/env bash
# The crate http 1.4 refuses to parse a URI of 65,535 bytes or more. RFC 9110 sets no limit, and Docker's API puts build arguments,
# labels and filters into the query, so that a long list of these meets it.
#
# Seen with http 1.4.0:
#   65534 bytes: ok
#   65535 bytes: uri too long
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cargo init --quiet --name finding --vcs none .
cargo add --quiet http@=1.4.0
cat >src/main.rs <<'RUST'
fn main() {
    for length in [65_534, 65_535] {
        let start = "/build?buildargs=";
        let text = format!("{start}{}", "x".repeat(length - start.len()));
        match text.parse::<http::Uri>() {
            Ok(_) => println!("{length} bytes: ok"),
            Err(error) => println!("{length} bytes: {error}"),
        }
    }
}
RUST
output=$(cargo run --quiet)
echo "$output"
[ "$output" = '65534 bytes: ok
65535 bytes: uri too long' ]
