//! Builds of images, and the directories that they are built from.

mod arguments;

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use docker_api::Body;
use docker_api::operations::ImageBuild;
use sha2::{Digest, Sha256};

pub use self::arguments::KeyValues;
use crate::archive::{At, NotIgnored, Pack, Patterns, Walk, at};
use crate::docker::Docker;

const IGNORE_FILE: &str = ".dockerignore";
const DOCKERFILE: &str = "Dockerfile";
const LOWER_CASE: &str = "dockerfile";

impl Docker {
    /// Prepares a build of an image from `context`, with the engine's classic builder (`POST /build`). For BuildKit,
    /// use the crate `docker-buildkit`.
    ///
    /// This returns the builder of [`image_build`](docker_api::Client::image_build) with the body set to the context.
    /// The path of the Dockerfile is also set if the context names one. [`finish`](crate::ProgressExt::finish) returns
    /// the ID of the image; [`progress`](crate::ProgressExt::progress) returns the output of the steps. No file is read
    /// before the request is sent. The hosts of `extrahosts` are sent in the form that the engine reads, which differs
    /// between dockerd and podman. See `docs/engines.md`.
    ///
    /// # Cancellation
    ///
    /// Dropping the future or the stream cancels the build.
    ///
    /// ```no_run
    /// use docker_client::{BuildContext, KeyValues, prelude::*};
    ///
    /// # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
    /// let context = BuildContext::from_dir("./app").dockerfile("release.Dockerfile");
    /// let built = docker
    ///     .build(context)
    ///     .t(["app:1.2", "app:latest"])
    ///     .buildargs(KeyValues::from([("VERSION", "1.2")]))
    ///     .target("runtime")
    ///     .finish()
    ///     .await?;
    /// println!("{:?}", built.image_id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A context that is already a tar archive, possibly compressed with gzip, bzip2, xz or zstd, is passed as a
    /// [`Body`]. The engine can also fetch a context itself:
    ///
    /// ```no_run
    /// use docker_client::{Body, prelude::*};
    ///
    /// # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
    /// docker.image_build().body(Body::from_path("app.tar.gz")).t(["app"]).finish().await?;
    /// docker.image_build().body(Body::from_reader(tokio::io::empty())).t(["app"]).finish().await?;
    /// docker.image_build().remote("https://example.com/app.git#main").t(["app"]).finish().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn build(&self, context: BuildContext) -> ImageBuild {
        let mut build = self.image_build();
        if let Some(name) = context.dockerfile_name() {
            build = build.dockerfile(name);
        }
        build.body(context.into_body())
    }
}

/// The files that an image is built from.
///
/// A directory is sent as `docker build` sends it:
///
/// - Files that `.dockerignore` excludes are not sent. If there is a file with the name of the Dockerfile followed by
///   `.dockerignore`, it is used instead.
/// - The Dockerfile and `.dockerignore` are sent even if they are excluded, but cannot be copied into the image then.
/// - Entries are sent in the order of their names. They belong to root. Symbolic links, permissions and modification
///   times are preserved.
///
/// Files are sent in pieces and never held in memory as a whole. If a file changes or is removed while it is sent, the
/// build fails with [`Error::Body`](crate::Error::Body), which names the file.
#[derive(Debug, Clone)]
pub struct BuildContext {
    source: Source,
    #[cfg(feature = "gzip")]
    gzip: bool,
}

#[derive(Clone)]
enum Source {
    Directory {
        directory: PathBuf,
        dockerfile: Option<Dockerfile>,
    },
    /// The content of a Dockerfile. The path of another one is an error when it is sent.
    Content {
        content: String,
        other: Option<PathBuf>,
    },
}

/// Does not show the content of a Dockerfile, which may contain secrets.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { directory, dockerfile } => f
                .debug_struct("Directory")
                .field("directory", directory)
                .field("dockerfile", dockerfile)
                .finish(),
            Self::Content { .. } => f.debug_struct("Content").finish_non_exhaustive(),
        }
    }
}

#[derive(Debug, Clone)]
enum Dockerfile {
    /// The path relative to the directory.
    Inside(PathBuf),
    /// The path of a file outside the directory.
    Outside(PathBuf),
}

impl BuildContext {
    /// Creates a context of a local directory. Its Dockerfile is `Dockerfile` or, if there is no such file,
    /// `dockerfile`, unless [`dockerfile`](Self::dockerfile) sets another one.
    pub fn from_dir(directory: impl Into<PathBuf>) -> Self {
        Self::new(Source::Directory { directory: directory.into(), dockerfile: None })
    }

    /// Creates a context that consists of a Dockerfile with this content and no other file.
    pub fn from_dockerfile(content: impl Into<String>) -> Self {
        Self::new(Source::Content { content: content.into(), other: None })
    }

    /// Sets the path of the Dockerfile. A relative path is relative to the directory.
    ///
    /// The file may be outside the directory. It is then sent under a unique name and cannot be copied into the image.
    ///
    /// If the context was created by [`from_dockerfile`](Self::from_dockerfile), the build fails with
    /// [`Error::Body`](crate::Error::Body).
    #[must_use]
    pub fn dockerfile(mut self, path: impl AsRef<Path>) -> Self {
        match &mut self.source {
            Source::Directory { directory, dockerfile } => {
                let path = lexical(&directory.join(path));
                *dockerfile = Some(match path.strip_prefix(lexical(directory)) {
                    Ok(inside) => Dockerfile::Inside(inside.to_owned()),
                    Err(_) => Dockerfile::Outside(path),
                });
            }
            Source::Content { other, .. } => *other = Some(path.as_ref().to_owned()),
        }
        self
    }

