//! Variables of the environment.

use super::{InvalidText, Wrong};

/// A variable for [`ContainerCreateBody::env`](docker_api::types::ContainerCreateBody): `NAME=value`, the value as it is.
///
/// `NAME` alone takes the value from this process; where it is not set here, the name alone is left, which unsets it in the
/// container.
///
/// # Errors
///
/// [`InvalidText`], which shows the name and never the value.
pub fn env(text: &str) -> Result<String, InvalidText> {
    let (name, value) =
        text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let wrong = |at, expected: &str| Err(Wrong::new(at, expected).of(name, "no variable"));
    if name.is_empty() {
        return wrong(0, "a name is expected");
    }
    if let Some(at) = name.find(|c: char| c.is_whitespace() || c == '\0') {
        return wrong(at, "`=` is expected after the name, which has no blanks");
    }
    if value.is_none()
        && let Ok(value) = std::env::var(name)
    {
        return Ok(format!("{name}={value}"));
    }
    Ok(text.to_owned())
}

/// The variables of a file as `docker run --env-file` takes it: one a line, as [`env()`] reads it. Empty lines, and those that
/// begin with `#`, are skipped; quotes are part of the value. A name alone that is not set in this process is skipped.
///
/// # Errors
///
/// [`InvalidText`] of the first line that is wrong.
pub fn env_file(text: &str) -> Result<Vec<String>, InvalidText> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let variables = lines.map(env).filter(|read| !matches!(read, Ok(text) if !text.contains('=')));
    variables.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read() {
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
    fn files_are_read() {
        let text = "\u{feff}A=1\r\n\n # B=2\n  C=\"3\" # no comment \nNO_SUCH_VARIABLE_HERE\n";
        assert_eq!(env_file(text).unwrap(), ["A=1", "C=\"3\" # no comment "]);
        assert_eq!(env_file("A=1\nB B=2").unwrap_err().position(), 1);
    }
}
