//! The outputs of a build on this machine.

use std::io;
use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt as _;

use crate::files::{Failure, FileError, receive as receive_tree};
use crate::grpc::{Call, Code, Status};
use crate::proto::services::BytesMessage;

/// The place of an output.
#[derive(Debug, Clone)]
pub(crate) enum Destination {
    /// A directory for the files.
    Directory(PathBuf),
    /// A file for the archive.
    File(PathBuf),
}

/// Receives the output that the engine sends.
pub(super) async fn receive(
    destinations: &[Option<Destination>],
    call: &mut Call,
) -> Result<(), Failure> {
    // Engines before API 1.44 do not name the output, and have at most one.
    let number = call.values("buildkit-attachable-exporter-id").concat();
    let number: usize = if number.is_empty() { 0 } else { number.parse().unwrap_or(usize::MAX) };
    match destinations.get(number).and_then(Option::as_ref) {
        Some(Destination::Directory(root)) => {
            let root = root.clone();
            let (sink, messages) = call.both()?;
            receive_tree(root, sink, messages).await
        }
        Some(Destination::File(path)) => receive_file(&path.clone(), call).await,
        None => {
            let message = format!("there is no output number {number} on the client");
            Err(Status::new(Code::NOT_FOUND, message).into())
        }
    }
}

/// Writes an archive to a temporary file first, so that a failed build leaves no part of one.
async fn receive_file(path: &Path, call: &mut Call) -> Result<(), Failure> {
    let fault = |error| Failure::FileError(FileError::new(path, error));
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    tokio::fs::create_dir_all(directory).await.map_err(fault)?;
    let (file, part) = tempfile::NamedTempFile::new_in(directory).map_err(fault)?.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let (sink, messages) = call.both()?;
    // The engine starts when it has the headers of the response.
    sink.send_frames(bytes::Bytes::new()).await?;
    while let Some(piece) = messages.next::<BytesMessage>().await? {
        file.write_all(&piece.data).await.map_err(fault)?;
    }
    file.flush().await.map_err(fault)?;
    set_readable(&file).await.map_err(fault)?;
    part.persist(path).map_err(|error| fault(error.error))
}

/// Makes a file readable for others, which a temporary file is not.
#[cfg(unix)]
async fn set_readable(file: &tokio::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644)).await
}

#[cfg(not(unix))]
async fn set_readable(_file: &tokio::fs::File) -> io::Result<()> {
    Ok(())
}
