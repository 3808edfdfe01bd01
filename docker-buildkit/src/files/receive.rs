//! The receiving side of a transfer: writes a tree to a directory on this machine.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File, FileTimes};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::mode::{Kind, kind, permissions};
use super::packets::{AHEAD, frame};
use super::path::{EntryOrder, relative};
use super::{Failure, FileError};
use crate::grpc::{Messages, Sink};
use crate::proto::files::{Packet, Stat, kind as packet};

/// The maximum number of open files.
const OPEN: usize = 16;

/// Receives a tree into `root`, which is created if it does not exist. Existing files that are not in the tree are
/// kept.
///
/// # Errors
///
/// Nothing is written outside of `root`: a path that leads out of it, or through a link, is an error that ends the
/// transfer.
pub(crate) async fn receive(
    root: PathBuf,
    sink: &mut Sink,
    messages: &mut Messages,
) -> Result<(), Failure> {
    let (packets, incoming) = mpsc::channel(AHEAD);
    let (frames, mut outgoing) = mpsc::channel(AHEAD);
    let writer = spawn_blocking(move || Receiver::new(root)?.run(incoming, &frames));
    let reading = async {
        while let Some(message) = messages.next::<Packet>().await? {
            // The thread has failed. Its result is the reason.
            if packets.send(message).await.is_err() {
                break;
            }
        }
        drop(packets);
        Ok::<_, Failure>(())
    };
    let writing = async {
        // This ends when the thread does.
        while let Some(frame) = outgoing.recv().await {
            sink.send_frames(frame).await?;
        }
        Ok::<_, Failure>(())
    };
    let exchange = async {
        tokio::pin!(reading, writing);
        tokio::select! {
            read = &mut reading => {
                read?;
                writing.await
            }
            written = &mut writing => written,
        }
    };
    let exchanged = exchange.await;
    match writer.await {
        Ok(Ok(())) => exchanged,
        Ok(Err(failure)) => {
            // The engine includes the reason in its own error.
            let text = Bytes::from(failure.to_string());
            let error = Packet { kind: packet::ERROR, data: text, ..Packet::default() };
            let _ = sink.send(&error).await;
            Err(failure)
        }
        Err(error) => {
            Err(FileError::other("", &format!("a thread of the transfer failed: {error}")).into())
        }
    }
}

struct Receiver {
    root: PathBuf,
    order: EntryOrder,
    id: u32,
    /// Described files that were not requested yet.
    waiting: VecDeque<(u32, PathBuf, Stat)>,
    open: HashMap<u32, (File, PathBuf, Stat)>,
    /// Their attributes are set when the files in them are complete.
    directories: Vec<(PathBuf, Stat)>,
    described: bool,
}

impl Receiver {
    fn new(root: PathBuf) -> Result<Self, Failure> {
        fs::create_dir_all(&root).map_err(|error| FileError::new(&root, error))?;
        // The root itself may be a link.
        let root = fs::canonicalize(&root).map_err(|error| FileError::new(&root, error))?;
        Ok(Self {
            root,
            order: EntryOrder::default(),
            id: 0,
            waiting: VecDeque::new(),
            open: HashMap::new(),
            directories: Vec::new(),
            described: false,
        })
    }

    fn run(
        mut self,
        mut packets: mpsc::Receiver<Packet>,
        frames: &mpsc::Sender<Bytes>,
    ) -> Result<(), Failure> {
        let say = |packet: Packet| -> Result<(), Failure> {
            // If the transfer has ended, no more packets arrive.
            let _ = frames.blocking_send(frame(&packet)?);
            Ok(())
        };
        let mut finished = false;
        while let Some(message) = packets.blocking_recv() {
            match message.kind {
                packet::STAT => match message.stat {
                    Some(stat) => self.describe(stat)?,
                    None => self.described = true,
                },
                packet::DATA => self.data(message.id, &message.data)?,
                packet::FINISH if finished => return Ok(()),
                packet::FINISH => {
                    return Err(Failure::Protocol("the transfer ended before its files".into()));
                }
                packet::ERROR => {
                    let text = String::from_utf8_lossy(&message.data).into_owned();
                    return Err(Failure::Engine(text));
                }
                other => {
                    return Err(Failure::Protocol(format!("unexpected packet of kind {other}")));
                }
            }
            for id in self.next_files()? {
                say(Packet { kind: packet::REQUEST, id, ..Packet::default() })?;
            }
            if self.described && !finished && self.open.is_empty() && self.waiting.is_empty() {
                self.set_directories()?;
                say(Packet { kind: packet::FINISH, ..Packet::default() })?;
                finished = true;
            }
        }
        if finished { Ok(()) } else { Err(Failure::Protocol("the transfer was cut off".into())) }
    }

