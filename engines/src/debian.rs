//! Installs packages of Debian that are missing on this machine.

use std::process::Command;

use crate::command;
use crate::error::Result;

/// Installs those of `packages` that are missing, and says so through `say`.
pub(crate) fn install_missing(packages: &[&str], say: &dyn Fn(&str)) -> Result<()> {
    let mut missing = Vec::new();
    for package in packages {
        let mut query = Command::new("dpkg-query");
        query.args(["--show", "--showformat", "${db:Status-Status}", package]);
        // The command fails for an unknown package.
        if !query.output().is_ok_and(|output| output.stdout == b"installed") {
            missing.push(*package);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("installing {}", missing.join(", ")));
    // A source that is not available is not an error if the packages are in another one.
    let update = command::run("reading Debian's package lists", &mut apt(["update", "--quiet"]));
    let mut install = apt(["install", "--quiet", "--yes", "--no-install-recommends"]);
    let install = command::run("installing what the tests need", install.args(missing));
    if install.is_err() {
        update?;
    }
    install?;
    Ok(())
}

/// apt, without prompts.
pub(crate) fn apt<const N: usize>(arguments: [&str; N]) -> Command {
    let mut apt = Command::new("apt-get");
    apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    apt
}
