#!/usr/bin/env bash
# The crate tar 0.4.46 writes a file with holes as a GNU sparse entry (type `S`) when it is appended by path, without being asked.
# Readers that know only the POSIX types do not take such an entry.
#
# Seen with tar 0.4.46 on Linux, on a file of 1 MiB that has data in its last block only:
#   append_path_with_name: type S
#   append_data:           type 0 (regular)
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cargo init --quiet --name finding --vcs none .
cat >>Cargo.toml <<'TOML'
tar = "=0.4.46"
TOML
cat >src/main.rs <<'RUST'
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

fn kind(archive: &[u8]) -> String {
    match archive[156] {
        // Both bytes stand for a regular file.
        0 | b'0' => "0 (regular)".to_owned(),
        other => (other as char).to_string(),
    }
}

fn main() {
    let mut file = File::create("holes").unwrap();
    file.seek(SeekFrom::Start(1 << 20)).unwrap();
    file.write_all(b"end").unwrap();
    let mut by_path = tar::Builder::new(Vec::new());
    by_path.append_path_with_name("holes", "holes").unwrap();
    println!("append_path_with_name: type {}", kind(&by_path.into_inner().unwrap()));
    let mut by_data = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(std::fs::metadata("holes").unwrap().len());
    by_data.append_data(&mut header, "holes", File::open("holes").unwrap()).unwrap();
    println!("append_data: type {}", kind(&by_data.into_inner().unwrap()));
}
RUST
output=$(cargo run --quiet)
echo "$output"
[ "$output" = $'append_path_with_name: type S\nappend_data: type 0 (regular)' ]