    fn describe(&mut self, stat: Stat) -> Result<(), Failure> {
        let id = self.id;
        self.id += 1;
        let is_directory = kind(stat.mode) == Kind::Directory;
        let path = self.order.accept(&stat.path, is_directory).map_err(Failure::Protocol)?;
        let path = self.root.join(path);
        let fault = |error| FileError::new(&path, error);
        match kind(stat.mode) {
            Kind::Directory => {
                if !is_real_directory(&path) {
                    remove(&path).map_err(fault)?;
                    fs::create_dir(&path).map_err(fault)?;
                }
                self.directories.push((path, stat));
            }
            Kind::File if stat.link.is_empty() => {
                remove(&path).map_err(fault)?;
                // The file must exist, because a hard link to it may come before its contents.
                File::options().write(true).create_new(true).open(&path).map_err(fault)?;
                self.waiting.push_back((id, path, stat));
            }
            Kind::File => {
                let first = self.linked(&stat.link)?;
                remove(&path).map_err(fault)?;
                fs::hard_link(&first, &path).map_err(fault)?;
            }
            Kind::Symlink => {
                remove(&path).map_err(fault)?;
                symlink(&stat.link, &path).map_err(fault)?;
            }
            Kind::Special => {
                let message = "a local output cannot contain devices, named pipes or sockets";
                return Err(FileError::other(&path, message).into());
            }
        }
        Ok(())
    }

    /// Returns the target of a hard link, if it is below the root and its path contains no symbolic link.
    fn linked(&self, link: &str) -> Result<PathBuf, Failure> {
        let link = relative(link).map_err(Failure::Protocol)?;
        let mut path = self.root.clone();
        for part in link.parent().unwrap_or(Path::new("")) {
            path.push(part);
            if !is_real_directory(&path) {
                return Err(Failure::Protocol(format!(
                    "the target {link:?} of a hard link contains a symbolic link"
                )));
            }
        }
        let path = self.root.join(&link);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => Ok(path),
            _ => {
                Err(Failure::Protocol(format!("the target {link:?} of a hard link is not a file")))
            }
        }
    }

    /// Opens waiting files, as many as may be open, and returns their ids to request them.
    fn next_files(&mut self) -> Result<Vec<u32>, Failure> {
        let mut ids = Vec::new();
        while self.open.len() < OPEN
            && let Some((id, path, stat)) = self.waiting.pop_front()
        {
            // `describe` has created the file. No entry comes twice, so that it is not a link.
            let file = File::options().write(true).open(&path);
            let file = file.map_err(|error| FileError::new(&path, error))?;
            self.open.insert(id, (file, path, stat));
            ids.push(id);
        }
        Ok(ids)
    }

    fn data(&mut self, id: u32, data: &[u8]) -> Result<(), Failure> {
        if !data.is_empty() {
            let (file, path, _) = self.open.get_mut(&id).ok_or_else(|| unrequested(id))?;
            return Ok(file.write_all(data).map_err(|error| FileError::new(&*path, error))?);
        }
        let (file, path, stat) = self.open.remove(&id).ok_or_else(|| unrequested(id))?;
        let fault = |error| FileError::new(&path, error);
        set_attributes(&file, &path, &stat).map_err(fault)?;
        Ok(())
    }

    fn set_directories(&mut self) -> Result<(), Failure> {
        // Writing to a directory changes its time, so that the innermost directories come first.
        for (path, stat) in self.directories.drain(..).rev() {
            let set = File::open(&path).and_then(|file| set_attributes(&file, &path, &stat));
            set.map_err(|error| FileError::new(&path, error))?;
        }
        Ok(())
    }
}

fn unrequested(id: u32) -> Failure {
    Failure::Protocol(format!("data for the entry {id}, which was not requested"))
}

fn is_real_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Removes the file or directory at a path, if there is one.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn set_attributes(file: &File, path: &Path, stat: &Stat) -> io::Result<()> {
    set_permissions(file, stat)?;
    set_xattrs(path, stat)?;
    let modified = match u64::try_from(stat.modified) {
        Ok(after) => UNIX_EPOCH.checked_add(Duration::from_nanos(after)),
        Err(_) => UNIX_EPOCH.checked_sub(Duration::from_nanos(stat.modified.unsigned_abs())),
    };
    file.set_times(FileTimes::new().set_modified(modified.unwrap_or_else(SystemTime::now)))
}

