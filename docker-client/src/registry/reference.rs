//! References to images: registry, path, tag and digest, in the grammar of the distribution project.
//!
//! Ref: <https://pkg.go.dev/github.com/distribution/reference>

use std::fmt;
use std::str::FromStr;

use docker_api::Error;

/// The registry of a reference that does not contain one.
const HUB: &str = "docker.io";

/// The former name of Docker Hub.
const FORMER_HUB: &str = "index.docker.io";

/// The maximum length of a path, in characters.
const PATH_LIMIT: usize = 255;

/// The maximum length of a tag, in characters.
const TAG_LIMIT: usize = 128;

/// The digest algorithms, and the number of hexadecimal digits of each.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// A reference to an image by its name, such as `registry.example.com:5000/team/app:1.2@sha256:…`.
///
/// It is parsed by the rules that engines use, so that [`registry`](Self::registry) is the registry that an engine
/// contacts for it:
///
/// - The first part of a name is a registry if it contains a dot, a colon or an upper-case letter, or if it is
///   `localhost`. Otherwise the image is on Docker Hub.
/// - A path consists of lower-case letters and digits, which may be separated by a dot, one or two underscores, or
///   dashes.
/// - A tag after `:` and a digest after `@` must not be empty: `app:` and `app@` are errors.
///
/// The ID of an image (64 hexadecimal digits, optionally after `sha256:`) is not a reference, because no registry has
/// it; parsing one fails. A shortened ID is parsed as a name, which is also what the Docker command line does.
///
/// ```
/// use docker_client::ImageReference;
///
/// # fn main() -> Result<(), docker_client::Error> {
/// let reference: ImageReference = "localhost:5000/team/app:1.2".parse()?;
/// assert_eq!(reference.registry(), "localhost:5000");
/// assert_eq!(reference.path(), "team/app");
/// assert_eq!(reference.tag(), Some("1.2"));
///
/// let error = "team/App".parse::<ImageReference>().unwrap_err();
/// assert!(error.to_string().contains("at character 6"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageReference {
    registry: Option<String>,
    path: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl ImageReference {
    /// Returns the host of the registry, with its port if it has one; `docker.io` for Docker Hub.
    #[must_use]
    pub fn registry(&self) -> &str {
        match self.registry.as_deref() {
            None | Some(FORMER_HUB) => HUB,
            Some(registry) => registry,
        }
    }

    /// Returns the path in the registry, as it was written: `busybox`, not `library/busybox`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the tag, if there is one.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Returns the digest, if there is one, such as `sha256:` and 64 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// Returns the registry and the path as they were written, without the tag and the digest.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{}", self.path),
            None => self.path.clone(),
        }
    }

    /// Returns whether the image is on Docker Hub.
    pub(crate) fn is_on_hub(&self) -> bool {
        self.registry() == HUB
    }

    /// Parses a reference. The error is a message for users.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parse(text).map_err(|Fault { at, what }| {
            // Characters are counted from 1.
            let at = text.get(..at).unwrap_or(text).chars().count() + 1;
            format!("invalid image reference {text:?}: {what}, at character {at}")
        })
    }
}

impl FromStr for ImageReference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text).map_err(|message| Error::config("image reference", message))
    }
}

/// Writes the reference as it was parsed.
impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        f.write_str(&self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Returns whether a string is the ID of an image: a digest or 64 hexadecimal digits.
pub(crate) fn is_image_id(text: &str) -> bool {
    is_hex(text, 64) || is_digest(text)
}

/// Returns whether the first part of a name is a registry.
///
/// Searches use an older rule, which ignores upper-case letters.
pub(crate) fn is_registry(first: &str, searching: bool) -> bool {
    first.contains(['.', ':'])
        || first == "localhost"
        || (!searching && first.chars().any(char::is_uppercase))
}

/// The error of an invalid reference.
struct Fault {
    /// The position in bytes.
    at: usize,
    /// What was expected at the position.
    what: String,
}

fn fault<T>(at: usize, what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { at, what: what.into() })
}

