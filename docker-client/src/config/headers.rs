//! Headers that every request to the engine is to have: `DOCKER_CUSTOM_HEADERS`, and `HttpHeaders` of `config.json`.

use std::collections::BTreeMap;

use docker_api::Error;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Warnings;

const VARIABLE: &str = "DOCKER_CUSTOM_HEADERS";

/// Returns those of the variable if it is set, and those of the file otherwise. What the file has and a request cannot carry is
/// left out, with a warning.
pub(crate) fn headers(
    variable: Option<&str>,
    file: &BTreeMap<String, String>,
    warnings: &Warnings,
) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    match variable {
        Some(text) => {
            for (at, field) in fields(text)?.into_iter().enumerate() {
                let which = format!("field {}", at + 1);
                let (name, value) = field.split_once('=').ok_or_else(|| {
                    unusable(VARIABLE, format!("{which} has no `=`; expected is name=value"))
                })?;
                add(&mut headers, VARIABLE, &which, name.trim(), value)?;
            }
        }
        None => {
            for (name, value) in file {
                // The command line does not let the file say what it is itself.
                if name.eq_ignore_ascii_case("user-agent") {
                    continue;
                }
                let setting = "HttpHeaders of config.json";
                if let Err(Error::Config { setting, message, .. }) =
                    add(&mut headers, setting, "one of them", name, value)
                {
                    warnings.add(setting, format!("{message}; it is not sent"));
                }
            }
        }
    }
    Ok(headers)
}

/// Adds a header, or says `which` is none: what stands for its name may have a secret in it.
fn add(
    headers: &mut HeaderMap,
    setting: &str,
    which: &str,
    name: &str,
    value: &str,
) -> Result<(), Error> {
    let name: HeaderName = name
        .parse()
        .map_err(|_| unusable(setting, format!("{which} does not begin with a header's name")))?;
    let value = HeaderValue::from_str(value).map_err(|_| {
        unusable(setting, format!("the value of {name} has a character that a header cannot carry"))
    })?;
    headers.insert(name, value);
    Ok(())
}

fn unusable(setting: &str, message: String) -> Error {
    Error::config(setting, message)
}

/// The fields of one line of comma-separated values; one in quotes may have commas, and quotes written twice.
fn fields(line: &str) -> Result<Vec<String>, Error> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            None => match rest.split_once(',') {
                Some((field, after)) => (field.to_owned(), Some(after)),
                None => (rest.to_owned(), None),
            },
            Some(quoted) => {
                let end = closing(quoted)
                    .ok_or_else(|| unusable(VARIABLE, "a quote is not closed".to_owned()))?;
                let after = &quoted[end + 1..];
                let after = match after.strip_prefix(',') {
                    Some(after) => Some(after),
                    None if after.is_empty() => None,
                    None => {
                        let field = fields.len() + 1;
                        let message = format!("field {field} has something after its quote");
                        return Err(unusable(VARIABLE, message));
                    }
                };
                (quoted[..end].replace("\"\"", "\""), after)
            }
        };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Ok(fields),
        }
    }
}

/// Where the quote is that is not written twice.
fn closing(quoted: &str) -> Option<usize> {
    let bytes = quoted.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'"', Some(b'"')) => at += 2,
            (b'"', _) => return Some(at),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> BTreeMap<String, String> {
        let pairs = [("X-Team", "a"), ("User-Agent", "mine")];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_variable_takes_the_place_of_the_file() {
        let warnings = Warnings::default();
        let headers = super::headers(None, &file(), &warnings).unwrap();
        assert_eq!(headers.len(), 1);
        assert_eq!(headers["x-team"], "a");
        let text = r#" X-One = 1,"X-Two=a,""b""",X-Empty="#;
        let headers = super::headers(Some(text), &file(), &warnings).unwrap();
        assert_eq!(headers.len(), 3);
        assert_eq!(headers["x-one"], " 1");
        assert_eq!(headers["x-two"], "a,\"b\"");
        assert_eq!(headers["x-empty"], "");
    }

    #[test]
    fn what_is_no_header_is_named() {
        let warnings = Warnings::default();
        for (text, what) in [
            ("X-One=1,X-Two: secret", "field 2 has no `=`"),
            ("=secret", "field 1 does not begin with"),
            ("Authorization: Bearer secret=", "field 1 does not begin with"),
            ("X=\u{1}secret", "the value of x"),
            ("\"X=secret", "not closed"),
            ("X-One=1,\"X=1\"secret", "field 2 has something after its quote"),
        ] {
            let error =
                super::headers(Some(text), &BTreeMap::new(), &warnings).unwrap_err().to_string();
            assert!(error.starts_with(VARIABLE) && error.contains(what), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
        let file = ["Authorization: secret", "X-Good"];
        let file = file.map(|name| (name.to_owned(), "1".to_owned())).into();
        assert_eq!(super::headers(None, &file, &warnings).unwrap()["x-good"], "1");
        let warning = warnings.all()[0].to_string();
        assert!(warning.contains("HttpHeaders") && !warning.contains("secret"), "{warning}");
    }
}
