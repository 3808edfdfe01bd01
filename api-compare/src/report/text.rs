//! The report for a terminal: at most 80 columns, grouped by operation, the worst first, with a summary at the end.

use super::{Comparison, Filter, Report, groups, name_within, some_of};
use crate::{
    change::{Change, Place, Subject},
    rules::{Level, Rule},
};

const WIDTH: usize = 80;
/// The column at which the description of a change begins, after the level.
const INDENT: usize = 12;

/// Renders the report as plain text. With `color`, ANSI escape sequences mark the levels.
///
/// `filter` is the filter of the report. If it selects an operation, fields are named by their path from the operation.
pub fn render(report: &Report, filter: &Filter, color: bool) -> String {
    let mut out = TextWriter { text: String::new(), color };
    for comparison in &report.steps {
        out.comparison(comparison, filter, "");
    }
    if let Some(total) = &report.total {
        out.comparison(total, filter, " in total");
    }
    if report.steps.len() > 1 {
        out.steps(report);
    }
    out.text
}

/// Renders a table of rules, see [`RULES`](crate::rules::RULES): their levels and the messages of their changes.
pub fn rules(rules: &[&Rule]) -> String {
    let wide = rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut text = format!("{:wide$}  {:8}  {:8}  description\n", "rule", "sent", "received");
    for rule in rules {
        text +=
            &format!("{:wide$}  {:8}  {:8}  {}\n", rule.id, rule.request, rule.reply, rule.text);
    }
    text
}

struct TextWriter {
    text: String,
    color: bool,
}

impl TextWriter {
    fn comparison(&mut self, comparison: &Comparison, filter: &Filter, remark: &str) {
        let title = format!("{} → {}{remark}", comparison.from, comparison.to);
        if comparison.changes.is_empty() {
            self.line(&format!("{}: no changes", self.bold(&title)));
            self.line("");
            return;
        }
        self.line(&self.bold(&title));
        self.line("");
        for group in groups(comparison) {
            let types = group.operations.is_empty()
                && group
                    .changes
                    .iter()
                    .all(|change| matches!(change.subject, Subject::Code { .. }));
            self.heading(&if types { "Types".to_owned() } else { some_of(&group.operations, 4) });
            for change in &group.changes {
                let name = match &filter.operation {
                    Some(operation) => name_from(change, operation),
                    None => name_within(change, &group.operations),
                };
                let text = if name.is_empty() {
                    change.text()
                } else {
                    format!("{name}: {}", change.text())
                };
                self.change(change.level, &text);
            }
            self.line("");
        }
        self.line(&format!("{title}, {}", comparison.summary()));
        self.line("");
    }

    /// Writes one line for each step, so that the end of a long report shows where to look.
    fn steps(&mut self, report: &Report) {
        self.line(
            &self.bold(&format!(
                "{:17}  {:>8}  {:>8}  {:>8}",
                "step", "breaking", "warnings", "info"
            )),
        );
        for comparison in report.comparisons() {
            let title = format!("{} → {}", comparison.from, comparison.to);
            let [breaking, warning, info] = Level::ALL.map(|level| comparison.count(level));
            self.line(&format!("{title:17}  {breaking:>8}  {warning:>8}  {info:>8}"));
        }
    }

    fn heading(&mut self, text: &str) {
        for line in wrap(text, WIDTH) {
            self.line(&self.bold(&line));
        }
    }

    fn change(&mut self, level: Level, text: &str) {
        let code = match level {
            Level::Breaking => "31",
            Level::Warning => "33",
            Level::Info => "36",
        };
        let level = self.paint(&format!("{level:9}"), code);
        let lines = wrap(text, WIDTH - INDENT);
        for (index, line) in lines.iter().enumerate() {
            if index == 0 {
                self.line(&format!("  {level} {line}"));
            } else {
                self.line(&format!("{:INDENT$}  {line}", ""));
            }
        }
    }

    fn bold(&self, text: &str) -> String {
        self.paint(text, "1")
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

/// Returns the subject of a change as seen from one operation: `body items[].name`.
fn name_from(change: &Change, operation: &str) -> String {
    if let Subject::Code { item } = &change.subject {
        return item.clone();
    }
    let Some(site) = change.sites.iter().find(|site| site.operation == operation) else {
        return change.subject.to_string();
    };
    match &site.place {
        Place::Whole => String::new(),
        Place::Parameter => format!("parameter {}", site.path),
        place if site.path.is_empty() => place.to_string(),
        place => format!("{place} {}", site.path),
    }
}

/// Breaks a string into lines. A word that is longer than a line gets a line to itself. Lines after the first are two
/// columns shorter, as they are indented.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let room = if lines.len() > 1 { width - 2 } else { width };
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn wraps_at_words_and_never_inside_one() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a-very-long-word b", 4), ["a-very-long-word", "b"]);
        assert_eq!(wrap("one two six ten", 7), ["one two", "six", "ten"]);
    }
}
