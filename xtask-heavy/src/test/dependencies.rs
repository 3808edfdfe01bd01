//! Checks the dependencies by what `cargo metadata` reports: licences, sources and requirements by the rules of
//! `deny.toml`, as `cargo deny` does, and the minimum Rust version of each.
//!
//! The check of Rust versions needs no older toolchain: it compares what the dependencies state. Clippy finds what the
//! workspace's own code uses of newer standard libraries (`incompatible_msrv`).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::licence;
use xtask::files;

/// The registry that all dependencies come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks every package of the workspace in `root` and all that they depend on, with all features; `metadata` is
/// `cargo metadata`.
///
/// # Errors
///
/// A line for each package that breaks a rule.
pub(super) fn check(root: &Path, mut metadata: Command) -> Result<()> {
    let rules: Rules =
        toml::from_str(&files::read(&root.join("deny.toml"))?).context("deny.toml")?;
    let output = metadata.output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!("`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .context("cannot read the output of cargo metadata")?;
    for (name, versions) in metadata.duplicates() {
        println!("    note: {name} in several versions: {}", versions.join(", "));
    }
    let problems = metadata.problems(&rules);
    if !problems.is_empty() {
        bail!("{} problems\n{}", problems.len(), problems.join("\n"));
    }
    println!("    {} packages", metadata.packages.len());
    Ok(())
}

/// The parts of `deny.toml` that are checked here.
#[derive(Debug, Deserialize)]
struct Rules {
    licenses: Licenses,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// More licences that a crate may have.
#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

impl Licenses {
    fn allows(&self, package: &Package) -> bool {
        let exceptions = self.exceptions.iter().filter(|exception| exception.name == package.name);
        let allowed: Vec<&String> =
            self.allow.iter().chain(exceptions.flat_map(|exception| &exception.allow)).collect();
        let expression = package.license.as_deref().unwrap_or_default();
        licence::is_satisfied(expression, &|licence| allowed.iter().any(|one| *one == licence))
    }
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// The registry; none for a package of the workspace.
    source: Option<String>,
    rust_version: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    req: String,
    path: Option<String>,
}

impl Metadata {
    /// What breaks a rule, a line each.
    fn problems(&self, rules: &Rules) -> Vec<String> {
        let own = self.packages.iter().filter(|package| package.source.is_none());
        let minimum = own.filter_map(|package| package.rust_version.as_deref().map(numbers)).min();
        let mut problems = Vec::new();
        for package in &self.packages {
            let name = format!("{} {}", package.name, package.version);
            if !rules.licenses.allows(package) {
                let licence = package.license.as_deref().unwrap_or("none");
                problems.push(format!("{name}: deny.toml does not allow its licence, {licence}"));
            }
            if let Some(source) = &package.source
                && source != REGISTRY
            {
                problems.push(format!("{name}: its source is {source}, not the registry"));
            }
            match (&package.rust_version, &minimum) {
                (Some(required), Some(minimum)) if numbers(required) > *minimum => {
                    let [major, minor, _] = minimum;
                    problems.push(format!(
                        "{name}: it requires Rust {required}, and the workspace states {major}.{minor}"
                    ));
                }
                _ => {}
            }
            let wildcards = package.dependencies.iter().filter(|dependency| {
                package.source.is_none() && dependency.req == "*" && dependency.path.is_none()
            });
            problems.extend(
                wildcards.map(|dependency| {
                    format!("{name}: it takes any version of {}", dependency.name)
                }),
            );
        }
        problems
    }

    /// The packages that are there in more than one version.
    fn duplicates(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for package in &self.packages {
            versions.entry(&package.name).or_default().push(&package.version);
        }
        versions.retain(|_, versions| versions.len() > 1);
        versions
    }
}

/// The three numbers of a Rust version, of which the last ones may be left out.
fn numbers(version: &str) -> [u32; 3] {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
[licenses]
allow = ["MIT"]
exceptions = [{ crate = "special", allow = ["MPL-2.0"] }]
"#;

    fn problems(package: serde_json::Value) -> Vec<String> {
        let own = serde_json::json!({
            "name": "own", "version": "0.1.0", "license": "MIT", "source": null, "rust_version": "1.88",
            "dependencies": [],
        });
        let metadata = serde_json::json!({"packages": [own, package]});
        let metadata: Metadata = serde_json::from_value(metadata).unwrap();
        metadata.problems(&toml::from_str(RULES).unwrap())
    }

    fn package(name: &str, license: &str, rust_version: &str, source: &str) -> serde_json::Value {
        serde_json::json!({
            "name": name, "version": "1.2.3", "license": license, "source": source,
            "rust_version": rust_version, "dependencies": [],
        })
    }

    #[test]
    fn each_rule_names_the_package_that_breaks_it() {
        for (package, expected) in [
            (package("a", "MIT OR GPL-3.0", "1.88", REGISTRY), None),
            (package("special", "MPL-2.0", "1.60.1", REGISTRY), None),
            (
                package("a", "MPL-2.0", "1.60", REGISTRY),
                Some("does not allow its licence, MPL-2.0"),
            ),
            (package("a", "MIT", "1.88.1", REGISTRY), Some("requires Rust 1.88.1")),
            (package("a", "MIT", "1.100", REGISTRY), Some("requires Rust 1.100")),
            (package("a", "MIT", "1.60", "git+https://example.com"), Some("git+https")),
        ] {
            let found = problems(package);
            assert_eq!(found.len(), usize::from(expected.is_some()), "{found:?}");
            if let Some(expected) = expected {
                assert!(
                    found[0].starts_with("a 1.2.3: ") && found[0].contains(expected),
                    "{found:?}"
                );
            }
        }
    }

    #[test]
    fn a_requirement_of_any_version_is_a_problem() {
        let package = serde_json::json!({
            "name": "b", "version": "0.1.0", "license": "MIT", "source": null, "rust_version": null,
            "dependencies": [
                {"name": "any", "req": "*", "path": null},
                {"name": "beside", "req": "*", "path": "/beside"},
            ],
        });
        assert_eq!(problems(package), ["b 0.1.0: it takes any version of any"]);
    }
}
