//! Replaces in a response what identifies the machine: its name, its directories, ports and secrets.

use std::path::Path;

/// The strings to replace, with their replacements.
#[derive(Debug, Default)]
pub(super) struct Scrub {
    texts: Vec<(String, String)>,
}

/// The prefixes of secrets; what follows them is replaced.
const SECRETS: [&str; 2] = ["SWMTKN-1-", "SWMKEY-1-"];

impl Scrub {
    /// Replaces all occurrences of a string.
    pub(super) fn text(&mut self, from: &str, to: &str) {
        if !from.is_empty() {
            self.texts.push((from.to_owned(), to.to_owned()));
        }
    }

    /// Replaces the directory that the engine keeps everything in, and its last part, after which other things are named.
    pub(super) fn directory(&mut self, directory: &Path) {
        self.text(&directory.display().to_string(), "/var/lib/engine");
        if let Some(name) = directory.file_name() {
            self.text(&name.to_string_lossy(), "engine");
        }
    }

    /// Replaces the machine's name where it is a whole value.
    pub(super) fn host_name(&mut self, name: &str) {
        self.text(&format!("\"{name}\""), "\"engine\"");
    }

    pub(super) fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.texts {
            text = text.replace(from, to);
        }
        for secret in SECRETS {
            text = blank(
                &text,
                secret,
                |c| c.is_ascii_alphanumeric() || "-+/".contains(c),
                "scrubbed",
            );
        }
        blank(&text, "127.0.0.1:", |c| c.is_ascii_digit(), "5000")
    }
}

/// Replaces what follows `prefix` for as long as `belongs` says.
fn blank(text: &str, prefix: &str, belongs: impl Fn(char) -> bool, with: &str) -> String {
    let mut parts = text.split(prefix);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(prefix);
        let rest = part.trim_start_matches(&belongs);
        if rest.len() < part.len() {
            out.push_str(with);
        }
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_machine_is_left() {
        let mut scrub = Scrub::default();
        scrub.directory(Path::new("/tmp/docker-tests-x1"));
        scrub.host_name("box");
        let text = r#"{"Name":"box","Dir":"/tmp/docker-tests-x1/data","Parent":"/docker-tests-x1",
            "Token":"SWMTKN-1-4abc-9xyz","Image":"127.0.0.1:38261/built:1","Text":"a box"}"#;
        let want = r#"{"Name":"engine","Dir":"/var/lib/engine/data","Parent":"/engine",
            "Token":"SWMTKN-1-scrubbed","Image":"127.0.0.1:5000/built:1","Text":"a box"}"#;
        assert_eq!(scrub.apply(text), want);
    }
}