#[cfg(unix)]
fn set_permissions(file: &File, stat: &Stat) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(permissions(stat.mode)))
}

#[cfg(not(unix))]
fn set_permissions(_file: &File, stat: &Stat) -> io::Result<()> {
    // The system has no such permissions.
    let _ = permissions(stat.mode);
    Ok(())
}

/// Sets the extended attributes. As in other clients, it is no error if the user or the file system does not permit
/// one.
#[cfg(unix)]
fn set_xattrs(path: &Path, stat: &Stat) -> io::Result<()> {
    for (name, value) in &stat.xattrs {
        match xattr::set(path, name, value) {
            Ok(()) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported
                ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn set_xattrs(_path: &Path, _stat: &Stat) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn symlink(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn symlink(_target: &str, _path: &Path) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "symbolic links cannot be written on this system",
    ))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    const DIRECTORY: u32 = 1 << 31 | 0o755;
    const SYMLINK: u32 = 1 << 27 | 0o777;
    const FILE: u32 = 0o644;

    fn entry(path: &str, mode: u32, link: &str) -> Packet {
        let stat = Stat { path: path.into(), mode, link: link.into(), ..Stat::default() };
        Packet { stat: Some(stat), ..Packet::default() }
    }

    fn data(id: u32, data: &'static [u8]) -> Packet {
        Packet { kind: packet::DATA, id, data: Bytes::from_static(data), ..Packet::default() }
    }

    fn finish() -> Packet {
        Packet { kind: packet::FINISH, ..Packet::default() }
    }

    /// Receives these packets, whatever the receiver answers.
    fn run(root: &Path, sent: Vec<Packet>) -> Result<(), Failure> {
        let (packets, incoming) = mpsc::channel(sent.len());
        let (frames, _outgoing) = mpsc::channel(64);
        let fits = sent.into_iter().all(|packet| packets.try_send(packet).is_ok());
        assert!(fits, "the channel has room for all of them");
        drop(packets);
        Receiver::new(root.to_owned())?.run(incoming, &frames)
    }

    #[test]
    fn a_tree_is_written_and_other_files_stay() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("mine"), "mine").unwrap();
        let sent = vec![
            entry("a", DIRECTORY, ""),
            entry("a/file", FILE, ""),
            entry("b", FILE, "a/file"),
            entry("c", SYMLINK, "../anywhere"),
            Packet::default(),
            data(1, b"con"),
            data(1, b"tent"),
            data(1, b""),
            finish(),
        ];
        run(root.path(), sent).unwrap();
        assert_eq!(fs::read(root.path().join("b")).unwrap(), b"content");
        let inode = |name: &str| fs::metadata(root.path().join(name)).unwrap().ino();
        assert_eq!(inode("a/file"), inode("b"));
        assert_eq!(fs::read(root.path().join("mine")).unwrap(), b"mine");
    }

    #[test]
    fn nothing_is_written_outside_of_the_root() {
        for sent in [
            vec![entry("../out", FILE, "")],
            vec![entry("/out", FILE, "")],
            vec![entry("a", SYMLINK, ".."), entry("a/out", FILE, "")],
            vec![entry("a", DIRECTORY, ""), entry("b", FILE, "../out")],
            vec![entry("a", FILE, "missing")],
            vec![entry("b", FILE, ""), entry("a", FILE, "")],
            vec![data(0, b"x")],
            vec![entry("a", DIRECTORY, ""), data(0, b"x")],
            vec![entry("a", FILE, ""), finish()],
            vec![entry("a", FILE, "")],
            vec![Packet { kind: 9, ..Packet::default() }],
        ] {
            let outer = tempfile::tempdir().unwrap();
            fs::write(outer.path().join("out"), "kept").unwrap();
            let description = format!("{sent:?}");
            assert!(run(&outer.path().join("root"), sent).is_err(), "{description}");
            assert_eq!(fs::read(outer.path().join("out")).unwrap(), b"kept", "{description}");
        }
    }

    #[test]
    fn a_link_of_the_user_is_replaced_and_not_followed() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        fs::create_dir_all(outer.path().join("elsewhere")).unwrap();
        fs::create_dir_all(&root).unwrap();
        symlink("../elsewhere", &root.join("a")).unwrap();
        let sent = vec![
            entry("a", DIRECTORY, ""),
            entry("a/file", FILE, ""),
            Packet::default(),
            data(1, b""),
            finish(),
        ];
        run(&root, sent).unwrap();
        assert!(root.join("a/file").exists());
        assert!(!outer.path().join("elsewhere/file").exists());
    }
}
