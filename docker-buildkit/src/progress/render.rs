//! Renders events on a terminal or as lines.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Instant;

use bytes::Bytes;

use super::{Event, Step};

/// The style in which progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Style {
    /// One line for each event, as with `docker build --progress plain`.
    Plain,
    /// The running steps are redrawn at the bottom of a terminal, with the last lines of their output.
    Terminal {
        /// The width of the terminal in characters.
        columns: u16,
    },
    /// Nothing is shown.
    Quiet,
}

/// The number of lines of output that are shown for a running step.
const TAIL: usize = 6;

/// Renders events in a style.
pub(crate) struct Renderer<W> {
    out: W,
    style: Style,
    /// The running steps.
    running: BTreeMap<usize, Running>,
    /// The number of lines that are drawn and will be erased.
    drawn: usize,
    /// The incomplete last lines of output, by step.
    partial: BTreeMap<usize, Vec<u8>>,
}

struct Running {
    step: Step,
    since: Instant,
    tail: Vec<String>,
    part: Option<String>,
}

impl<W: Write> Renderer<W> {
    pub(crate) fn new(out: W, style: Style) -> Self {
        Self { out, style, running: BTreeMap::new(), drawn: 0, partial: BTreeMap::new() }
    }

    /// Renders an event.
    pub(crate) fn event(&mut self, event: &Event) -> io::Result<()> {
        match self.style {
            Style::Quiet => Ok(()),
            Style::Plain => {
                self.plain(event)?;
                self.out.flush()
            }
            Style::Terminal { columns } => {
                self.erase()?;
                self.terminal(event, columns)?;
                self.draw(columns)?;
                self.out.flush()
            }
        }
    }

    /// Redraws the running steps with their current times.
    pub(crate) fn tick(&mut self) -> io::Result<()> {
        if let Style::Terminal { columns } = self.style {
            self.erase()?;
            self.draw(columns)?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Erases the running steps.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if let Style::Terminal { .. } = self.style {
            self.erase()?;
        }
        self.out.flush()
    }

    fn plain(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started { step } => writeln!(self.out, "#{} {}", step.number, step.name),
            Event::Cached { step } => {
                writeln!(self.out, "#{} {}", step.number, step.name)?;
                writeln!(self.out, "#{} CACHED", step.number)
            }
            Event::Completed { step, duration } => {
                self.rest_of_line(step)?;
                writeln!(self.out, "#{} DONE {:.1}s", step.number, duration.as_secs_f64())
            }
            Event::Failed { step, message } => {
                self.rest_of_line(step)?;
                writeln!(self.out, "#{} ERROR: {message}", step.number)
            }
            Event::Log { step, data, .. } => {
                for line in self.lines(step, data) {
                    writeln!(self.out, "#{} {line}", step.number)?;
                }
                Ok(())
            }
            // Only completed parts, to keep a log short.
            Event::Progress { step, name, current, total, completed: true } => {
                writeln!(self.out, "#{} {name}{} done", step.number, amount(*current, *total))
            }
            Event::Progress { .. } => Ok(()),
            Event::Warning(warning) => {
                writeln!(self.out, "WARNING: {}", warning.message)?;
                match &warning.source {
                    Some(source) => writeln!(self.out, "{source}"),
                    None => Ok(()),
                }
            }
        }
    }

    fn terminal(&mut self, event: &Event, columns: u16) -> io::Result<()> {
        match event {
            Event::Started { step } => {
                let running = Running {
                    step: step.clone(),
                    since: Instant::now(),
                    tail: Vec::new(),
                    part: None,
                };
                self.running.insert(step.number, running);
            }
            Event::Cached { step } => {
                self.running.remove(&step.number);
                let line = cut(&format!(" CACHED {}", printable(&step.name)), columns);
                writeln!(self.out, "\x1b[36m{line}\x1b[0m")?;
            }
            Event::Completed { step, duration } => {
                self.running.remove(&step.number);
                self.partial.remove(&step.number);
                let time = format!("{:.1}s", duration.as_secs_f64());
                let line = cut(&format!(" {time:>6} {}", printable(&step.name)), columns);
                writeln!(self.out, "\x1b[34m{line}\x1b[0m")?;
            }
            Event::Failed { step, message } => {
                self.running.remove(&step.number);
                self.partial.remove(&step.number);
                let text = format!("  ERROR {}: {}", printable(&step.name), printable(message));
                writeln!(self.out, "\x1b[31m{}\x1b[0m", cut(&text, columns))?;
            }
            Event::Log { step, data, .. } => {
                let lines = self.lines(step, data);
                if let Some(running) = self.running.get_mut(&step.number) {
                    running.tail.extend(lines);
                    let excess = running.tail.len().saturating_sub(TAIL);
                    running.tail.drain(..excess);
                }
            }
            Event::Progress { step, name, current, total, completed } => {
                if let Some(running) = self.running.get_mut(&step.number) {
                    let text = format!("{}{}", printable(name), amount(*current, *total));
                    running.part = (!completed).then_some(text);
                }
            }
            Event::Warning(warning) => {
                let text = cut(&format!("WARNING {}", printable(&warning.message)), columns);
                writeln!(self.out, "\x1b[33m{text}\x1b[0m")?;
            }
        }
        Ok(())
    }

