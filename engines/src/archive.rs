//! Tar archives for build contexts, images, plugins and files that go into containers.

/// A tar of plain files, each a path and its contents. The same files make the same bytes in every run.
#[must_use]
pub fn of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, contents) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(contents.len() as u64);
        header.set_mtime(1);
        // A Vec takes whatever is written.
        let _ = archive.append_data(&mut header, path, contents.as_bytes());
    }
    archive.into_inner().unwrap_or_default()
}