    /// Compresses the archive with gzip. This is worthwhile if the connection to the engine is slow.
    #[cfg(feature = "gzip")]
    #[must_use]
    pub fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// Returns the context as a tar archive, for requests other than [`Docker::build`]. No file is read before the body
    /// is sent.
    #[must_use]
    pub fn into_body(self) -> Body {
        #[cfg(feature = "gzip")]
        if self.gzip {
            return Body::from_writer(move |out| {
                let compressed = flate2::write::GzEncoder::new(out, flate2::Compression::default());
                self.source.write(compressed)?.finish().map(drop)
            });
        }
        Body::from_writer(move |out| self.source.write(out).map(drop))
    }

    fn new(source: Source) -> Self {
        Self {
            source,
            #[cfg(feature = "gzip")]
            gzip: false,
        }
    }

    /// Returns the path of the Dockerfile in the archive, if one was set.
    fn dockerfile_name(&self) -> Option<String> {
        match &self.source {
            Source::Directory { dockerfile: Some(dockerfile), .. } => Some(dockerfile.name()),
            _ => None,
        }
    }
}

impl Dockerfile {
    fn name(&self) -> String {
        match self {
            Self::Inside(path) => {
                let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                parts.join("/")
            }
            Self::Outside(path) => {
                // The name depends only on the path, so that the context is the same each time.
                let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
                format!(".dockerfile.{}", hex::encode(&digest[..10]))
            }
        }
    }
}

impl Source {
    /// Writes the archive and returns the writer.
    fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let mut pack = Pack::new(out);
        match self {
            Self::Content { content, other: None } => {
                pack.bytes(Path::new(DOCKERFILE), content.as_bytes())?
            }
            Self::Content { other: Some(other), .. } => {
                let what = "the context consists of the content of a Dockerfile and cannot have another one";
                return Err(at(other, what, io::ErrorKind::InvalidInput));
            }
            Self::Directory { directory, dockerfile } => {
                write_directory(&mut pack, directory, dockerfile.as_ref())?
            }
        }
        pack.finish()
    }
}

fn write_directory<W: Write>(
    pack: &mut Pack<W>,
    directory: &Path,
    dockerfile: Option<&Dockerfile>,
) -> io::Result<()> {
    // The directory itself may be a symbolic link.
    let directory = fs::canonicalize(directory).at(directory)?;
    let (inside, outside) = match dockerfile {
        None => (Path::new(default_name(&directory)), None),
        Some(Dockerfile::Inside(path)) => (path.as_path(), None),
        Some(Dockerfile::Outside(path)) => (Path::new(""), Some(path)),
    };
    let path = outside.cloned().unwrap_or_else(|| directory.join(inside));
    if dockerfile.is_some() {
        fs::metadata(&path).at(&path)?;
    }
    let mut beside = path.into_os_string();
    beside.push(IGNORE_FILE);
    let own = read(Path::new(&beside))?;
    let usual = directory.join(IGNORE_FILE);
    let (named, mut text) = match own {
        Some(text) => (PathBuf::from(beside), Some(text)),
        None => (usual.clone(), read(&usual)?),
    };
    let parsed = Patterns::parse(text.as_deref().unwrap_or_default());
    let ignore = &parsed.map_err(|error| at(&named, error, io::ErrorKind::InvalidInput))?;
    let mut replaced = named != usual;
    if let (Some(path), Some(dockerfile)) = (outside, dockerfile) {
        // The engine removes the files that are listed here from the context before it copies from it.
        let text = text.get_or_insert_default();
        for name in [&*dockerfile.name(), IGNORE_FILE] {
            if name != IGNORE_FILE || !usual.exists() {
                text.push(b'\n');
                text.extend_from_slice(name.as_bytes());
            }
        }
        pack.file(path, Path::new(&dockerfile.name()))?;
        replaced = true;
    } else if replaced && !usual.exists() {
        text.get_or_insert_default().extend_from_slice(b"\n.dockerignore");
    }
    if let (true, Some(text)) = (replaced, &text) {
        pack.bytes(Path::new(IGNORE_FILE), text)?;
    }
    let always: &[&Path] = if replaced { &[inside] } else { &[inside, Path::new(IGNORE_FILE)] };
    let select = NotIgnored { ignore, always };
    let mut walk = Walk::new(&directory, &select)?;
    while let Some(entry) = walk.next()? {
        if !(replaced && entry.path == Path::new(IGNORE_FILE)) {
            pack.walked(&directory.join(&entry.path), &entry.path, &entry.metadata)?;
        }
    }
    Ok(())
}

/// Returns the name of the Dockerfile if the caller sets none. Engines look for `dockerfile`, too.
fn default_name(directory: &Path) -> &'static str {
    let exists = |name: &str| fs::symlink_metadata(directory.join(name)).is_ok();
    if !exists(DOCKERFILE) && exists(LOWER_CASE) { LOWER_CASE } else { DOCKERFILE }
}

/// Reads a file. Returns `None` if there is no such file.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => text.at(path).map(Some),
    }
}

/// Removes `.` and `..` from a path without accessing the filesystem.
fn lexical(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(clean.components().next_back(), Some(Component::Normal(_))) =>
            {
                clean.pop();
            }
            Component::ParentDir if clean.has_root() => {}
            other => clean.push(other),
        }
    }
    clean
}
