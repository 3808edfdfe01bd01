//! `x-unit`: what a number counts.
//!
//! The vocabulary is [`Unit`]. Only numbers and lists of numbers have a unit, and lists of objects that hold a rate; the
//! fact stands where the prose stands. Two units in one description are listed as unread.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::prose::{Prose, pattern};
use super::reading::Reading;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// Characters of a terminal.
    Characters,
    /// Time on processors: nanoseconds on Linux, hundreds of nanoseconds on Windows.
    CpuTime,
    /// Reads or writes per second.
    IoPerSecond,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Billionths of a processor.
    NanoCpus,
    /// Nanoseconds.
    Nanoseconds,
    /// Hundredths.
    Percent,
    /// Seconds.
    Seconds,
    /// Ticks of Raft, as long as the cluster says.
    Ticks,
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    UnixNanoseconds,
    /// Seconds since 1970-01-01 00:00 UTC.
    UnixSeconds,
}

/// In order: the first that a sentence matches is the sentence's unit.
static RULES: LazyLock<[(Unit, Regex); 14]> = LazyLock::new(|| {
    [
        (Unit::UnixNanoseconds, r"\btimestamp\b.*\bnanosecond (?:accuracy|precision)\b"),
        (Unit::UnixSeconds, r"\bas an? unix timestamp\b|\bnumber of seconds since (?:the )?epoch\b|^timestamp of\b"),
        (Unit::CpuTime, r"\bnanoseconds\b.*\(linux\).*\b100's of nanoseconds\b.*\(windows\)"),
        (Unit::BytesPerSecond, r"\bbytes per second\b"),
        (Unit::IoPerSecond, r"\bio per second\b|\biops\b"),
        (Unit::NanoCpus, r"\bin units of 10-9 cpus?\b"),
        (Unit::Nanoseconds, r"\bin nanoseconds\b|^nanoseconds of\b|\b1000000 ?\(1 ?ms\)|\b1000000000 ?\(1 ?s\)"),
        (Unit::Microseconds, r"\bin microseconds\b|^microseconds of\b"),
        (Unit::Milliseconds, r"\bin milliseconds\b|^milliseconds of\b"),
        (Unit::Seconds, r"\bin seconds\b|^(?:the )?number of seconds\b"),
        (Unit::Bytes, r"\bin bytes\b|^(?:[a-z]+ )?(?:[a-z]+ )?bytes(?: [a-z]+)?\.$|^(?:the )?number of bytes\b"),
        (Unit::Percent, r"\bpercentage of\b|\bin percent\b"),
        (Unit::Ticks, r"\bnumber of ticks\b"),
        (Unit::Characters, r"\bin characters\b"),
    ]
    .map(|(unit, text)| (unit, pattern(text)))
});

static CANDIDATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b(?: bytes? | (?:nano|micro|milli)?-?seconds? | minutes? | hours? | [mn]s | timestamps?
        | duration | delay | period | interval | timeout | percent(?:age)? | size
        | time \s (?:to|window) | of \s time | how \s long )\b",
    )
});

/// Reads the unit of a number.
pub(super) fn read(prose: &Prose) -> Reading<Unit> {
    let found: BTreeSet<Unit> = prose
        .sentences()
        .filter_map(|sentence| {
            RULES.iter().find(|(_, rule)| rule.is_match(sentence)).map(|&(unit, _)| unit)
        })
        .collect();
    match (found.len(), found.first()) {
        (1, Some(&unit)) => Reading::Fact(unit),
        (0, _)
            if is_count(prose)
                || !prose.sentences().any(|sentence| CANDIDATE.is_match(sentence)) =>
        {
            Reading::Nothing
        }
        _ => Reading::Unread,
    }
}

/// Reads the rate in a list of objects; other numbers in the objects are described where they stand.
pub(super) fn read_rate(prose: &Prose) -> Reading<Unit> {
    match read(prose) {
        Reading::Fact(unit @ (Unit::BytesPerSecond | Unit::IoPerSecond)) => Reading::Fact(unit),
        _ => Reading::Nothing,
    }
}

/// A count has no unit, whatever else the sentence states.
fn is_count(prose: &Prose) -> bool {
    static COUNT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:the )?number of\b"));
    prose.sentences().next().is_some_and(|sentence| COUNT.is_match(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_unit() {
        for (text, expected) in [
            ("A limit in bytes.", "bytes"),
            ("A limit (in bytes) of x.", "bytes"),
            ("A limit in Bytes", "bytes"),
            ("Bytes sent.", "bytes"),
            ("Most used bytes.", "bytes"),
            ("Number of bytes to keep", "bytes"),
            ("Limit x (bytes per second) of y", "bytes-per-second"),
            ("Limit x (IO per second) of y", "io-per-second"),
            ("Most IOps of a drive", "io-per-second"),
            ("How long, in seconds.", "seconds"),
            ("Number of seconds to wait", "seconds"),
            ("Length in milliseconds", "milliseconds"),
            ("Length in microseconds", "microseconds"),
            ("Microseconds of work", "microseconds"),
            ("Length (in nanoseconds) of x", "nanoseconds"),
            ("How long. At least 1000000 (1 ms).", "nanoseconds"),
            ("How long. Not less than 1000000000(1s).", "nanoseconds"),
            ("In nanoseconds. At least 1000000 (1 ms).", "nanoseconds"),
            ("Quota in units of 10<sup>-9</sup> CPUs.", "nano-cpus"),
            ("Work in nanoseconds (Linux) or 100's of nanoseconds (Windows).", "cpu-time"),
            ("The percentage of x", "percent"),
            ("The number of ticks between x", "ticks"),
            ("Height in characters", "characters"),
            ("When, as a UNIX timestamp", "unix-seconds"),
            ("When, as a Unix timestamp (number of seconds since EPOCH).", "unix-seconds"),
            ("Timestamp of x", "unix-seconds"),
            ("Timestamp of x, with nanosecond accuracy", "unix-nanoseconds"),
        ] {
            let Reading::Fact(unit) = read(&Prose::parse(text)) else { panic!("{text}") };
            assert_eq!(serde_json::to_value(unit).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_number_that_counts_nothing_measured_has_no_unit() {
        for text in [
            "",
            "How many times to try.",
            "A build-time version.",
            "Number of x. The size may be -1.",
        ] {
            assert_eq!(read(&Prose::parse(text)), Reading::Nothing, "{text}");
        }
    }

    #[test]
    fn a_list_of_objects_has_a_rate_or_nothing() {
        let rate = read_rate(&Prose::parse("Limit x (bytes per second)."));
        assert_eq!(rate, Reading::Fact(Unit::BytesPerSecond));
        for text in ["Objects with a size in bytes.", "Objects with a timestamp."] {
            assert_eq!(read_rate(&Prose::parse(text)), Reading::Nothing, "{text}");
        }
    }

    #[test]
    fn what_no_rule_reads_is_listed() {
        for text in
            ["The delay between x.", "Size of x.", "How long, in seconds. Or in nanoseconds."]
        {
            assert_eq!(read(&Prose::parse(text)), Reading::Unread, "{text}");
        }
    }
}
