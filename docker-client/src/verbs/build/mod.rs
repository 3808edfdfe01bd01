//! Builds of images, and the folders that they are made from.

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
    /// A build of an image from `context`, as `docker build` does it, but for BuildKit, which needs a session.
    ///
    /// It is the builder of [`image_build`](docker_api::Client::image_build) with the body set, and the Dockerfile where the
    /// context names one; all else is set on it. [`finish`](crate::ProgressExt::finish) returns the id of the image;
    /// [`progress`](crate::ProgressExt::progress) shows the way, and has the output of the steps. Nothing is read before it
    /// is sent. Dropping the future or the stream ends the reading, and the build.
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
    /// A context that is an archive already (tar, also packed with gzip, bzip2, xz or zstd) comes as a [`Body`], and one that the
    /// engine is to fetch has none:
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

/// What an image is built from.
///
/// A folder is sent as `docker build` sends it: without what its `.dockerignore` leaves out, in the order of the names,
/// everything owned by root, links as links, modes and times kept. If there is a file named as the Dockerfile with
/// `.dockerignore` after it, that one counts instead. The Dockerfile and `.dockerignore` reach the engine even if they are left
/// out, but not the image. No file is held whole; one that is changed, or taken away, while it is sent ends the build with
/// [`Error::Body`](crate::Error::Body), which names it.
#[derive(Debug, Clone)]
pub struct BuildContext {
    source: Source,
    #[cfg(feature = "gzip")]
    gzip: bool,
}

#[derive(Clone)]
enum Source {
    Folder {
        folder: PathBuf,
        dockerfile: Option<Dockerfile>,
    },
    /// A Dockerfile by its text, and the path of another one, which makes no sense.
    Text {
        text: String,
        other: Option<PathBuf>,
    },
}

/// Shows where the context is from. The text of a Dockerfile may have secrets in it.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { folder, dockerfile } => f
                .debug_struct("Folder")
                .field("folder", folder)
                .field("dockerfile", dockerfile)
                .finish(),
            Self::Text { .. } => f.debug_struct("Text").finish_non_exhaustive(),
        }
    }
}

#[derive(Debug, Clone)]
enum Dockerfile {
    /// Relative to the folder.
    Inside(PathBuf),
    Outside(PathBuf),
}

impl BuildContext {
    /// A directory of this machine. Its Dockerfile is `Dockerfile`, or else `dockerfile`, unless [`dockerfile`](Self::dockerfile) names
    /// another.
    pub fn from_dir(folder: impl Into<PathBuf>) -> Self {
        Self::new(Source::Folder { folder: folder.into(), dockerfile: None })
    }

    /// A Dockerfile by its text, and nothing else to copy from.
    pub fn from_dockerfile(text: impl Into<String>) -> Self {
        Self::new(Source::Text { text: text.into(), other: None })
    }

    /// Takes another Dockerfile than `Dockerfile`; a relative path is relative to the folder.
    ///
    /// It may lie outside of the folder. Then it is sent under a name that nothing else has, and is not in the image.
    /// A context that is itself the text of a Dockerfile is refused when it is sent, with [`Error::Body`](crate::Error::Body).
    #[must_use]
    pub fn dockerfile(mut self, path: impl AsRef<Path>) -> Self {
        match &mut self.source {
            Source::Folder { folder, dockerfile } => {
                let path = lexical(&folder.join(path));
                *dockerfile = Some(match path.strip_prefix(lexical(folder)) {
                    Ok(inside) => Dockerfile::Inside(inside.to_owned()),
                    Err(_) => Dockerfile::Outside(path),
                });
            }
            Source::Text { other, .. } => *other = Some(path.as_ref().to_owned()),
        }
        self
    }

    /// Sends it packed with gzip: for an engine that is far away.
    #[cfg(feature = "gzip")]
    #[must_use]
    pub fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// The archive, to be sent by a request of your own.
    #[must_use]
    pub fn into_body(self) -> Body {
        #[cfg(feature = "gzip")]
        if self.gzip {
            return Body::from_writer(move |out| {
                let packed = flate2::write::GzEncoder::new(out, flate2::Compression::default());
                self.source.write(packed)?.finish().map(drop)
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

    /// The path of the Dockerfile within the archive, where it is not the usual one.
    fn dockerfile_name(&self) -> Option<String> {
        match &self.source {
            Source::Folder { dockerfile: Some(dockerfile), .. } => Some(dockerfile.name()),
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
                // The same for the same file, so that a context is the same each time.
                let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
                let digest: String =
                    digest[..10].iter().map(|byte| format!("{byte:02x}")).collect();
                format!(".dockerfile.{digest}")
            }
        }
    }
}

impl Source {
    /// Writes the archive; what it was written to.
    fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let mut pack = Pack::new(out);
        match self {
            Self::Text { text, other: None } => {
                pack.bytes(Path::new(DOCKERFILE), text.as_bytes())?
            }
            Self::Text { other: Some(other), .. } => {
                let what = "the context is the text of a Dockerfile, and has no other one";
                return Err(at(other, what, io::ErrorKind::InvalidInput));
            }
            Self::Folder { folder, dockerfile } => {
                write_folder(&mut pack, folder, dockerfile.as_ref())?
            }
        }
        pack.finish()
    }
}

fn write_folder<W: Write>(
    pack: &mut Pack<W>,
    folder: &Path,
    dockerfile: Option<&Dockerfile>,
) -> io::Result<()> {
    // The folder itself may be a link.
    let folder = fs::canonicalize(folder).at(folder)?;
    let (inside, outside) = match dockerfile {
        None => (Path::new(usual_name(&folder)), None),
        Some(Dockerfile::Inside(path)) => (path.as_path(), None),
        Some(Dockerfile::Outside(path)) => (Path::new(""), Some(path)),
    };
    let path = outside.cloned().unwrap_or_else(|| folder.join(inside));
    if dockerfile.is_some() {
        fs::metadata(&path).at(&path)?;
    }
    let mut beside = path.into_os_string();
    beside.push(IGNORE_FILE);
    let own = read(Path::new(&beside))?;
    let usual = folder.join(IGNORE_FILE);
    let (named, mut text) = match own {
        Some(text) => (PathBuf::from(beside), Some(text)),
        None => (usual.clone(), read(&usual)?),
    };
    let parsed = Patterns::parse(text.as_deref().unwrap_or_default());
    let ignore = &parsed.map_err(|error| at(&named, error, io::ErrorKind::InvalidInput))?;
    let mut replaced = named != usual;
    if let (Some(path), Some(dockerfile)) = (outside, dockerfile) {
        // The engine takes what is named here out of the context before it copies from it.
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
    let mut walk = Walk::new(&folder, &select)?;
    while let Some(entry) = walk.next()? {
        if !(replaced && entry.path == Path::new(IGNORE_FILE)) {
            pack.walked(&folder.join(&entry.path), &entry.path, &entry.metadata)?;
        }
    }
    Ok(())
}

/// The name of the Dockerfile unless the caller names one: engines look for `dockerfile` as well.
fn usual_name(folder: &Path) -> &'static str {
    let is_there = |name: &str| fs::symlink_metadata(folder.join(name)).is_ok();
    if !is_there(DOCKERFILE) && is_there(LOWER_CASE) { LOWER_CASE } else { DOCKERFILE }
}

/// The content of a file, if there is one.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => text.at(path).map(Some),
    }
}

/// The path without `.` and `..`, by its text alone.
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
