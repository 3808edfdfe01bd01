//! Remembers the events that were returned last, to skip those that a resumed stream repeats.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hasher};
use std::io;

use docker_api::types::EventMessage;

/// The number of events that are remembered. dockerd repeats at most 256; podman repeats all since the requested time.
const CAPACITY: usize = 4096;

/// The time between the start of a resumed stream and the last event, in nanoseconds. The time of an event is set
/// before the event is queued, so events may arrive out of order.
const OVERLAP: i64 = 2 * SECOND;

const SECOND: i64 = 1_000_000_000;

/// The last events that were returned.
#[derive(Default)]
pub(super) struct Recent {
    /// The identity of each event, oldest first.
    events: VecDeque<u64>,
    /// How many repetitions of each event are expected.
    repeats: HashMap<u64, u32>,
    /// The greatest time and the time of the last event, in nanoseconds since 1970.
    greatest: i64,
    last: i64,
}

impl Recent {
    /// Returns whether an event is not a repetition, and remembers it.
    pub(super) fn is_new(&mut self, event: &EventMessage) -> bool {
        let identity = identity(event);
        if let Some(count) = self.repeats.get_mut(&identity) {
            *count -= 1;
            if *count == 0 {
                self.repeats.remove(&identity);
            }
            return false;
        }
        if self.events.len() == CAPACITY {
            self.events.pop_front();
        }
        self.events.push_back(identity);
        if let Some(time) = time(event) {
            self.last = time;
            self.greatest = self.greatest.max(time);
        }
        true
    }

    /// Expects all remembered events to be repeated. Returns the time to resume from, in seconds since 1970 with a
    /// fraction.
    pub(super) fn resume(&mut self) -> Option<String> {
        self.repeats.clear();
        for identity in &self.events {
            *self.repeats.entry(*identity).or_default() += 1;
        }
        // If the clock was set back, new events have times before the greatest one.
        let since = self.greatest.min(self.last).saturating_sub(OVERLAP).max(1);
        (self.last > 0).then(|| format!("{}.{:09}", since / SECOND, since % SECOND))
    }
}

/// The time of an event in nanoseconds since 1970.
fn time(event: &EventMessage) -> Option<i64> {
    event.time_nano.or_else(|| event.time?.checked_mul(SECOND))
}

/// Returns a hash of the whole event.
fn identity(event: &EventMessage) -> u64 {
    struct Hash(DefaultHasher);

    impl io::Write for Hash {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut hash = Hash(DefaultHasher::new());
    // Serializing an event to a hash cannot fail.
    let _ = serde_json::to_writer(&mut hash, event);
    hash.0.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(time: i64, action: &str) -> EventMessage {
        serde_json::from_value(serde_json::json!({"timeNano": time, "Action": action})).unwrap()
    }

    #[test]
    fn nothing_is_a_repetition_before_a_resume() {
        let mut recent = Recent::default();
        assert_eq!(recent.resume(), None);
        for time in [9, 3, 9, 9] {
            assert!(recent.is_new(&event(time * SECOND, "a")));
        }
        assert_eq!(recent.resume().as_deref(), Some("7.000000000"));
        assert!(!recent.is_new(&event(3 * SECOND, "a")));
        assert!(recent.is_new(&event(3 * SECOND, "a")), "the second one is another");
        assert_eq!((0..4).filter(|_| recent.is_new(&event(9 * SECOND, "a"))).count(), 1);
        // The clock was set back, so that what follows has times before the greatest one.
        assert_eq!(recent.resume().as_deref(), Some("7.000000000"));
        assert!(recent.is_new(&event(4 * SECOND, "b")));
        assert_eq!(recent.resume().as_deref(), Some("2.000000000"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut recent = Recent::default();
        for time in 0..10 * CAPACITY as i64 {
            assert!(recent.is_new(&event(time, "a")));
        }
        recent.resume();
        assert!(recent.events.len() == CAPACITY && recent.repeats.len() == CAPACITY);
    }

    #[test]
    fn an_event_may_have_only_seconds() {
        let mut recent = Recent::default();
        let event: EventMessage = serde_json::from_str(r#"{"time":100}"#).unwrap();
        recent.is_new(&event);
        assert_eq!(recent.resume().as_deref(), Some("98.000000000"));
    }
}