    fn draw(&mut self, columns: u16) -> io::Result<()> {
        for running in self.running.values() {
            let time = format!("{:.1}s", running.since.elapsed().as_secs_f64());
            let part = running.part.as_deref().map(|part| format!(" ({part})")).unwrap_or_default();
            let text = format!(" {time:>6} {}{part}", printable(&running.step.name));
            writeln!(self.out, "{}", cut(&text, columns))?;
            self.drawn += 1;
            for line in &running.tail {
                writeln!(self.out, "\x1b[2m{}\x1b[0m", cut(&format!("        {line}"), columns))?;
                self.drawn += 1;
            }
        }
        Ok(())
    }

    fn erase(&mut self) -> io::Result<()> {
        if self.drawn > 0 {
            // Moves the cursor to the first drawn line, and erases everything below it.
            write!(self.out, "\x1b[{}A\x1b[J", self.drawn)?;
            self.drawn = 0;
        }
        Ok(())
    }

    /// Returns the complete lines, and keeps the incomplete one.
    fn lines(&mut self, step: &Step, data: &Bytes) -> Vec<String> {
        let partial = self.partial.entry(step.number).or_default();
        partial.extend_from_slice(data);
        let Some(end) = partial.iter().rposition(|byte| *byte == b'\n') else {
            // A very long line is shown in pieces.
            if partial.len() < 64 * 1024 {
                return Vec::new();
            }
            return vec![printable(&String::from_utf8_lossy(&std::mem::take(partial)))];
        };
        let rest = partial.split_off(end + 1);
        let complete = std::mem::replace(partial, rest);
        let text = String::from_utf8_lossy(&complete);
        text.lines().map(printable).collect()
    }

    fn rest_of_line(&mut self, step: &Step) -> io::Result<()> {
        match self.partial.remove(&step.number) {
            Some(rest) if !rest.is_empty() => {
                let rest = printable(&String::from_utf8_lossy(&rest));
                writeln!(self.out, "#{} {rest}", step.number)
            }
            _ => Ok(()),
        }
    }
}

/// Formats sizes: ` 1.2MB / 3.4MB`.
fn amount(current: u64, total: Option<u64>) -> String {
    match (current, total) {
        (0, None) => String::new(),
        (current, None) => format!(" {}", size(current)),
        (current, Some(total)) => format!(" {} / {}", size(current), size(total)),
    }
}

fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1}{name}", bytes as f64 / *unit as f64),
        None => format!("{bytes}B"),
    }
}

/// Returns a line without characters that move the cursor of a terminal.
fn printable(text: &str) -> String {
    // Progress bars overwrite the line after a carriage return.
    let text = text.trim_end_matches('\r');
    let text = text.rsplit('\r').next().unwrap_or(text);
    text.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !c.is_control()).collect()
}

fn cut(text: &str, columns: u16) -> String {
    text.chars().take(usize::from(columns).max(20)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::progress::LogStream;

    fn step(number: usize, name: &str) -> Step {
        Step { number, name: Arc::from(name), digest: Arc::from(name) }
    }

    fn build() -> Vec<Event> {
        let run = || step(2, "[2/2] RUN make");
        let log = |data: &'static str| Event::Log {
            step: run(),
            stream: LogStream::Stdout,
            data: Bytes::from_static(data.as_bytes()),
        };
        vec![
            Event::Cached { step: step(1, "[1/2] FROM busybox") },
            Event::Started { step: run() },
            log("one\ntw"),
            log("o\n\x1b[2Jthree"),
            Event::Completed { step: run(), duration: Duration::from_millis(1250) },
        ]
    }

    fn shown(style: Style) -> String {
        let mut renderer = Renderer::new(Vec::new(), style);
        for event in build() {
            renderer.event(&event).unwrap();
        }
        renderer.finish().unwrap();
        String::from_utf8(renderer.out).unwrap()
    }

    #[test]
    fn plain_progress_has_a_line_for_each_event() {
        let expected = "#1 [1/2] FROM busybox\n#1 CACHED\n#2 [2/2] RUN make\n#2 one\n#2 two\n#2 [2Jthree\n#2 DONE 1.2s\n";
        assert_eq!(shown(Style::Plain), expected);
        assert_eq!(shown(Style::Quiet), "");
    }

    #[test]
    fn a_terminal_ends_with_the_steps_that_are_done() {
        let shown = shown(Style::Terminal { columns: 40 });
        let last = shown.rsplit("\x1b[J").next().unwrap();
        assert_eq!(last, "\x1b[34m   1.2s [2/2] RUN make\x1b[0m\n");
        assert!(!shown.contains("\x1b[2J"), "output cannot clear the screen");
    }
}
