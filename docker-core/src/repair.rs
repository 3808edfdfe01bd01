//! Rewrites JSON that Go accepts and `serde_json` refuses, so that both read the same.

use std::fmt::Write as _;

/// Replaces each half of a surrogate pair (`"\ud83d"`) with U+FFFD, as Go does. Returns `None` if there is none.
pub(crate) fn lone_surrogates(text: &str) -> Option<String> {
    let mut fixed = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &text.as_bytes()[at..]) {
        at += found;
        let Some(unit) = code_unit(text, at) else {
            // An escape of another kind, which is at least two bytes long.
            at = (at + 2).min(text.len());
            continue;
        };
        let paired = (0xD800..0xDC00).contains(&unit)
            && code_unit(text, at + 6).is_some_and(|low| (0xDC00..0xE000).contains(&low));
        if paired {
            at += 12;
            continue;
        }
        if (0xD800..0xE000).contains(&unit) {
            fixed += &text[kept..at];
            fixed += r"\ufffd";
            kept = at + 6;
        }
        at += 6;
    }
    (kept > 0).then(|| fixed + &text[kept..])
}

/// Returns the value of the escape `\uXXXX` that begins at `at`.
fn code_unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
    u16::from_str_radix(digits, 16).ok()
}

/// Replaces each item of a list that is `null` with `{}`. Returns `None` if the input is not a list or has no such
/// item.
///
/// The lists that engines return contain objects, and Go reads `null` as an object without members.
pub(crate) fn null_items(text: &str) -> Option<String> {
    let items: Vec<Option<&serde_json::value::RawValue>> = serde_json::from_str(text).ok()?;
    if items.iter().all(Option::is_some) {
        return None;
    }
    let mut fixed = String::with_capacity(text.len());
    for (index, item) in items.iter().enumerate() {
        let separator = if index == 0 { '[' } else { ',' };
        let _ = write!(fixed, "{separator}{}", item.map_or("{}", |item| item.get()));
    }
    Some(fixed + "]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_pair_becomes_the_replacement_character() {
        for (text, expected) in [
            (r#""a\ud83d""#, Some("a\u{fffd}")),
            (r#""\ude00b""#, Some("\u{fffd}b")),
            (r#""\uD83D\uDE00\ud83dx""#, Some("\u{1f600}\u{fffd}x")),
            (r#""\ud83d\ud83d\ude00""#, Some("\u{fffd}\u{1f600}")),
            (r#""\ud83d\u0041""#, Some("\u{fffd}A")),
            (r#""\\ud83d""#, None),
            (r#""\ud83d\ude00""#, None),
            (r#""\u00e9\n""#, None),
            (r#""\"#, None),
            (r#""\ud8"#, None),
            ("\"\\é", None),
        ] {
            let fixed = lone_surrogates(text);
            let read = fixed.as_deref().map(|fixed| serde_json::from_str::<String>(fixed).unwrap());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn null_items_become_empty_objects() {
        assert_eq!(null_items(r#"[null, {"a":[null]},null]"#).unwrap(), r#"[{},{"a":[null]},{}]"#);
        for text in ["[]", r#"[{"a":null}]"#, "null", "{}", "[null"] {
            assert_eq!(null_items(text), None, "{text}");
        }
    }
}
