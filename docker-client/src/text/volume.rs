//! Volumes in the syntax of `docker run --volume`.

use super::{InvalidText, SyntaxError, split};

/// The result of parsing a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Volume {
    /// The path of a volume without a name, which the engine creates for the container.
    Anonymous(String),
    /// A named volume or a path of the host, as an item of [`HostConfig::binds`](docker_api::types::HostConfig):
    /// `source:target[:options]`.
    Bind(String),
}

/// The options that may follow the target.
const OPTIONS: &[&str] = &[
    "ro",
    "rw",
    "z",
    "Z",
    "U",
    "nocopy",
    "copy",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
    "consistent",
    "cached",
    "delegated",
];

/// Parses a volume, as `docker run --volume` does: `[source:]target[:options]`.
///
/// - `/data`: a volume without a name.
/// - `data:/data:ro`: the volume `data`, which the engine creates if it does not exist.
/// - `/srv/site:/site:ro,z`: a directory of the host, which the engine creates if it does not exist.
/// - `./site:/site`: a path that begins with a dot is relative to the current directory of this process.
///
/// # Errors
///
/// Returns [`InvalidText`] if the syntax is invalid, or the current directory is needed and cannot be determined.
pub fn volume(text: &str) -> Result<Volume, InvalidText> {
    read(text).map_err(|error| error.of(text, "volume"))
}

fn read(text: &str) -> Result<Volume, SyntaxError> {
    // The path of a directory on Windows contains a colon.
    let is_drive =
        |part: &str| part.len() == 1 && part.starts_with(|c: char| c.is_ascii_alphabetic());
    let mut parts: Vec<(usize, &str)> = Vec::new();
    for (at, part) in split(text, ':') {
        match parts.last_mut() {
            Some((begin, drive)) if is_drive(drive) && part.starts_with('\\') => {
                *drive = &text[*begin..at + part.len()];
            }
            _ => parts.push((at, part)),
        }
    }
    // With forward slashes, `c:/data` could also be the volume `c` and its target.
    if let [(_, drive), (at, rest), (_, next), ..] = &parts[..]
        && is_drive(drive)
        && is_absolute(next)
    {
        let path = (0, &text[..at + rest.len()]);
        parts.splice(..2, [path]);
    }
    let (source, (at, target), options) = match parts[..] {
        [target] => (None, target, None),
        [source, target] => (Some(source), target, None),
        [source, target, options] => (Some(source), target, Some(options)),
        _ => {
            let at = parts.get(3).map_or(0, |(at, _)| at - 1);
            return Err(SyntaxError::new(at, "expected nothing after the options"));
        }
    };
    if !is_absolute(target) {
        return Err(SyntaxError::new(at, "expected an absolute path in the container"));
    }
    if target.trim_matches('/').is_empty() {
        return Err(SyntaxError::new(at, "expected a path other than `/`"));
    }
    for (at, option) in options.into_iter().flat_map(|(at, options)| {
        split(options, ',').map(move |(within, option)| (at + within, option))
    }) {
        if !OPTIONS.contains(&option) {
            return Err(SyntaxError::new(at, format!("expected one of: {}", OPTIONS.join(", "))));
        }
    }
    let Some((at, source)) = source else { return Ok(Volume::Anonymous(target.to_owned())) };
    if source.is_empty() {
        return Err(SyntaxError::new(
            at,
            "expected the name of a volume or a path before the colon",
        ));
    }
    if source.starts_with('.') {
        return Ok(Volume::Bind(absolute(source, at)? + &text[source.len()..]));
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !is_absolute(source)
        && let Some((offset, _)) = source.char_indices().find(|(_, c)| !is_name(*c))
    {
        let expected = "expected the name of a volume (letters, digits and `_.-`) or a path that begins with `/` or `.`";
        return Err(SyntaxError::new(at + offset, expected));
    }
    Ok(Volume::Bind(text.to_owned()))
}

/// Returns whether a path is absolute on Linux or on Windows.
pub(super) fn is_absolute(path: &str) -> bool {
    let mut chars = path.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some('/'), ..) => true,
        (Some('\\'), Some('\\'), _) => true,
        (Some(drive), Some(':'), Some('\\' | '/')) => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

/// Makes a path absolute that is relative to the current directory. `at` is its position, for the error.
pub(super) fn absolute(path: &str, at: usize) -> Result<String, SyntaxError> {
    match std::path::absolute(path) {
        Ok(path) => Ok(path.to_string_lossy().into_owned()),
        Err(error) => {
            Err(SyntaxError::new(at, format!("cannot determine the current directory: {error}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_parsed() {
        for text in ["/data", "C:\\data"] {
            assert_eq!(volume(text), Ok(Volume::Anonymous(text.into())), "{text}");
        }
        for text in [
            "data:/data",
            "my_data.1-x:/data:ro",
            "/srv/a b:/data:rw,z,rslave",
            "C:\\data:/data",
            "c:/data:/data:ro",
            "C:\\data:D:\\x",
            "c:/data:D:\\x:ro",
            "v:C:\\x",
            "v:/data:ro",
            "data:/a/./b",
        ] {
            assert_eq!(volume(text), Ok(Volume::Bind(text.into())), "{text}");
        }
        let here = std::env::current_dir().unwrap().join("site");
        let expected = format!("{}:/site:ro", here.display());
        assert_eq!(volume("./site:/site:ro"), Ok(Volume::Bind(expected)));
    }

    #[test]
    fn an_error_points_at_the_part_that_is_invalid() {
        for (text, at) in [
            ("", 0),
            ("data", 0),
            ("/", 0),
            ("data:/", 5),
            (":/data", 0),
            ("data:data", 5),
            ("data:/data:readonly", 11),
            ("data:/data:ro,x", 14),
            ("data:/data:", 11),
            ("data:/data:ro:more", 13),
            ("site/a:/data", 4),
        ] {
            assert_eq!(volume(text).map_err(|error| error.position()), Err(at), "{text}");
        }
    }
}
