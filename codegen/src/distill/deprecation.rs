//! `x-deprecated`: an operation, parameter or schema that is deprecated.
//!
//! `{"since": "1.44", "removed-in": "1.49"}`. A member is present only if the prose names an API version; without one, the
//! value is `{}`. Versions of the engine are not API versions and are left out.
//!
//! The place is deprecated if a sentence begins with `Deprecated:`, states that "this field" (parameter, endpoint, …) is
//! deprecated, or states that "this field" is only kept for backward compatibility.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::prose::{Prose, pattern};
use super::reading::Reading;
use crate::versions::ApiVersion;

/// What the prose says of the end of a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Deprecation {
    /// The API version that deprecated it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<ApiVersion>,
    /// The API version that does not have it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_in: Option<ApiVersion>,
}

/// The place itself is deprecated.
static DEPRECATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) ^deprecated \s? [:.]
        | ^this \s (?:field|parameter|option|property|endpoint|type) \s (?:
            (?:is|was|has\ been) \s deprecated \b
            | is \s kept \s for \s backwards? \s compatibility \b )",
    )
});

static SINCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \bdeprecated \s (?:since|in|as\ of) \s
        (?: docker \s v?[0-9.]+ \s \( )?
        (?: (?:the\s)? api \s (?:version\s)? v? | v ) (1\.\d+) (?:\W|$)",
    )
});

static REMOVED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b(?:removed|omitted) \s (?:in|from|as\ of|since) \s (?:an?\s|the\s)?
        (?: api \s (?:version\s)? v? | v ) (1\.\d+) (?:\W|$)",
    )
});

/// Sentences in which "deprecated" describes something other than the place itself.
static UNRELATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\(deprecated\)|\b(?:the|a|an|any|this|these|using) deprecated [a-z]")
});

static CANDIDATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\bdeprecat|\bobsolete|\b(?:will|may) be removed\b|\bfor backwards? compatib")
});

/// Reads the deprecation of a place.
pub(super) fn read(prose: &Prose) -> Reading<Deprecation> {
    if prose.sentences().any(|sentence| DEPRECATED.is_match(sentence)) {
        let version = |pattern: &Regex| {
            prose
                .sentences()
                .find_map(|sentence| pattern.captures(sentence)?.get(1)?.as_str().parse().ok())
        };
        return Reading::Fact(Deprecation {
            since: version(&SINCE),
            removed_in: version(&REMOVED),
        });
    }
    let suggested = |sentence: &str| CANDIDATE.is_match(&UNRELATED.replace_all(sentence, ""));
    if prose.sentences().any(suggested) { Reading::Unread } else { Reading::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(since: Option<u32>, removed_in: Option<u32>) -> Reading<Deprecation> {
        let version = |minor: Option<u32>| minor.map(|minor| ApiVersion::new(1, minor));
        Reading::Fact(Deprecation { since: version(since), removed_in: version(removed_in) })
    }

    #[test]
    fn reads_what_is_said_of_the_place() {
        for (text, expected) in [
            ("Deprecated: use x.", fact(None, None)),
            ("A size.\n\n> **Deprecated**: use x.", fact(None, None)),
            ("A size.\n\nThis field was deprecated in API v1.9 and up.", fact(Some(9), None)),
            ("Deprecated: deprecated since v1.9.", fact(Some(9), None)),
            ("Deprecated: deprecated since docker 9.1 (API v1.9).", fact(Some(9), None)),
            ("Deprecated: deprecated in Docker 9.1, removed in Docker 9.2.", fact(None, None)),
            ("Deprecated: deprecated in Docker v1.9.1.", fact(None, None)),
            (
                "This endpoint is deprecated and will be removed in a API v1.10.",
                fact(None, Some(10)),
            ),
            (
                "This parameter is deprecated. It goes.\n\nIt will be omitted in API 1.10.",
                fact(None, Some(10)),
            ),
            (
                "This field is kept for backward compatibility, but may be removed in v1.10",
                fact(None, Some(10)),
            ),
        ] {
            assert_eq!(read(&Prose::parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn another_thing_that_is_deprecated_is_no_fact() {
        for text in [
            "",
            "The size of x.",
            "Remove x after use.",
            "Set by A (deprecated) or B.",
            "Only for the deprecated x.",
            "Was removed from x.",
            "To stay backward compatible, x is taken too.",
        ] {
            assert_eq!(read(&Prose::parse(text)), Reading::Nothing, "{text}");
        }
    }

    #[test]
    fn what_no_rule_reads_is_listed() {
        for text in [
            "The x filter is deprecated.",
            "X makes y obsolete.",
            "May be removed: x may be removed soon.",
        ] {
            assert_eq!(read(&Prose::parse(text)), Reading::Unread, "{text}");
        }
    }
}
