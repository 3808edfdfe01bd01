//! Turns the reports of the engine, which repeat what earlier ones contain, into events.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::error::SourceLines;
use crate::proto::control::{StatusResponse, Timestamp, Vertex, VertexStatus, VertexWarning};

use super::{Event, LogStream, Step, Warning};

/// The number of lines of output of a step that are kept for an error.
const LINES: usize = 20;

/// The number of bytes of such a line that are kept.
const LINE: usize = 4096;

/// The state of a build. Its size depends only on the number of steps.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    steps: HashMap<String, State>,
    /// The digests of the steps that failed, in order, without those that were cancelled because another one failed.
    failed: Vec<String>,
}

#[derive(Debug)]
struct State {
    step: Step,
    started: Option<Timestamp>,
    last: Last,
    /// The reported progress by the id of the part, so that no event is repeated.
    parts: HashMap<String, (i64, bool)>,
    lines: VecDeque<String>,
    /// An incomplete line of output.
    partial: Vec<u8>,
}

/// The last event of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Last {
    Empty,
    Started,
    Ended,
}

impl Tracker {
    /// Adds the events of a report to `events`.
    ///
    /// A report covers a period of time and lists steps, parts and output apart from each other. A step may begin,
    /// write and end in one of them, so that the ends come after everything else that the report contains.
    pub(crate) fn report(&mut self, report: StatusResponse, events: &mut VecDeque<Event>) {
        let mut ends = Vec::new();
        for vertex in report.vertexes {
            self.vertex(vertex, events, &mut ends);
        }
        for status in report.statuses {
            self.status(status, events);
        }
        for log in report.logs {
            let state = self.state(&log.vertex, "");
            state.log(&log.message);
            let stream = if log.stream == 2 { LogStream::Stderr } else { LogStream::Stdout };
            events.push_back(Event::Log { step: state.step.clone(), stream, data: log.message });
        }
        events.extend(
            report.warnings.into_iter().map(|warning| Event::Warning(Box::new(warn(warning)))),
        );
        events.extend(ends);
    }

    /// Returns the step that failed first, and the last lines of its output.
    pub(crate) fn failure(&self) -> Option<(Step, Vec<String>)> {
        let state = self.steps.get(self.failed.first()?)?;
        Some((state.step.clone(), state.last_lines()))
    }

    fn state(&mut self, digest: &str, name: &str) -> &mut State {
        let number = self.steps.len() + 1;
        let state = self.steps.entry(digest.to_owned()).or_insert_with(|| State {
            step: Step { number, name: Arc::from(name), digest: Arc::from(digest) },
            started: None,
            last: Last::Empty,
            parts: HashMap::new(),
            lines: VecDeque::new(),
            partial: Vec::new(),
        });
        if !name.is_empty() && &*state.step.name != name {
            state.step.name = Arc::from(name);
        }
        state
    }

    fn vertex(&mut self, vertex: Vertex, events: &mut VecDeque<Event>, ends: &mut Vec<Event>) {
        let state = self.state(&vertex.digest, &vertex.name);
        let step = state.step.clone();
        if vertex.started.is_some() {
            state.started = vertex.started;
        }
        // A step that has ended starts again if its cached result was removed.
        let begins = vertex.started.is_some() && state.last != Last::Started;
        if vertex.completed.is_none() && begins {
            if state.last == Last::Ended {
                events.extend(ends.drain(..));
            }
            state.last = Last::Started;
            events.push_back(Event::Started { step: step.clone() });
        }
        let Some(completed) = vertex.completed else { return };
        if state.last == Last::Ended {
            return;
        }
        // A short step may start and end between two reports.
        if begins && !vertex.cached {
            events.push_back(Event::Started { step: step.clone() });
        }
        state.last = Last::Ended;
        if !vertex.error.is_empty() {
            ends.push(Event::Failed { step, message: vertex.error.clone() });
            if !vertex.error.ends_with("context canceled") {
                self.failed.push(vertex.digest);
            }
        } else if vertex.cached {
            ends.push(Event::Cached { step });
        } else {
            let duration = state.started.map_or(Duration::ZERO, |from| between(from, completed));
            ends.push(Event::Completed { step, duration });
        }
    }

    fn status(&mut self, status: VertexStatus, events: &mut VecDeque<Event>) {
        let state = self.state(&status.vertex, "");
        let completed = status.completed.is_some();
        let now = (status.current, completed);
        if state.parts.insert(status.id.clone(), now) == Some(now) {
            return;
        }
        if completed {
            // There may be many parts, but few at a time.
            state.parts.remove(&status.id);
        }
        events.push_back(Event::Progress {
            step: state.step.clone(),
            name: if status.name.is_empty() { status.id } else { status.name },
            current: u64::try_from(status.current).unwrap_or_default(),
            total: u64::try_from(status.total).ok().filter(|total| *total > 0),
            completed,
        });
    }
}

