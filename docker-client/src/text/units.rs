//! Sizes and durations.

use super::{InvalidText, SyntaxError};

/// Parses a size, such as `512m`, `1.5g`, `64KiB` or `1024`, and returns it in bytes.
///
/// The units `b`, `k`, `m`, `g`, `t` and `p` are powers of 1024. They may be followed by `b` or `ib`, and are not
/// case-sensitive. Without a unit, the number is in bytes. A fraction of a byte is discarded.
///
/// Ref: <https://pkg.go.dev/github.com/docker/go-units#RAMInBytes>
///
/// # Errors
///
/// Returns [`InvalidText`] if the syntax is invalid or the size is greater than `i64::MAX`.
pub fn bytes(text: &str) -> Result<i64, InvalidText> {
    size(text).map_err(|error| error.of(text, "size"))
}

pub(super) fn size(text: &str) -> Result<i64, SyntaxError> {
    const UNITS: &str = "expected a unit: b, k, m, g, t or p";
    let (number, length) = number(text, 0)?;
    let unit = text[length..].trim_start();
    let at = text.len() - unit.len();
    let lower = unit.to_ascii_lowercase();
    let (power, rest) = match lower.chars().next() {
        None | Some('b') => (0, lower.as_str()),
        Some(first) => match "kmgtp".find(first) {
            Some(power) => (power as u32 + 1, lower[1..].trim_start_matches('i')),
            None => return Err(SyntaxError::new(at, UNITS)),
        },
    };
    if !matches!(rest, "" | "b") || lower.contains("ii") {
        return Err(SyntaxError::new(at + usize::from(power > 0), UNITS));
    }
    number
        .times(1024_i128.pow(power))
        .ok_or_else(|| SyntaxError::new(0, "expected at most 9223372036854775807 bytes"))
}

/// Parses a duration, such as `1h30m`, `1.5s`, `300ms` or `-1s`, and returns it in nanoseconds, the unit of the
/// durations of [`HealthConfig`](docker_api::types::HealthConfig).
///
/// The units are `h`, `m`, `s`, `ms`, `us` (or `µs`) and `ns`. Every number except `0` requires a unit.
///
/// Ref: <https://pkg.go.dev/time#ParseDuration>
///
/// # Errors
///
/// Returns [`InvalidText`] if the syntax is invalid or the duration is longer than `i64::MAX` nanoseconds, about 292
/// years.
pub fn nanoseconds(text: &str) -> Result<i64, InvalidText> {
    duration(text).map_err(|error| error.of(text, "duration"))
}

fn duration(text: &str) -> Result<i64, SyntaxError> {
    const UNITS: &[(&str, i128)] = &[
        ("h", 3_600_000_000_000),
        ("ms", 1_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("us", 1_000),
        ("\u{b5}s", 1_000),
        ("\u{3bc}s", 1_000),
        ("ns", 1),
    ];
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Ok(0);
    }
    let mut at = text.len() - unsigned.len();
    let mut sum = 0_i64;
    loop {
        let begin = at;
        let (number, length) = number(&text[at..], at)?;
        at += length;
        let Some((name, unit)) = UNITS.iter().find(|(name, _)| text[at..].starts_with(name)) else {
            return Err(SyntaxError::new(at, "expected a unit: h, m, s, ms, us or ns"));
        };
        at += name.len();
        let long = || SyntaxError::new(begin, "expected at most 292 years");
        sum = number.times(*unit).and_then(|part| sum.checked_add(part)).ok_or_else(long)?;
        if at == text.len() {
            return Ok(if text.starts_with('-') { -sum } else { sum });
        }
    }
}

/// A decimal number: its digits, and how many of them follow the decimal point.
struct Number {
    digits: i128,
    decimals: u32,
}

impl Number {
    /// Multiplies the number by a unit and discards the fraction. Returns `None` if the result does not fit.
    fn times(&self, unit: i128) -> Option<i64> {
        let product = self.digits.checked_mul(unit)? / 10_i128.checked_pow(self.decimals)?;
        i64::try_from(product).ok()
    }
}

/// Parses the number at the start of a string. Returns it with its length.
fn number(text: &str, at: usize) -> Result<(Number, usize), SyntaxError> {
    let mut number = Number { digits: 0, decimals: 0 };
    let (mut point, mut found, mut length) = (false, false, 0);
    for c in text.bytes() {
        match c {
            b'.' if !point => point = true,
            b'0'..=b'9' if point && number.decimals == 18 => {}
            b'0'..=b'9' => {
                found = true;
                let digits = number.digits.checked_mul(10);
                number.digits = digits
                    .and_then(|digits| digits.checked_add(i128::from(c - b'0')))
                    .ok_or_else(|| SyntaxError::new(at, "expected a smaller number"))?;
                number.decimals += u32::from(point);
            }
            _ => break,
        }
        length += 1;
    }
    if !found {
        return Err(SyntaxError::new(at, "expected a number"));
    }
    Ok((number, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_count_by_1024() {
        for (text, expected) in [
            ("0", 0),
            ("32", 32),
            ("32b", 32),
            ("32k", 32_768),
            ("32KB", 32_768),
            ("32Kib", 32_768),
            ("512m", 536_870_912),
            ("32 gb", 34_359_738_368),
            ("1.5g", 1_610_612_736),
            ("0.3", 0),
            (".5k", 512),
            ("2T", 2_199_023_255_552),
            ("8191P", 9_222_246_136_947_933_184),
            ("1.0000000000000000000000001k", 1024),
        ] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for (text, at) in [
            ("", 0),
            ("m", 0),
            ("-1", 0),
            ("32q", 2),
            ("32.3.4m", 4),
            ("32kk", 3),
            ("32bb", 2),
            ("32kiib", 3),
            ("1 mx", 3),
            ("8192P", 0),
            ("99999999999999999999999999999999999999999", 0),
            ("200000000000000000000000000000000000000", 0),
            ("1701411834604692317316873037158841058304", 0),
        ] {
            assert_eq!(bytes(text).map_err(|error| error.position()), Err(at), "{text}");
        }
    }

    #[test]
    fn durations_are_parsed_as_in_go() {
        for (text, expected) in [
            ("0", 0),
            ("-0", 0),
            ("5s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5s", 1_500_000_000),
            ("300ms", 300_000_000),
            ("1us2\u{b5}s3\u{3bc}s4ns", 6_004),
            ("-1m.5s", -60_500_000_000),
            ("+3ns", 3),
            ("0.3333333333333333333h", 1_199_999_999_999),
        ] {
            assert_eq!(nanoseconds(text), Ok(expected), "{text}");
        }
        for (text, at) in [
            ("", 0),
            ("3", 1),
            ("-", 1),
            ("s", 0),
            ("1h 30m", 2),
            ("1d", 1),
            ("1.s.", 3),
            ("3000000h", 0),
            ("2562047h9999h", 8),
        ] {
            assert_eq!(nanoseconds(text).map_err(|error| error.position()), Err(at), "{text}");
        }
    }
}
