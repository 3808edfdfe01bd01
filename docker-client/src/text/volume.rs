//! Volumes in the short form.

use super::{InvalidText, Wrong, split};

/// What a volume in the short form comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Volume {
    /// A volume without a name, at this path: the engine makes one for the container.
    Anonymous(String),
    /// A volume with a name, or a path of the engine's machine, for
    /// [`HostConfig::binds`](docker_api::types::HostConfig): `source:target[:options]`.
    Bind(String),
}

/// What may stand after the target.
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

/// A volume as `docker run --volume` takes it: `[source:]target[:options]`.
///
/// - `/data`: a volume without a name.
/// - `data:/data:ro`: the volume `data`, which the engine makes where there is none.
/// - `/srv/site:/site:ro,z`: a folder of the engine's machine, which it makes where there is none. One that begins with a dot
///   is relative to the current folder.
///
/// # Errors
///
/// [`InvalidText`].
pub fn volume(text: &str) -> Result<Volume, InvalidText> {
    read(text).map_err(|wrong| wrong.of(text, "no volume"))
}

fn read(text: &str) -> Result<Volume, Wrong> {
    // A path of Windows has a colon of its own.
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
    // With other slashes, it could as well be a volume of one letter and its target.
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
            return Err(Wrong::new(at, "its end is expected after the options"));
        }
    };
    if !is_absolute(target) {
        return Err(Wrong::new(at, "an absolute path in the container is expected"));
    }
    if target.trim_matches('/').is_empty() {
        return Err(Wrong::new(at, "a path below `/` is expected: the root cannot be replaced"));
    }
    for (at, option) in options.into_iter().flat_map(|(at, options)| {
        split(options, ',').map(move |(within, option)| (at + within, option))
    }) {
        if !OPTIONS.contains(&option) {
            return Err(Wrong::new(
                at,
                format!("one of these is expected: {}", OPTIONS.join(", ")),
            ));
        }
    }
    let Some((at, source)) = source else { return Ok(Volume::Anonymous(target.to_owned())) };
    if source.is_empty() {
        return Err(Wrong::new(
            at,
            "the name of a volume, or a path, is expected before the colon",
        ));
    }
    if source.starts_with('.') {
        return Ok(Volume::Bind(absolute(source, at)? + &text[source.len()..]));
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !is_absolute(source)
        && let Some((offset, _)) = source.char_indices().find(|(_, c)| !is_name(*c))
    {
        let expected =
            "the name of a volume has letters, digits and `_.-`, and a path begins with `/` or `.`";
        return Err(Wrong::new(at + offset, expected));
    }
    Ok(Volume::Bind(text.to_owned()))
}

/// Whether a path is absolute, on Linux or on Windows.
pub(super) fn is_absolute(path: &str) -> bool {
    let mut chars = path.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some('/'), ..) => true,
        (Some('\\'), Some('\\'), _) => true,
        (Some(drive), Some(':'), Some('\\' | '/')) => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

/// A path, which stands at this place of a text and is relative to the current folder, in full.
pub(super) fn absolute(path: &str, at: usize) -> Result<String, Wrong> {
    match std::path::absolute(path) {
        Ok(path) => Ok(path.to_string_lossy().into_owned()),
        Err(error) => Err(Wrong::new(at, format!("there is no current folder: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
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
    fn an_error_points_at_the_part_that_is_wrong() {
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
