//! Whether this machine can run private engines, and if not, why.

use std::fs;
use std::process::Command;

use crate::command;

/// Returns why this machine cannot run private engines, as a message for the user, or `None` if it can.
#[must_use]
pub fn obstacle() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("private engines need Linux".to_owned());
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !release.lines().any(|line| line == "ID=debian") {
        return Some(
            "private engines are set up from Debian's packages, and this is not Debian".to_owned(),
        );
    }
    if !is_root() {
        return Some("private engines need root".to_owned());
    }
    let mut probe = Command::new("unshare");
    probe.args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "true"]);
    let error = command::run("making namespaces", &mut probe).err()?;
    Some(format!("private engines need namespaces of their own: {error}"))
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // The directory belongs to the user that the process runs as.
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
