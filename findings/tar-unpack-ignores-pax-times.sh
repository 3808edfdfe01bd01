#!/usr/bin/env bash
# The crate tar 0.4.46 does not apply the `mtime` of a PAX header when it unpacks: a file whose time stands in the PAX header alone,
# because the octal field cannot hold it, gets the time of the octal field.
#
# Seen with tar 0.4.46 on an entry with `mtime=-86400` (one day before 1970) in its PAX header and 1000 in the octal field:
#   PAX record: mtime=-86400
#   unpacked: 1000
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cargo init --quiet --name finding --vcs none .
cat >>Cargo.toml <<'TOML'
tar = "=0.4.46"
TOML
cat >src/main.rs <<'RUST'
use std::os::unix::fs::MetadataExt;

fn main() {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("mtime", b"-86400".as_slice())]).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(1);
    header.set_mtime(1000);
    builder.append_data(&mut header, "old", &b"x"[..]).unwrap();
    let bytes = builder.into_inner().unwrap();
    let mut archive = tar::Archive::new(&bytes[..]);
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        for record in entry.pax_extensions().unwrap().unwrap() {
            let record = record.unwrap();
            println!("PAX record: {}={}", record.key().unwrap(), record.value().unwrap());
        }
    }
    tar::Archive::new(&bytes[..]).unpack("out").unwrap();
    println!("unpacked: {}", std::fs::metadata("out/old").unwrap().mtime());
}
RUST
output=$(cargo run --quiet)
echo "$output"
[ "$output" = $'PAX record: mtime=-86400\nunpacked: 1000' ]
