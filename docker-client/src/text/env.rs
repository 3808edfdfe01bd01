//! Environment variables.

use std::path::Path;

use super::{InvalidText, SyntaxError};

/// Parses an environment variable `NAME=value` for
/// [`ContainerCreateBody::env`](docker_api::types::ContainerCreateBody).
///
/// For a `NAME` without `=`, the value is that of the environment of this process. If the variable is not set there,
/// only the name is returned, which unsets the variable in the container.
///
/// # Errors
///
/// Returns [`InvalidText`] if the name is empty or contains whitespace. The error contains the name, but never the
/// value.
pub fn env(text: &str) -> Result<String, InvalidText> {
    let (name, value) =
        text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let invalid =
        |at, expected: &str| Err(SyntaxError::new(at, expected).of(name, "environment variable"));
    if name.is_empty() {
        return invalid(0, "expected a name");
    }
    if let Some(at) = name.find(|c: char| c.is_whitespace() || c == '\0') {
        return invalid(at, "expected `=` after the name, which cannot contain whitespace");
    }
    if value.is_none()
        && let Ok(value) = std::env::var(name)
    {
        return Ok(format!("{name}={value}"));
    }
    Ok(text.to_owned())
}

/// Parses the content of a file of environment variables, as `docker run --env-file` does.
///
/// Each line is parsed as by [`env()`]. Empty lines and lines that begin with `#` are skipped. Quotes are part of the
/// value. A name without `=` is skipped if the variable is not set in the environment of this process.
///
/// # Errors
///
/// Returns [`InvalidText`] for the first line that is invalid.
pub fn env_file(text: &str) -> Result<Vec<String>, InvalidText> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let variables = lines.map(env).filter(|read| !matches!(read, Ok(text) if !text.contains('=')));
    variables.collect()
}

/// Reads the file at `path` and parses it as [`env_file`] does.
///
/// # Errors
///
/// Returns a message that begins with the path.
pub(crate) fn read_env_file(path: &Path) -> Result<Vec<String>, String> {
    let content = std::fs::read_to_string(path).map_err(|error| error.to_string());
    let variables =
        content.and_then(|content| env_file(&content).map_err(|error| error.to_string()));
    variables.map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_parsed() {
        for text in ["A=b", "A=", "A.b-c=x y = \"z\" ", "NO_SUCH_VARIABLE_HERE"] {
            assert_eq!(env(text).as_deref(), Ok(text));
        }
        let path = std::env::var("PATH").unwrap();
        assert_eq!(env("PATH"), Ok(format!("PATH={path}")));
        for (text, at) in [("", 0), ("=secret", 0), ("A b=secret", 1), ("A =secret", 1)] {
            let error = env(text).unwrap_err();
            assert_eq!(error.position(), at, "{text}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn files_are_parsed() {
        let text = "\u{feff}A=1\r\n\n # B=2\n  C=\"3\" # no comment \nNO_SUCH_VARIABLE_HERE\n";
        assert_eq!(env_file(text).unwrap(), ["A=1", "C=\"3\" # no comment "]);
        assert_eq!(env_file("A=1\nB B=2").unwrap_err().position(), 1);
    }
}
