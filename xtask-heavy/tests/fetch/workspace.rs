//! A workspace with pins of made-up documents, and the command run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use codegen::versions::{ApiVersion, Pin, Pins};
use sha2::{Digest, Sha256};

/// The commit that all documents are pinned to.
pub(crate) const COMMIT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A document of version `1.minor`, which `path` tells from others of the same version.
pub(crate) fn document(minor: u32, path: &str) -> Vec<u8> {
    format!(
        "# A comment.\nswagger: '2.0'\ninfo: {{version: '1.{minor}', title: T}}\ndefinitions:\n  A:\n    type: object\n    \
         properties:\n      Size: {{type: integer, description: 'In bytes.'}}\npaths:\n  {path}:\n    get: {{summary: S, \
         responses: {{200: {{description: D}}}}}}\n"
    )
    .into_bytes()
}

/// The path of version `1.minor` on the server.
pub(crate) fn on_server(commit: &str, minor: u32) -> String {
    format!("/{commit}/docs/v1.{minor}.yaml")
}

/// A workspace in a temporary directory.
pub(crate) struct Workspace {
    directory: tempfile::TempDir,
}

/// How a run of the command ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workspace {
    /// Pins these documents, by minor version.
    pub(crate) fn pinning(documents: &[(u32, &[u8])]) -> Self {
        let versions: BTreeMap<ApiVersion, Pin> = documents
            .iter()
            .map(|&(minor, document)| {
                let (path, bytes) = (format!("docs/v1.{minor}.yaml"), document.len() as u64);
                (
                    ApiVersion::new(1, minor),
                    Pin { commit: None, path, sha256: sha256(document), bytes },
                )
            })
            .collect();
        let pins = Pins {
            repository: "https://example.com/engine".to_owned(),
            commit: COMMIT.to_owned(),
            versions,
        };
        let workspace = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir_all(workspace.directory.path().join("xtask")).unwrap();
        workspace.put("spec/versions.toml", pins.to_toml().unwrap().as_bytes());
        workspace
    }

    /// Runs `cargo xtask fetch` with these arguments.
    pub(crate) fn fetch(&self, arguments: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask-heavy"))
            .arg("fetch")
            .args(arguments)
            .env("CARGO_MANIFEST_DIR", self.directory.path().join("xtask"))
            .env("NO_PROXY", "*")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub(crate) fn put(&self, path: &str, contents: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn pins(&self) -> Pins {
        Pins::read(&self.text("spec/versions.toml"), "versions.toml").unwrap()
    }

    /// Every file of `spec/`, with what it holds.
    pub(crate) fn spec(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.path("spec"))
    }
}

/// The files of a directory, with what they hold.
pub(crate) fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
