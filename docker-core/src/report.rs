//! Finds the errors that are reported by values in a stream of progress.
//!
//! The response to a pull, push, build or load has status 200 before the work begins. A later failure is reported by a
//! value with `errorDetail`, or only with `error`, as older engines and podman write it. Every form of these counts as
//! an error, because a failure must not look like a success.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess};
use serde_json::Value;

use crate::reply::decode;

/// Returns the code and the message of the error that a value reports, or `None` if it reports none.
pub(crate) fn reported(value: &[u8]) -> Option<(Option<i64>, String)> {
    if !may_report(value) {
        return None;
    }
    let Report { error, detail } = match decode(value) {
        Ok(report) => report,
        // The members of an object may be nested too deeply. The caller handles what is not an object or not JSON.
        Err(_) => {
            let object: BTreeMap<String, IgnoredAny> = decode(value).ok()?;
            let reports = |name: &String| MEMBERS.iter().any(|one| name.eq_ignore_ascii_case(one));
            return object.keys().any(reports).then(|| (None, UNREADABLE.to_owned()));
        }
    };
    let (error, detail) = (error.filter(filled), detail.filter(filled));
    if error.is_none() && detail.is_none() {
        return None;
    }
    let member = |name: &str| detail.as_ref()?.as_object()?.get(name);
    let code = member("code").and_then(code);
    let message = member("message").and_then(message);
    let other = || detail.as_ref().filter(|detail| !detail.is_object()).and_then(self::message);
    let message = message.or_else(other).or_else(|| error.as_ref().and_then(self::message));
    let rest = || match (code, &detail) {
        (None, Some(detail @ Value::Object(_))) => detail.to_string(),
        _ => "an error without a message".to_owned(),
    };
    Some((code, message.unwrap_or_else(rest)))
}

/// The members that report an error.
const MEMBERS: [&str; 2] = ["error", "errorDetail"];

/// The message of an error that cannot be decoded.
const UNREADABLE: &str = "an error that cannot be decoded";

/// Returns quickly whether a value may have one of the members. Almost no value has one.
fn may_report(value: &[u8]) -> bool {
    // Members are found in any case, as in Go. A letter may also be written as an escape, which begins with
    // `\u004` to `\u007`.
    let letters = || memchr::memmem::find(value, b"rror").is_some();
    let capitals = || memchr::memmem::find_iter(value, b"RR").next().is_some();
    let escapes = || {
        let mut found = memchr::memmem::find_iter(value, br"\u00");
        found.any(|at| matches!(value.get(at + 4), Some(b'4'..=b'7')))
    };
    letters() || capitals() || escapes() || mixed(value)
}

/// Returns whether the value contains `error` in mixed case.
fn mixed(value: &[u8]) -> bool {
    memchr::memchr2_iter(b'R', b'O', value).any(|at| {
        let from = at.saturating_sub(3);
        let around = &value[from..(at + 4).min(value.len())];
        around.windows(4).any(|part| part.eq_ignore_ascii_case(b"rror"))
    })
}

/// Returns whether a member has a value.
fn filled(member: &Value) -> bool {
    match member {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Reads an integer, which may be written as a float or a string.
fn code(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
            // Codes are HTTP statuses and exit codes.
            (float.abs() < 1e9).then_some(float as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Reads a message. A value that is not a string is written as JSON.
fn message(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        value if filled(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The values of the members that report an error.
#[derive(Default)]
struct Report {
    error: Option<Value>,
    detail: Option<Value>,
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> de::Visitor<'de> for Members {
            type Value = Report;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Report, A::Error> {
                let mut report = Report::default();
                // A derive would refuse a member that occurs twice. The one that has a value counts.
                while let Some(name) = map.next_key::<Cow<'_, str>>()? {
                    let [error, detail] = MEMBERS;
                    let member = if name.eq_ignore_ascii_case(error) {
                        &mut report.error
                    } else if name.eq_ignore_ascii_case(detail) {
                        &mut report.detail
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let value = map.next_value::<Value>()?;
                    if filled(&value) {
                        *member = Some(value);
                    }
                }
                Ok(report)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_error_is_one() {
        for (value, code, message) in [
            (r#"{"error":"denied"}"#, None, "denied"),
            (r#"{"errorDetail":{"code":403,"message":"d"},"error":"e"}"#, Some(403), "d"),
            (r#"{"errorDetail":{"code":"403","message":"d"},"error":"e"}"#, Some(403), "d"),
            (r#"{"errorDetail":{"code":403.0,"message":"d"}}"#, Some(403), "d"),
            (r#"{"errorDetail":{"code":1e99,"message":"d"}}"#, None, "d"),
            (r#"{"errorDetail":{"code":[],"message":"d"}}"#, None, "d"),
            (r#"{"errorDetail":"denied"}"#, None, "denied"),
            (r#"{"errorDetail":{"message":""},"error":"e"}"#, None, "e"),
            (r#"{"errorDetail":{"message":{"a":1}}}"#, None, r#"{"a":1}"#),
            (r#"{"errorDetail":{"reason":"x"}}"#, None, r#"{"reason":"x"}"#),
            (r#"{"errorDetail":{"code":1}}"#, Some(1), "an error without a message"),
            (r#"{"errorDetail":["a"]}"#, None, r#"["a"]"#),
            (r#"{"error":{"message":"e"}}"#, None, r#"{"message":"e"}"#),
            (r#"{"error":true}"#, None, "true"),
            (r#"{"error":5}"#, None, "5"),
            (r#"{"error":" "}"#, None, "an error without a message"),
            (r#"{"error":"\ud83d"}"#, None, "\u{fffd}"),
            (r#"{"error":null,"error":"twice","error":""}"#, None, "twice"),
            (r#"{"Error":"e"}"#, None, "e"),
            (r#"{"ERROR":"e"}"#, None, "e"),
            (r#"{"eRrOr":"e"}"#, None, "e"),
            (r#"{"\u0065rr\u006fr":"e"}"#, None, "e"),
            (r#"{"\u0065\u0072\u0072\u006f\u0072":"e"}"#, None, "e"),
        ] {
            assert_eq!(reported(value.as_bytes()), Some((code, message.to_owned())), "{value}");
        }
    }

    #[test]
    fn an_error_that_is_nested_too_deeply_is_one() {
        let nested = format!(r#"{{"errorDetail":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        assert_eq!(reported(nested.as_bytes()), Some((None, UNREADABLE.to_owned())));
        let other = format!(r#"{{"aux":{}{},"error":null}}"#, "[".repeat(500), "]".repeat(500));
        assert_eq!(reported(other.as_bytes()), None);
    }

    #[test]
    fn a_report_without_an_error_is_none() {
        for value in [
            r#"{"status":"error: not this one"}"#,
            r#"{"error":null,"errorDetail":null}"#,
            r#"{"error":"","errorDetail":{}}"#,
            r#"{"aux":{"error":"of something else"}}"#,
            r#"{"progress":"[=\u003e ]","id":"\u0041"}"#,
            r#"["error"]"#,
            r#""error""#,
            r#"{"error":"#,
        ] {
            assert_eq!(reported(value.as_bytes()), None, "{value}");
        }
    }
}
