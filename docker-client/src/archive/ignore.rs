//! Patterns in the syntax of `.dockerignore`.
//!
//! Ref: <https://docs.docker.com/build/concepts/context/#dockerignore-files>

use std::fmt;
use std::path::Path;

use docker_api::Error;

use super::pattern::Pattern;

/// A list of patterns in the syntax of `.dockerignore`. The last pattern that matches a path decides.
#[derive(Debug, Default)]
pub struct Patterns(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: Pattern,
    /// Whether the pattern begins with `!`, so that a path that it matches is an exception.
    exception: bool,
}

/// The error of a pattern that has the syntax of no `.dockerignore` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPattern(String);

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidPattern {}

impl From<InvalidPattern> for Error {
    fn from(error: InvalidPattern) -> Self {
        Self::config("pattern", error.to_string())
    }
}

impl Patterns {
    /// Parses the content of a `.dockerignore` file, including comments and empty lines.
    ///
    /// It need not be valid UTF-8. An invalid byte matches the same byte in the name of a file.
    ///
    /// # Errors
    ///
    /// Returns an error with the number and the content of the first invalid line.
    pub fn parse(content: impl AsRef<[u8]>) -> Result<Self, InvalidPattern> {
        let text = characters(content.as_ref());
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut rules = Vec::new();
        for (number, line) in text.lines().enumerate() {
            // Only a `#` in the first column begins a comment.
            let pattern = if line.starts_with('#') { "" } else { line.trim() };
            if !pattern.is_empty() {
                let rule = Rule::parse(pattern);
                rules.push(rule.map_err(|what| {
                    let line = line.replace(is_byte, "\u{fffd}");
                    InvalidPattern(format!("line {}: {line:?}: {what}", number + 1))
                })?);
            }
        }
        Ok(Self(rules))
    }

    /// Parses a list of patterns.
    ///
    /// # Errors
    ///
    /// Returns an error with the first invalid pattern.
    pub fn new<P: AsRef<str>>(
        patterns: impl IntoIterator<Item = P>,
    ) -> Result<Self, InvalidPattern> {
        let read = |pattern: P| {
            let pattern = pattern.as_ref();
            Rule::parse(pattern).map_err(|what| InvalidPattern(format!("{pattern:?}: {what}")))
        };
        patterns.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Returns whether the patterns match a relative path or one of its parent directories.
    #[must_use]
    pub fn matches(&self, path: &Path) -> bool {
        let path = slashed(path);
        self.0.iter().fold(false, |matched, rule| {
            // A rule that would not change the result is skipped.
            if matched == rule.exception && rule.pattern.matches(&path) {
                !rule.exception
            } else {
                matched
            }
        })
    }

    /// Returns whether the patterns may match something in a directory.
    #[must_use]
    pub fn may_match_in(&self, directory: &Path) -> bool {
        let directory = slashed(directory);
        let rules = self.0.iter().filter(|rule| !rule.exception);
        rules
            .into_iter()
            .any(|rule| rule.pattern.matches(&directory) || rule.pattern.may_match_in(&directory))
    }

    /// Returns whether an exception may apply to something in a directory that the patterns match.
    #[must_use]
    pub fn may_except_in(&self, directory: &Path) -> bool {
        let directory = slashed(directory);
        // A rule that matches the directory matches everything in it and overrides all earlier rules.
        let later = self.0.iter().rev();
        let later = later.take_while(|rule| rule.exception || !rule.pattern.matches(&directory));
        later.filter(|rule| rule.exception).any(|rule| rule.pattern.may_match_in(&directory))
    }
}

impl Rule {
    fn parse(pattern: &str) -> Result<Self, &'static str> {
        let (exception, pattern) = match pattern.strip_prefix('!') {
            Some(pattern) => (true, pattern.trim()),
            None => (false, pattern),
        };
        if pattern.is_empty() {
            return Err("expected a pattern after `!`");
        }
        Ok(Self { pattern: Pattern::parse(&clean(pattern))?, exception })
    }
}

fn slashed(path: &Path) -> Vec<char> {
    let mut text = Vec::new();
    for part in path {
        if !text.is_empty() {
            text.push('/');
        }
        text.extend(characters(part.as_encoded_bytes()).chars());
    }
    text
}

/// The first of 256 private-use characters, which represent bytes that are not valid UTF-8.
const BYTES: u32 = 0x10_f700;

/// Converts bytes to a string, with a private-use character for each byte that is not valid UTF-8.
fn characters(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(
            chunk.invalid().iter().filter_map(|byte| char::from_u32(BYTES + u32::from(*byte))),
        );
    }
    text
}

fn is_byte(character: char) -> bool {
    (BYTES..=BYTES + 0xff).contains(&u32::from(character))
}

/// Returns the shortest equivalent path, without a leading or trailing slash.
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

    fn matches(text: &str, path: &str) -> bool {
        Patterns::parse(text).unwrap().matches(Path::new(path))
    }

    #[cfg(unix)]
    #[test]
    fn patterns_and_names_need_not_be_utf_8() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;

        for (text, name, expected) in [
            (&b"caf\xe9\n*.log"[..], &b"caf\xe9"[..], true),
            (b"caf\xe9", b"caf\xe8", false),
            (b"caf\xe9", "caf\u{e9}".as_bytes(), false),
            (b"caf?", b"caf\xe9", true),
            (b"caf??", b"caf\xe9", false),
            (b"caf[^\xe8]", b"caf\xe9", true),
            (b"\xe9/*\n!\xe9/x", b"\xe9/x", false),
            (b"\xff\r\n*.log\r\n", b"a.log", true),
        ] {
            let path = Path::new(OsStr::from_bytes(name));
            assert_eq!(Patterns::parse(text).unwrap().matches(path), expected, "{text:?} {name:?}");
        }
        let error = Patterns::parse(b"\xe9[").unwrap_err().to_string();
        assert!(error.starts_with("line 1: \"\u{fffd}[\": "), "{error}");
    }

    #[test]
    fn the_last_pattern_that_matches_decides() {
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
            assert_eq!(matches(text, path), expected, "{path} by {text:?}");
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
            assert_eq!(matches(text, path), expected, "{path} by {text:?}");
        }
    }

    #[test]
    fn an_invalid_pattern_is_named_with_its_line() {
        let error = Patterns::parse("a\n!\n").unwrap_err().to_string();
        assert_eq!(error, r#"line 2: "!": expected a pattern after `!`"#);
        assert!(Patterns::parse("[").unwrap_err().to_string().starts_with(r#"line 1: "[": "#));
    }
}
