//! Which files of a folder a `.dockerignore` file leaves out.
//!
//! Ref: <https://docs.docker.com/build/concepts/context/#dockerignore-files>

use std::path::Path;

use super::pattern::Pattern;

/// The rules of a `.dockerignore` file, in their order: the last one that matches decides.
#[derive(Debug, Default)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: Pattern,
    /// `!`: takes back in what an earlier rule leaves out.
    back: bool,
}

impl Rules {
    /// Reads the text of a file. The error says in which line what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rules = Vec::new();
        for (number, line) in text.lines().enumerate() {
            // Only a `#` in the first column begins a comment.
            let pattern = if line.starts_with('#') { "" } else { line.trim() };
            if pattern.is_empty() {
                continue;
            }
            let (back, pattern) = match pattern.strip_prefix('!') {
                Some(pattern) => (true, pattern.trim()),
                None => (false, pattern),
            };
            let wrong = |what: &str| format!("line {}: {line:?}: {what}", number + 1);
            if pattern.is_empty() {
                return Err(wrong("a pattern is expected after `!`"));
            }
            let pattern = Pattern::parse(&clean(pattern)).map_err(wrong)?;
            rules.push(Rule { pattern, back });
        }
        Ok(Self(rules))
    }

    /// Whether a path, relative to the folder, is left out.
    pub(super) fn leave_out(&self, path: &Path) -> bool {
        let path = slashed(path);
        self.0.iter().fold(false, |out, rule| {
            // A rule that would change nothing need not be looked at.
            if out == rule.back && rule.pattern.matches(&path) { !rule.back } else { out }
        })
    }

    /// Whether something in a folder that is left out may be taken back in.
    pub(super) fn may_take_back_in(&self, folder: &Path) -> bool {
        let folder = slashed(folder);
        // A rule that leaves the folder out leaves out all that is in it, whatever came before.
        let later =
            self.0.iter().rev().take_while(|rule| rule.back || !rule.pattern.matches(&folder));
        later.filter(|rule| rule.back).any(|rule| rule.pattern.may_match_in(&folder))
    }
}

fn slashed(path: &Path) -> Vec<char> {
    let mut text = Vec::new();
    for part in path {
        if !text.is_empty() {
            text.push('/');
        }
        text.extend(part.to_string_lossy().chars());
    }
    text
}

/// The shortest path that means the same, without a slash at its begin and its end.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let separator = |c| c == '/' || cfg!(windows) && c == '\\';
    for part in path.split(separator) {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            ("..", None) if path.starts_with(separator) => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(text: &str, path: &str) -> bool {
        Rules::parse(text).unwrap().leave_out(Path::new(path))
    }

    #[test]
    fn the_last_rule_that_matches_decides() {
        for (text, path, expected) in [
            ("*.go", "a.go", true),
            ("!a.go\n*.go", "a.go", true),
            ("*.go\n!a.go", "a.go", false),
            ("docs\n!docs/README.md", "docs/README.md", false),
            ("docs\n!docs/README.md", "docs/other.md", true),
            ("docs/\n!docs/README.md", "docs/README.md", false),
            ("docs/*\n!docs/README.md", "docs/README.md", false),
            ("**\n!util/docker/web", "util/docker/web/foo", false),
            ("**\n!util/docker/web\nutil/docker/web/foo", "util/docker/web/foo", true),
            ("**\n!dist/*.whl", "dist/proxy.whl", false),
            ("*\n!*.md\nREADME*.md", "README-secret.md", true),
            ("*\n!*.md\nREADME*.md", "other.md", false),
        ] {
            assert_eq!(left_out(text, path), expected, "{path} by {text:?}");
        }
    }

    #[test]
    fn lines_are_read_as_the_engine_reads_them() {
        for (text, path, expected) in [
            ("\u{feff}a", "a", true),
            ("# a\n\n  \nb", "a", false),
            ("#a", "#a", false),
            (" #a", "#a", true),
            ("  a\t\r\n", "a", true),
            ("/a", "a", true),
            ("./a/./b/../c//", "a/c", true),
            ("a/..", "a", false),
            ("../a", "a", false),
            ("/../a", "a", true),
            ("! a\n", "a", false),
            ("a\n ! a", "a", false),
            (".", "a", false),
            ("/", "a", false),
            ("temp?\n*/temp*\n*/*/temp*", "some/sub/temporary", true),
        ] {
            assert_eq!(left_out(text, path), expected, "{path} by {text:?}");
        }
    }

    #[test]
    fn a_rule_that_is_none_is_named_with_its_line() {
        let error = Rules::parse("a\n!\n").unwrap_err();
        assert_eq!(error, r#"line 2: "!": a pattern is expected after `!`"#);
        assert!(Rules::parse("[").unwrap_err().starts_with(r#"line 1: "[": "#));
    }
}