fn parse(text: &str) -> Result<ImageReference, Fault> {
    if is_image_id(text) {
        return fault(0, "expected a name, found the ID of an image");
    }
    let (registry, path_at) = match text.find('/') {
        Some(slash) if is_registry(&text[..slash], false) => (Some(&text[..slash]), slash + 1),
        _ => (None, 0),
    };
    if let Some(registry) = registry {
        check_registry(registry)?;
    }
    let rest = &text[path_at..];
    let path_end = path_at + rest.find([':', '@']).unwrap_or(rest.len());
    let path = &text[path_at..path_end];
    check_path(path, path_at)?;
    let digest_at = text[path_end..].find('@').map(|at| path_end + at + 1);
    let tag_end = digest_at.map_or(text.len(), |at| at - 1);
    let tag = text[path_end..tag_end].strip_prefix(':');
    if let Some(tag) = tag {
        check_tag(tag, path_end + 1)?;
    }
    let digest = digest_at.map(|at| &text[at..]);
    if let (Some(digest), Some(at)) = (digest, digest_at) {
        check_digest(digest, at)?;
    }
    let reference = ImageReference {
        registry: registry.map(str::to_owned),
        path: path.to_owned(),
        tag: tag.map(str::to_owned),
        digest: digest.map(str::to_owned),
    };
    // On Docker Hub, a name of one part belongs to `library/`.
    let prefix = if reference.is_on_hub() && !path.contains('/') { "library/".len() } else { 0 };
    if prefix + path.len() > PATH_LIMIT {
        return fault(path_at, format!("expected a path of at most {PATH_LIMIT} characters"));
    }
    Ok(reference)
}

fn check_registry(registry: &str) -> Result<(), Fault> {
    let port_at = if registry.starts_with('[') {
        let Some(end) = registry.find(']') else {
            return fault(registry.len(), "expected `]` after the IPv6 address");
        };
        let inner = &registry[1..end];
        let other = inner.find(|c: char| c != ':' && !c.is_ascii_hexdigit());
        if let Some(at) = other.or(inner.is_empty().then_some(0)) {
            return fault(1 + at, "expected an IPv6 address");
        }
        end + 1
    } else {
        let end = registry.find(':').unwrap_or(registry.len());
        check_host(&registry[..end])?;
        end
    };
    let Some(port) = registry[port_at..].strip_prefix(':') else {
        return match port_at == registry.len() {
            true => Ok(()),
            false => fault(port_at, "expected `:` and a port, or `/`"),
        };
    };
    let other = port.find(|c: char| !c.is_ascii_digit());
    match other.or(port.is_empty().then_some(0)) {
        Some(at) => fault(port_at + 1 + at, "expected a port"),
        None => Ok(()),
    }
}

/// Checks a host: labels of letters, digits and inner dashes, separated by dots.
fn check_host(host: &str) -> Result<(), Fault> {
    let mut at = 0;
    for label in host.split('.') {
        if label.is_empty() {
            return fault(at, "expected a letter or a digit in the host of the registry");
        }
        if let Some(other) = label.find(|c: char| c != '-' && !c.is_ascii_alphanumeric()) {
            return fault(
                at + other,
                "expected a letter, a digit, `-` or `.` in the host of the registry",
            );
        }
        if label.starts_with('-') || label.ends_with('-') {
            let dash = if label.starts_with('-') { 0 } else { label.len() - 1 };
            return fault(
                at + dash,
                "expected a letter or a digit at the start and the end of a part of the host",
            );
        }
        at += label.len() + 1;
    }
    Ok(())
}

/// Checks a path that begins at byte `begin` of the reference.
fn check_path(path: &str, begin: usize) -> Result<(), Fault> {
    let mut at = begin;
    for part in path.split('/') {
        if part.is_empty() {
            return fault(at, "expected a name");
        }
        let mut separator = "";
        let mut before = at;
        for (offset, character) in part.char_indices() {
            let here = at + offset;
            match character {
                'a'..='z' | '0'..='9' => {
                    if !matches!(separator, "" | "." | "_" | "__")
                        && !separator.bytes().all(|byte| byte == b'-')
                    {
                        return fault(before, SEPARATORS);
                    }
                    separator = "";
                }
                '.' | '_' | '-' => {
                    if offset == 0 {
                        return fault(here, "expected a lower-case letter or a digit first");
                    }
                    if separator.is_empty() {
                        before = here;
                    }
                    separator = &part[before - at..=offset];
                }
                'A'..='Z' => return fault(here, "expected a lower-case letter"),
                _ => {
                    return fault(
                        here,
                        "expected a lower-case letter, a digit, `.`, `_`, `-`, `/`, `:` or `@`",
                    );
                }
            }
        }
        if !separator.is_empty() {
            return fault(before, "expected a lower-case letter or a digit last");
        }
        at += part.len() + 1;
    }
    Ok(())
}