impl State {
    fn log(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE.saturating_sub(self.partial.len());
            self.partial.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                let line = line(&self.partial);
                self.partial.clear();
                if self.lines.len() == LINES {
                    self.lines.pop_front();
                }
                self.lines.push_back(line);
            }
        }
    }

    fn last_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.lines.iter().cloned().collect();
        if !self.partial.is_empty() {
            lines.push(line(&self.partial));
        }
        lines
    }
}

fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.trim_ascii_end()).into_owned()
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    let nanos = |time: Timestamp| i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    let nanos = u64::try_from(nanos(to) - nanos(from)).unwrap_or_default();
    Duration::from_nanos(nanos)
}

fn warn(warning: VertexWarning) -> Warning {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let source = warning.source.as_ref();
    let source = source.and_then(|source| SourceLines::of(source, &warning.ranges));
    Warning {
        message: text(&warning.short),
        detail: warning.detail.iter().map(|line| text(line)).collect(),
        url: warning.url,
        source,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::proto::control::VertexLog;

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp { seconds, nanos: 500_000_000 })
    }

    fn vertex(name: &str, started: Option<Timestamp>, completed: Option<Timestamp>) -> Vertex {
        Vertex {
            digest: format!("d-{name}"),
            name: name.into(),
            started,
            completed,
            ..Vertex::default()
        }
    }

    fn events(tracker: &mut Tracker, report: StatusResponse) -> Vec<Event> {
        let mut events = VecDeque::new();
        tracker.report(report, &mut events);
        events.into()
    }

    fn vertexes(all: Vec<Vertex>) -> StatusResponse {
        StatusResponse { vertexes: all, ..StatusResponse::default() }
    }

    #[test]
    fn repeated_reports_make_no_repeated_events() {
        let mut tracker = Tracker::default();
        assert_eq!(events(&mut tracker, vertexes(vec![vertex("a", None, None)])), []);
        let started = vertexes(vec![vertex("a", at(1), None)]);
        let [Event::Started { step }] = &events(&mut tracker, started.clone())[..] else {
            panic!()
        };
        assert_eq!((&*step.name, step.number), ("a", 1));
        assert_eq!(events(&mut tracker, started), []);
        let ended = vertexes(vec![vertex("a", at(1), at(3))]);
        let [Event::Completed { duration, .. }] = events(&mut tracker, ended.clone())[..] else {
            panic!()
        };
        assert_eq!(duration, Duration::from_secs(2));
        assert_eq!(events(&mut tracker, ended), []);
    }

    #[test]
    fn a_step_within_one_report_starts_writes_and_ends() {
        let log = VertexLog {
            vertex: "d-a".into(),
            stream: 2,
            message: Bytes::from("text"),
            ..VertexLog::default()
        };
        let again = vertex("a", at(5), None);
        for vertexes in [
            vec![vertex("a", at(1), at(3))],
            vec![vertex("a", at(1), None), vertex("a", at(1), at(3))],
            vec![vertex("a", at(1), at(3)), again.clone()],
        ] {
            let restarts = vertexes.last() == Some(&again);
            let report = StatusResponse { vertexes, logs: vec![log.clone()], ..Default::default() };
            let kinds: Vec<&str> = events(&mut Tracker::default(), report)
                .iter()
                .map(|event| match event {
                    Event::Started { .. } => "started",
                    Event::Log { .. } => "log",
                    Event::Completed { .. } => "completed",
                    _ => "another",
                })
                .collect();
            let expected: &[&str] = if restarts {
                &["started", "completed", "started", "log"]
            } else {
                &["started", "log", "completed"]
            };
            assert_eq!(kinds, expected);
        }
    }

    #[test]
    fn the_first_step_that_was_not_cancelled_is_the_failure() {
        let mut tracker = Tracker::default();
        let failed =
            |name: &str, error: &str| Vertex { error: error.into(), ..vertex(name, at(1), at(2)) };
        let log = |text: String| VertexLog {
            vertex: "d-b".into(),
            stream: 2,
            message: Bytes::from(text),
            ..VertexLog::default()
        };
        let long: String = (0..30).map(|line| format!("line {line}\n")).collect();
        let logs = vec![log(long), log("no end".into())];
        events(&mut tracker, StatusResponse { logs, ..StatusResponse::default() });
        events(
            &mut tracker,
            vertexes(vec![failed("a", "x: context canceled"), failed("b", "exit code: 7")]),
        );
        let (step, lines) = tracker.failure().unwrap();
        assert_eq!(&*step.name, "b");
        assert_eq!(lines.len(), LINES + 1);
        assert_eq!((lines[0].as_str(), lines[LINES].as_str()), ("line 10", "no end"));
    }
}
