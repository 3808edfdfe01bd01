//! The report as annotations of a GitHub Actions workflow.
//!
//! Ref: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use super::{Report, some_of};
use crate::rules::Level;

/// Renders the report as workflow commands, one line for each change: errors for breaking changes, warnings, and
/// notices. For a range of versions, it lists only the steps, because the comparison of the ends repeats them.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for comparison in &report.steps {
        for change in comparison.ordered() {
            let command = match change.level {
                Level::Breaking => "error",
                Level::Warning => "warning",
                Level::Info => "notice",
            };
            let title = format!("API {} → {}, {}", comparison.from, comparison.to, change.rule.id);
            let met = some_of(&change.operations(), 4);
            let message = format!("{}: {} ({met})", change.subject, change.text());
            text += &format!("::{command} title={}::{}\n", property(&title), data(&message));
        }
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
