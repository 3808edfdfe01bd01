//! Applies `.dockerignore` to archives. The engine applies it only to directories.

use std::io::{self, Read, Write};
use std::path::Path;

use docker_client::archive::Patterns;

use crate::context::Spooled;
use crate::files::FileError;

/// The size of a block of an archive, in bytes.
const BLOCK: usize = 512;

/// The maximum length of an extension header in bytes.
const EXTENSION: u64 = 1 << 20;

/// The maximum length of a `.dockerignore` that is read, in bytes.
const IGNORE: u64 = 4 << 20;

/// Writes an archive without the entries that its `.dockerignore` excludes. The Dockerfile is always included.
pub(crate) fn write(
    archive: &Spooled,
    dockerfile: &str,
    out: &mut dyn Write,
) -> Result<(), FileError> {
    let fault = |error| FileError::new(archive.name(), error);
    let ignore = find_ignore(archive, dockerfile)?;
    let patterns = Patterns::parse(ignore.unwrap_or_default().as_str()).map_err(|message| {
        FileError::other(archive.name(), &format!(".dockerignore: {message}"))
    })?;
    let keep = |path: &str| {
        let path = clean(path);
        path == dockerfile || path.is_empty() || !patterns.matches(Path::new(path))
    };
    filter(archive.open()?, out, &keep).map_err(fault)
}

/// Returns the contents of `NAME.dockerignore`, or else of `.dockerignore`.
fn find_ignore(archive: &Spooled, dockerfile: &str) -> Result<Option<String>, FileError> {
    let fault = |error| FileError::new(archive.name(), error);
    let own = format!("{dockerfile}.dockerignore");
    let mut usual = None;
    let mut reader = tar::Archive::new(archive.open()?);
    for entry in reader.entries().map_err(fault)? {
        let mut entry = entry.map_err(fault)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = clean(&path);
        if path != own && path != ".dockerignore" {
            continue;
        }
        let mut text = Vec::new();
        entry.by_ref().take(IGNORE).read_to_end(&mut text).map_err(fault)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        if path == own {
            return Ok(Some(text));
        }
        usual = Some(text);
    }
    Ok(usual)
}

fn clean(path: &str) -> &str {
    path.trim_start_matches("./").trim_end_matches('/')
}

/// Copies the entries that `keep` selects, block by block, so that their headers stay as they are.
fn filter(
    mut input: Box<dyn Read>,
    out: &mut dyn Write,
    keep: &dyn Fn(&str) -> bool,
) -> io::Result<()> {
    // The extension headers of the next entry, and the path that they contain.
    let mut extensions: Vec<u8> = Vec::new();
    let mut long_path: Option<String> = None;
    loop {
        let mut block = [0; BLOCK];
        if !read_block(&mut input, &mut block)? || block.iter().all(|byte| *byte == 0) {
            // Two empty blocks end an archive.
            return out.write_all(&[0; 2 * BLOCK]);
        }
        let header = tar::Header::from_byte_slice(&block);
        let size = header.entry_size()?;
        let padded = size.div_ceil(BLOCK as u64) * BLOCK as u64;
        let kind = header.entry_type();
        if kind.is_pax_local_extensions() || kind.is_gnu_longname() || kind.is_gnu_longlink() {
            if size > EXTENSION {
                return Err(io::Error::other(format!(
                    "an extension header of {size} bytes is longer than {EXTENSION} bytes"
                )));
            }
            let mut data = Vec::new();
            input.by_ref().take(padded).read_to_end(&mut data)?;
            if (data.len() as u64) < padded {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let content = &data[..usize::try_from(size).unwrap_or(data.len()).min(data.len())];
            if kind.is_gnu_longname() {
                long_path = Some(text(content.strip_suffix(b"\0").unwrap_or(content)));
            } else if kind.is_pax_local_extensions() {
                long_path = pax_path(content).or(long_path);
            }
            extensions.extend_from_slice(&block);
            extensions.extend_from_slice(&data);
            continue;
        }
        let path = long_path.take().unwrap_or_else(|| text(&header.path_bytes()));
        // Headers of the whole archive have no path.
        let kept = kind.is_pax_global_extensions() || keep(&path);
        let mut content = input.by_ref().take(padded);
        let copied = if kept {
            out.write_all(&extensions)?;
            out.write_all(&block)?;
            io::copy(&mut content, out)?
        } else {
            io::copy(&mut content, &mut io::sink())?
        };
        extensions.clear();
        if copied < padded {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Fills a block. Returns `false` at the end of the input.
fn read_block(input: &mut dyn Read, block: &mut [u8; BLOCK]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < BLOCK {
        match input.read(&mut block[filled..])? {
            0 if filled == 0 => return Ok(false),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(true)
}

/// Returns the path that a PAX header contains.
fn pax_path(content: &[u8]) -> Option<String> {
    let mut records = tar::PaxExtensions::new(content).flatten();
    records.find(|record| record.key_bytes() == b"path").map(|record| text(record.value_bytes()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &str)]) -> Spooled {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, content.as_bytes()).unwrap();
        }
        Spooled::Bytes(builder.into_inner().unwrap().into())
    }

    fn left(archive: &Spooled, dockerfile: &str) -> Vec<String> {
        let mut out = Vec::new();
        write(archive, dockerfile, &mut out).unwrap();
        let mut reader = tar::Archive::new(&out[..]);
        let entries = reader.entries().unwrap();
        entries.map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect()
    }

    #[test]
    fn ignored_entries_are_left_out_and_the_dockerfile_stays() {
        let long = format!("{}/x.log", "deep/".repeat(40));
        let files = [
            ("Dockerfile", "FROM scratch"),
            ("a.txt", "a"),
            ("b.log", "b"),
            (&*long, "c"),
            (".dockerignore", "**/*.log\nDockerfile\n"),
        ];
        assert_eq!(left(&archive(&files), "Dockerfile"), ["Dockerfile", "a.txt", ".dockerignore"]);
    }

    #[test]
    fn the_ignore_file_of_the_dockerfile_counts_alone() {
        let files =
            [(".dockerignore", "a"), ("x.dockerignore", "b"), ("a", ""), ("b", ""), ("x", "")];
        assert_eq!(left(&archive(&files), "x"), [".dockerignore", "x.dockerignore", "a", "x"]);
    }

    #[test]
    fn an_archive_that_is_cut_off_is_an_error() {
        let Spooled::Bytes(bytes) = archive(&[("a", "content")]) else { panic!() };
        let cut = Spooled::Bytes(bytes.slice(..BLOCK + 3));
        assert!(write(&cut, "Dockerfile", &mut Vec::new()).is_err());
    }
}
