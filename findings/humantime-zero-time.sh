#!/usr/bin/env bash
# humantime 2.3 refuses the time that Docker engines send for "never". A container that never ended has the `FinishedAt`
# 0001-01-01T00:00:00Z, Go's zero time; RFC 3339 allows the year, while humantime 2.3.0 accepts no year before 1970.
#
# Seen with humantime 2.3.0:
#   0001-01-01T00:00:00Z: numeric component is out of range
#   2026-01-01T00:00:00Z: ok
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cargo init --quiet --name finding --vcs none .
cargo add --quiet humantime@=2.3.0
cat >src/main.rs <<'RUST'
fn main() {
    for text in ["0001-01-01T00:00:00Z", "2026-01-01T00:00:00Z"] {
        match humantime::parse_rfc3339(text) {
            Ok(_) => println!("{text}: ok"),
            Err(error) => println!("{text}: {error}"),
        }
    }
}
RUST
output=$(cargo run --quiet)
echo "$output"
[ "$output" = '0001-01-01T00:00:00Z: numeric component is out of range
2026-01-01T00:00:00Z: ok' ]