const SEPARATORS: &str = "expected a dot, one or two underscores, or dashes";

/// Checks a tag that begins at byte `begin` of the reference.
fn check_tag(tag: &str, begin: usize) -> Result<(), Fault> {
    if tag.is_empty() {
        return fault(begin, "expected a tag after `:`");
    }
    for (offset, character) in tag.char_indices() {
        match character {
            '0'..='9' | 'A'..='Z' | 'a'..='z' | '_' => {}
            '.' | '-' if offset > 0 => {}
            '.' | '-' => {
                return fault(begin, "expected a tag that begins with a letter, a digit or `_`");
            }
            _ => {
                let what = "expected a letter, a digit, `_`, `.`, `-` or `@`";
                return fault(begin + offset, what);
            }
        }
        if offset >= TAG_LIMIT {
            let what = format!("expected a tag of at most {TAG_LIMIT} characters");
            return fault(begin + offset, what);
        }
    }
    Ok(())
}

/// Checks a digest that begins at byte `begin` of the reference.
fn check_digest(digest: &str, begin: usize) -> Result<(), Fault> {
    let Some((algorithm, hex)) = digest.split_once(':') else {
        return fault(begin, "expected a digest such as `sha256:…` after `@`");
    };
    let Some((_, digits)) = ALGORITHMS.iter().find(|(name, _)| *name == algorithm) else {
        return fault(begin, "expected `sha256:`, `sha384:` or `sha512:`");
    };
    let begin = begin + algorithm.len() + 1;
    if let Some(at) = hex.find(|c| !is_hex_digit(c)) {
        return fault(begin + at, "expected a lower-case hexadecimal digit");
    }
    match hex.len() == *digits {
        true => Ok(()),
        false => fault(
            begin + hex.len().min(*digits),
            format!("expected {digits} hexadecimal digits for {algorithm}, found {}", hex.len()),
        ),
    }
}

/// Returns whether a string is a digest of a known algorithm, such as `sha256:` and 64 hexadecimal digits.
pub(crate) fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    ALGORITHMS.iter().any(|(name, digits)| *name == algorithm && is_hex(hex, *digits))
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.chars().all(is_hex_digit)
}

