//! `x-platform`: `"linux"` or `"windows"`, for what works on one of them alone.
//!
//! The engine runs on these two, so what is not used on the one is limited to the other. Sentences in lists speak of
//! the list's items and are left out; a place that is limited to both, by two sentences, is listed as unread.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::prose::{Prose, pattern};
use super::reading::Reading;

/// The only platform that a place works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
}

impl Platform {
    fn named(text: &str) -> Self {
        if text.eq_ignore_ascii_case("windows") { Self::Windows } else { Self::Linux }
    }

    fn other(self) -> Self {
        match self {
            Self::Linux => Self::Windows,
            Self::Windows => Self::Linux,
        }
    }
}

/// Limits the place to the platform it names.
static ONLY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \( (linux|windows) \s only \)
        | ^(linux|windows) \s only \b
        | ^this \s (?:field|parameter|option|property|endpoint|type) \s is \s (linux|windows)-specific \b
        | ^this \s (?:field|parameter|option|property|endpoint|type) \s is \s (?:currently\s)?
          only \s (?:used|available|supported|populated) \s (?:when\s using|on) \s (linux|windows) \b",
    )
});

/// Limits the place to the platform it does not name.
static NOT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) ^(?: this \s (?:field|parameter|option|property|endpoint|type) \s is \s )?
        not \s (?:used|available|supported) \s on \s (linux|windows) \b",
    )
});

/// Sentences about a kind of isolation, which do not restrict the place to a platform.
static UNRELATED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\busing hyper-v isolation\b"));

static CANDIDATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b(?:linux|windows)-specific\b
        | \b(?:only|not|omitted|unsupported)\b .* \b(?:linux|windows)\b
        | \b(?:linux|windows)\b .* \b(?:only|not|omitted|unsupported)\b",
    )
});

/// Reads the platform that a place is limited to.
pub(super) fn read(prose: &Prose) -> Reading<Platform> {
    let named = |pattern: &Regex, sentence: &str| {
        let captures = pattern.captures(sentence)?;
        captures.iter().skip(1).flatten().next().map(|name| Platform::named(name.as_str()))
    };
    let found: BTreeSet<Platform> = prose
        .outside_lists()
        .flat_map(|sentence| [named(&ONLY, sentence), named(&NOT, sentence).map(Platform::other)])
        .flatten()
        .collect();
    let suggested = |sentence: &str| CANDIDATE.is_match(sentence) && !UNRELATED.is_match(sentence);
    match (found.len(), found.first()) {
        (1, Some(&platform)) => Reading::Fact(platform),
        (0, _) if !prose.outside_lists().any(suggested) => Reading::Nothing,
        _ => Reading::Unread,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Platform::{Linux, Windows};

    #[test]
    fn reads_the_platform_that_a_place_is_limited_to() {
        for (text, expected) in [
            ("The count (Windows only).", Windows),
            ("The isolation. (Windows only)", Windows),
            ("A count.\n\nLinux only.", Linux),
            ("This type is Windows-specific and left out elsewhere.", Windows),
            ("A count.\n\n> This field is Linux-specific.", Linux),
            ("This field is currently only used on Linux.", Linux),
            ("This field is only available when using Linux containers.", Linux),
            ("This endpoint is not supported on Windows.", Linux),
            ("A count. Not used on Linux.", Windows),
            ("Not used on Windows. This field is Linux-specific.", Linux),
        ] {
            assert_eq!(read(&Prose::parse(text)), Reading::Fact(expected), "{text}");
        }
    }

    #[test]
    fn a_platform_that_is_mentioned_is_no_limit() {
        for text in [
            "Linux or Windows.",
            "For example `linux`.",
            "Empty on Windows, `z` on Linux.",
            "A mode:\n- `a` (Windows only)",
            "A count. Not there for Windows containers using Hyper-V isolation.",
        ] {
            assert_eq!(read(&Prose::parse(text)), Reading::Nothing, "{text}");
        }
    }

    #[test]
    fn what_no_rule_reads_is_listed() {
        for text in ["Only of use with Linux.", "(Linux only) or not. (Windows only)"] {
            assert_eq!(read(&Prose::parse(text)), Reading::Unread, "{text}");
        }
    }
}
