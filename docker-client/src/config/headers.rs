//! Headers that are added to every request: `DOCKER_CUSTOM_HEADERS`, and `HttpHeaders` of `config.json`.

use std::collections::BTreeMap;

use docker_api::Error;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Warnings;
use crate::text::fields;

const VARIABLE: &str = "DOCKER_CUSTOM_HEADERS";

/// Returns the headers of the variable if it is set, and those of the file otherwise.
///
/// An invalid header of the file is left out, with a warning.
///
/// # Errors
///
/// Returns [`Error::Config`] if the variable is invalid.
pub(crate) fn headers(
    variable: Option<&str>,
    file: &BTreeMap<String, String>,
    warnings: &Warnings,
) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    match variable {
        Some(text) => {
            let fields = fields(text).map_err(|invalid| {
                let message = format!("field {}: {}", invalid.number, invalid.expected);
                Error::config(VARIABLE, message)
            })?;
            for (at, field) in fields.into_iter().enumerate() {
                let which = format!("field {}", at + 1);
                let (name, value) = field.value.split_once('=').ok_or_else(|| {
                    Error::config(VARIABLE, format!("{which}: expected name=value"))
                })?;
                add(&mut headers, VARIABLE, &which, name.trim(), value)?;
            }
        }
        None => {
            for (name, value) in file {
                // The command line ignores it, too.
                if name.eq_ignore_ascii_case("user-agent") {
                    continue;
                }
                let setting = "HttpHeaders of config.json";
                if let Err(Error::Config { setting, message, .. }) =
                    add(&mut headers, setting, "a header", name, value)
                {
                    warnings.add(setting, format!("{message}; the header is not sent"));
                }
            }
        }
    }
    Ok(headers)
}

/// Adds a header. An error contains `which` instead of an invalid name, because that may contain a secret.
fn add(
    headers: &mut HeaderMap,
    setting: &str,
    which: &str,
    name: &str,
    value: &str,
) -> Result<(), Error> {
    let name: HeaderName = name
        .parse()
        .map_err(|_| Error::config(setting, format!("{which}: expected the name of a header")))?;
    let value = HeaderValue::from_str(value).map_err(|_| {
        let message =
            format!("the value of {name} contains a character that a header cannot contain");
        Error::config(setting, message)
    })?;
    headers.insert(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> BTreeMap<String, String> {
        let pairs = [("X-Team", "a"), ("User-Agent", "mine")];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_variable_overrides_the_file() {
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
    fn an_error_names_the_field_that_is_invalid() {
        let warnings = Warnings::default();
        for (text, what) in [
            ("X-One=1,X-Two: secret", "field 2: expected name=value"),
            ("=secret", "field 1: expected the name of a header"),
            ("Authorization: Bearer secret=", "field 1: expected the name of a header"),
            ("X=\u{1}secret", "the value of x"),
            ("\"X=secret", "field 1: expected a closing quote"),
            ("X-One=1,\"X=1\"secret", "field 2: expected a comma after the closing quote"),
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
