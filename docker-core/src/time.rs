//! Points in time, in the form in which engines take them as parameters.

use std::fmt;
use std::time::SystemTime;

/// A point in time, as the parameters `since` and `until` of logs and events take it.
///
/// It can be converted from:
///
/// - seconds since the Unix epoch: `1714557600`, or `1714557600.5`. An `f64` has a precision of about 200 ns for times
///   of this century.
/// - a [`SystemTime`].
/// - with the feature `jiff` of `docker-core` or `docker-client`, a `jiff::Timestamp`.
/// - text, which is sent as it is: seconds with a fraction, such as the `timeNano` of an event. With the feature
///   `jiff`, text in the format of RFC 3339 (`2024-05-01T10:00:00.5Z`), such as the time of a line of a log, is
///   converted; without the feature, dockerd refuses it.
///
/// Engines receive up to nine digits of a fraction. dockerd reads all of them, podman about seven.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use docker_core::UnixTime;
///
/// assert_eq!(UnixTime::from(5).to_string(), "5");
/// assert_eq!(UnixTime::from(1.5).to_string(), "1.500000000");
/// assert_eq!(UnixTime::from(SystemTime::UNIX_EPOCH + Duration::from_millis(1500)), UnixTime::from(1.5));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnixTime(String);

impl UnixTime {
    /// The time that is this many seconds and then nanoseconds after the Unix epoch; the seconds are negative before
    /// it.
    fn new(seconds: i64, nanoseconds: u32) -> Self {
        Self(match nanoseconds {
            0 => seconds.to_string(),
            _ => format!("{seconds}.{nanoseconds:09}"),
        })
    }
}

/// Writes the time as it is sent to an engine.
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! from_seconds {
    ($($integer:ty),*) => {
        $(
            /// Seconds since the Unix epoch.
            impl From<$integer> for UnixTime {
                fn from(seconds: $integer) -> Self {
                    Self(seconds.to_string())
                }
            }
        )*
    };
}

from_seconds!(i32, u32, i64, u64);

/// Seconds since the Unix epoch, which are rounded to nanoseconds. The engine refuses a value that is not finite.
impl From<f64> for UnixTime {
    fn from(seconds: f64) -> Self {
        let (whole, fraction) = (seconds.floor(), seconds - seconds.floor());
        // Beyond these, no `f64` has a fraction.
        if !(-1e17..1e17).contains(&whole) {
            return Self(seconds.to_string());
        }
        match (fraction * 1e9).round() as u32 {
            1_000_000_000 => Self::new(whole as i64 + 1, 0),
            nanoseconds => Self::new(whole as i64, nanoseconds),
        }
    }
}

impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        let (before, distance) = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => (false, after),
            Err(error) => (true, error.duration()),
        };
        let (seconds, nanoseconds) = (distance.as_secs() as i64, distance.subsec_nanos());
        match (before, nanoseconds) {
            (false, _) => Self::new(seconds, nanoseconds),
            // The earliest time has a number of seconds whose negative wraps to itself.
            (true, 0) => Self::new(seconds.wrapping_neg(), 0),
            (true, _) => Self::new(seconds.wrapping_neg() - 1, 1_000_000_000 - nanoseconds),
        }
    }
}

/// Text, which is sent as it is unless it is a time in the format of RFC 3339 and the feature `jiff` is enabled.
impl From<&str> for UnixTime {
    fn from(text: &str) -> Self {
        #[cfg(feature = "jiff")]
        if let Ok(time) = text.trim().parse::<jiff::Timestamp>() {
            return time.into();
        }
        Self(text.to_owned())
    }
}

/// The same as for `&str`.
impl From<&String> for UnixTime {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

/// The same as for `&str`.
impl From<String> for UnixTime {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

#[cfg(feature = "jiff")]
impl From<jiff::Timestamp> for UnixTime {
    fn from(time: jiff::Timestamp) -> Self {
        // The whole seconds of a time before the epoch are rounded towards it.
        let (seconds, nanoseconds) = (time.as_second(), time.subsec_nanosecond());
        let carry = i64::from(nanoseconds < 0);
        Self::new(seconds - carry, (nanoseconds + 1_000_000_000 * carry as i32) as u32)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn written(time: impl Into<UnixTime>) -> String {
        time.into().to_string()
    }

    #[test]
    fn seconds_are_written_with_all_digits_of_their_fraction() {
        assert_eq!(
            [written(0), written(-1), written(u64::MAX)],
            ["0", "-1", "18446744073709551615"]
        );
        for (seconds, expected) in [
            (5.0, "5"),
            (1_714_557_600.5, "1714557600.500000000"),
            (0.000_000_001, "0.000000001"),
            (0.999_999_999_9, "1"),
            // The fraction is added to the whole seconds.
            (-1.5, "-2.500000000"),
            (-0.000_000_000_1, "0"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "NaN"),
            (1e18, "1000000000000000000"),
        ] {
            assert_eq!(written(seconds), expected);
        }
    }

    #[test]
    fn a_system_time_keeps_its_nanoseconds() {
        let epoch = SystemTime::UNIX_EPOCH;
        for (time, expected) in [
            (epoch + Duration::new(1_714_557_600, 123_456_789), "1714557600.123456789"),
            (epoch, "0"),
            (epoch - Duration::from_secs(2), "-2"),
            (epoch - Duration::from_millis(1500), "-2.500000000"),
        ] {
            assert_eq!(written(time), expected);
        }
    }

    #[test]
    fn text_is_sent_as_it_is() {
        for text in ["1714557600.123456789", "5", "nonsense", ""] {
            let owned = text.to_owned();
            assert_eq!([written(text), written(&owned), written(owned.clone())], [text; 3]);
        }
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn a_date_and_time_of_jiff_or_of_rfc_3339_keeps_its_nanoseconds() {
        for (text, expected) in [
            ("2024-05-01T10:00:00.123456789Z", "1714557600.123456789"),
            ("2024-05-01T12:00:00+02:00", "1714557600"),
            ("1969-12-31T23:59:58.5Z", "-2.500000000"),
            ("1969-12-31T23:59:58Z", "-2"),
        ] {
            let time: jiff::Timestamp = text.parse().unwrap();
            assert_eq!([written(text), written(time)], [expected; 2]);
        }
        // Without an offset it is not known which time is meant.
        assert_eq!(written("2024-05-01T10:00:00"), "2024-05-01T10:00:00");
    }
}
