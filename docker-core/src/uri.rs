//! Writes the path and the query of a call, with every value escaped.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use crate::names::{bare, in_query};

/// All but the unreserved characters of RFC 3986: a value can end neither its segment nor its parameter.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How long a path and a query may be, in bytes. The crate `http` limits a URI to 65,534 bytes; the rest is for what is
/// put in front of the path.
const LIMIT: usize = 65_000;

/// The names and the values of the parameters of a path or a query.
pub(crate) type Values = [(&'static str, String)];

/// A part of the path of an operation.
pub(crate) enum Part<'a> {
    /// Text between parameters.
    Text(&'a str),
    /// The name of a parameter.
    Parameter(&'a str),
}

/// Splits the path of an operation at its parameters.
pub(crate) fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    template.split(['{', '}']).enumerate().map(|(index, part)| match index % 2 {
        0 => Part::Text(part),
        _ => Part::Parameter(part),
    })
}

/// Checks that the path of an operation can be written with these values.
pub(crate) fn check_path(template: &str, values: &Values) -> Result<(), String> {
    visit_path(template, values, |_| ())
}

/// Appends the path of an operation with these values to `uri`.
pub(crate) fn write_path(template: &str, values: &Values, uri: &mut String) -> Result<(), String> {
    visit_path(template, values, |piece| match piece {
        Piece::Text(text) => uri.push_str(text),
        Piece::Segment(segment) => uri.extend(escaped(segment)),
    })
}

/// Appends a query with these values to `uri`, and nothing if there are none.
pub(crate) fn write_query(template: &str, values: &Values, uri: &mut String) {
    for (index, (name, value)) in values.iter().enumerate() {
        uri.push(if index == 0 { '?' } else { '&' });
        uri.extend(escaped(name));
        uri.push('=');
        uri.extend(escaped(in_query(template, name, value)));
    }
}

/// Checks that a path and a query of `length` bytes together can be sent.
pub(crate) fn check_length(length: usize, query: &Values) -> Result<(), String> {
    if length <= LIMIT {
        return Ok(());
    }
    let encoded = |name: &str| -> usize {
        let values = query.iter().filter(|(key, _)| *key == name);
        values.map(|(_, value)| escaped(value).map(str::len).sum::<usize>()).sum()
    };
    let largest = query.iter().map(|(name, _)| (encoded(name), *name)).max();
    let Some((bytes, name)) = largest else {
        return Err(format!("the path takes {length} bytes, but at most {LIMIT} can be sent"));
    };
    Err(format!(
        "the query parameter `{name}` takes {bytes} bytes, and path and query take {length}, but at most {LIMIT} can be sent"
    ))
}

fn escaped(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// A piece of a path that is written.
enum Piece<'a> {
    /// Text that needs no escaping.
    Text(&'a str),
    /// A segment, or the part of one that a value makes up.
    Segment(&'a str),
}

/// Calls `visit` with each piece of the path, until a value is missing or invalid.
fn visit_path<'a>(
    template: &'a str,
    values: &'a Values,
    mut visit: impl FnMut(Piece<'a>),
) -> Result<(), String> {
    for part in parts(template) {
        let name = match part {
            Part::Text(text) => {
                visit(Piece::Text(text));
                continue;
            }
            Part::Parameter(name) => name,
        };
        let (_, value) = values
            .iter()
            .find(|(key, _)| *key == name)
            .ok_or_else(|| format!("the path parameter `{name}` is missing"))?;
        for (index, segment) in segments(template, value).enumerate() {
            if segment.trim().is_empty() || segment == "." || segment == ".." {
                return Err(format!(
                    "invalid path parameter `{name}`: expected a name or an ID, found {value:?}"
                ));
            }
            if index > 0 {
                visit(Piece::Text("/"));
            }
            visit(Piece::Segment(segment));
        }
    }
    Ok(())
}

/// Splits the value of a path parameter into the segments that it is sent as.
///
/// The slashes in the names of images and plugins are sent unescaped, because proxies refuse `%2F`. The one in front of
/// a container's name, which lists of containers include, is not sent, because engines would redirect.
fn segments<'a>(template: &str, value: &'a str) -> impl Iterator<Item = &'a str> {
    const SLASHES: [&str; 3] = ["/images/{name}", "/distribution/{name}", "/plugins/{name}"];
    let value = match template.starts_with("/containers/{id}") {
        true => bare(value),
        false => value,
    };
    let several = SLASHES.iter().any(|begin| template.starts_with(begin));
    value.splitn(if several { usize::MAX } else { 1 }, '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(template: &str, value: &str) -> Result<String, String> {
        let mut path = String::new();
        let values = [("name", value.to_owned()), ("id", value.to_owned())];
        assert_eq!(
            check_path(template, &values).is_ok(),
            write_path(template, &values, &mut path).is_ok()
        );
        check_path(template, &values).map(|()| path)
    }

    #[test]
    fn slashes_in_names_are_kept_and_the_one_in_front_of_a_container_is_removed() {
        for (template, value, expected) in [
            ("/images/{name}/push", "r:5000/a b/c", "/images/r%3A5000/a%20b/c/push"),
            ("/images/{name}", "team/app@sha256:0f", "/images/team/app%40sha256%3A0f"),
            ("/distribution/{name}/json", "r/a?b#c", "/distribution/r/a%3Fb%23c/json"),
            (
                "/plugins/{name}/enable",
                "vieux/sshfs:latest",
                "/plugins/vieux/sshfs%3Alatest/enable",
            ),
            ("/containers/{id}/json", "/web", "/containers/web/json"),
            ("/containers/{id}", "web", "/containers/web"),
            ("/containers/{id}", "//web", "/containers/%2Fweb"),
            ("/volumes/{name}", "a/b", "/volumes/a%2Fb"),
            ("/things", "unused", "/things"),
        ] {
            assert_eq!(path(template, value).as_deref(), Ok(expected), "{template} {value}");
        }
        for value in ["", "/", "/a", "a/", "a//b", "../info", "a/../b", "a/./b", "a/ /b"] {
            path("/images/{name}/json", value).unwrap_err();
        }
        for value in ["", "/", "/..", "."] {
            path("/containers/{id}/json", value).unwrap_err();
        }
        assert!(path("/things/{thing}", "a").unwrap_err().contains("`thing` is missing"));
    }

    #[test]
    fn a_query_that_is_too_long_names_the_largest_parameter() {
        let query = [("small", "a".to_owned()), ("large", " ".repeat(20))];
        assert_eq!(check_length(LIMIT, &query), Ok(()));
        let error = check_length(LIMIT + 1, &query).unwrap_err();
        assert!(error.starts_with("the query parameter `large` takes 60 bytes"), "{error}");
    }
}