fn is_hex_digit(character: char) -> bool {
    matches!(character, '0'..='9' | 'a'..='f')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIGEST: &str = "sha256:e5e7a9b26e0ac8b9b1b3a2a5f0a3b3c3f3a7a0c6e9b1d2f4a6c8e0f2a4c6e8f0";
    const HEX: &str = "e5e7a9b26e0ac8b9b1b3a2a5f0a3b3c3f3a7a0c6e9b1d2f4a6c8e0f2a4c6e8f0";

    #[test]
    fn a_reference_is_parsed_into_its_parts() {
        let with_digest = format!("r:5000/a:t@{DIGEST}");
        for (text, registry, path, tag, digest) in [
            ("busybox", HUB, "busybox", None, None),
            ("busybox:1.36", HUB, "busybox", Some("1.36"), None),
            ("team/app:1", HUB, "team/app", Some("1"), None),
            ("docker.io/library/busybox", HUB, "library/busybox", None, None),
            ("index.docker.io/busybox", HUB, "busybox", None, None),
            ("localhost/app", "localhost", "app", None, None),
            ("localhost:5000/team/app:x", "localhost:5000", "team/app", Some("x"), None),
            ("LOCALHOST/app", "LOCALHOST", "app", None, None),
            ("Foo/bar", "Foo", "bar", None, None),
            ("foo/bar", HUB, "foo/bar", None, None),
            ("[::1]:5000/app", "[::1]:5000", "app", None, None),
            ("[fd00::1]/a/b/c", "[fd00::1]", "a/b/c", None, None),
            ("a-b.example/x--y__z.w_v", "a-b.example", "x--y__z.w_v", None, None),
            (&*with_digest, "r:5000", "a", Some("t"), Some(DIGEST)),
            // Too short for an ID, so a name and a tag.
            ("sha256:e5e7a9b26e0a", HUB, "sha256", Some("e5e7a9b26e0a"), None),
            ("e5e7a9b26e0a", HUB, "e5e7a9b26e0a", None, None),
            (&HEX[..63], HUB, &HEX[..63], None, None),
        ] {
            let reference = ImageReference::parse(text).unwrap();
            assert_eq!(reference.registry(), registry, "{text}");
            assert_eq!(
                (reference.path(), reference.tag(), reference.digest()),
                (path, tag, digest),
                "{text}"
            );
            assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn an_error_contains_what_was_expected_and_where() {
        let short = format!("app@{}", &DIGEST[..70]);
        let upper = format!("app@{}", DIGEST.to_uppercase().replace("SHA", "sha"));
        let long = format!("app@{DIGEST}0");
        let long_tag = format!("app:{}", "t".repeat(129));
        let long_path = "p".repeat(256);
        let longest_hub = "p".repeat(248);
        for (text, what, at) in [
            ("", "expected a name", 1),
            ("app:", "expected a tag after `:`", 5),
            ("r/app:", "expected a tag after `:`", 7),
            ("app@", "expected a digest", 5),
            ("app:1@", "expected a digest", 7),
            (":tag", "expected a name", 1),
            ("r.example/", "expected a name", 11),
            ("/app", "expected a name", 1),
            ("a//b", "expected a name", 3),
            ("team/App", "expected a lower-case letter", 6),
            ("App", "expected a lower-case letter", 1),
            ("\u{e9}t\u{e9}/app!", "expected a lower-case letter, a digit", 1),
            ("app/caf\u{e9}!", "expected a lower-case letter, a digit", 8),
            ("a___b", "expected a dot, one or two underscores", 2),
            ("a..b", "expected a dot", 2),
            ("a._b", "expected a dot", 2),
            ("-a", "first", 1),
            ("a-", "last", 2),
            ("team/a_:1", "last", 7),
            ("app:.x", "expected a tag that begins with", 5),
            ("app:x/2", "expected a port", 5),
            ("app:a b", "expected a letter, a digit, `_`, `.`, `-` or `@`", 6),
            ("host:80a/app", "expected a port", 8),
            ("host:/app", "expected a port", 6),
            (".example/app", "expected a letter or a digit in the host of the registry", 1),
            ("a..example/app", "expected a letter or a digit in the host of the registry", 3),
            ("a_b.example/app", "in the host of the registry", 2),
            ("-a.example/app", "at the start and the end of a part of the host", 1),
            ("a-.example/app", "at the start and the end of a part of the host", 2),
            ("[::1/app", "expected `]`", 5),
            ("[::x]/app", "expected an IPv6 address", 4),
            ("[::1]x/app", "expected `:` and a port", 6),
            ("[]:1/app", "expected an IPv6 address", 2),
            ("app@sha256", "expected a digest", 5),
            ("app@md5:00", "expected `sha256:`", 5),
            (&short, "expected 64 hexadecimal digits for sha256, found 63", 75),
            (&long, "found 65", 76),
            (&upper, "expected a lower-case hexadecimal digit", 12),
            (&long_tag, "at most 128", 133),
            (&long_path, "at most 255", 1),
            (&longest_hub, "at most 255", 1),
            (DIGEST, "found the ID of an image", 1),
            (HEX, "found the ID of an image", 1),
        ] {
            let error = text.parse::<ImageReference>().unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
            assert!(error.ends_with(&format!(", at character {at}")), "{text}: {error}");
        }
        assert!("p".repeat(247).parse::<ImageReference>().is_ok());
        assert!(format!("app:{}", "t".repeat(128)).parse::<ImageReference>().is_ok());
    }

    #[test]
    fn an_id_has_all_its_digits() {
        let other = format!("sha512:{}{HEX}", HEX);
        for (text, expected) in [
            (HEX, true),
            (DIGEST, true),
            (&*other, true),
            (&HEX[1..], false),
            (&DIGEST[..70], false),
            ("busybox", false),
            (&HEX.to_uppercase(), false),
        ] {
            assert_eq!(is_image_id(text), expected, "{text}");
        }
    }

    proptest! {
        /// Every string that can be parsed is written unchanged, and no string causes a panic.
        #[test]
        fn any_string_is_parsed_or_refused(
            text in "[a-zA-Z0-9.:@/_\\[\\]\u{e9} -]{0,40}|(\\PC{0,20})",
        ) {
            if let Ok(reference) = ImageReference::parse(&text) {
                prop_assert_eq!(reference.to_string(), text);
            }
        }
    }
}
