//! The report as Markdown, for a pull request or a document: by level, with long lists folded.

use super::{Comparison, Report, some_of};
use crate::{change::Change, rules::Level};

/// A list of more changes than this is folded.
const FOLD_ABOVE: usize = 20;

/// Renders the report as Markdown.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    if let Some(total) = &report.total {
        text += &format!("# {} {} → {}\n\n", report.title, total.from, total.to);
        text += "| step | breaking | warnings | info |\n|---|---:|---:|---:|\n";
        for comparison in report.comparisons() {
            let [breaking, warning, info] = Level::ALL.map(|level| comparison.count(level));
            let (from, to) = (&comparison.from, &comparison.to);
            text += &format!("| {from} → {to} | {breaking} | {warning} | {info} |\n");
        }
        text.push('\n');
        text += &comparison(total, &format!("## {} → {} in total", total.from, total.to));
        for step in &report.steps {
            text += &comparison(step, &format!("## {} → {}", step.from, step.to));
        }
    } else {
        for step in &report.steps {
            text += &comparison(step, &format!("# {} {} → {}", report.title, step.from, step.to));
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Renders one comparison below the given heading.
pub fn comparison(comparison: &Comparison, heading: &str) -> String {
    let mut text = format!("{heading}\n\n{}.\n\n", capital(&comparison.summary()));
    let ordered = comparison.ordered();
    for level in Level::ALL {
        let changes: Vec<&&Change> =
            ordered.iter().filter(|change| change.level == level).collect();
        if changes.is_empty() {
            continue;
        }
        let lines: String = changes.iter().map(|change| line(change)).collect();
        if level == Level::Info && changes.len() > FOLD_ABOVE {
            let title = capital(level.as_str());
            text += &format!(
                "<details><summary>{title} ({})</summary>\n\n{lines}\n</details>\n\n",
                changes.len()
            );
        } else {
            text += &format!("**{}**\n\n{lines}\n", capital(level.as_str()));
        }
    }
    text
}

fn line(change: &Change) -> String {
    let operations = change.operations();
    let subject = change.subject.to_string();
    // The subject of most changes names its only operation already.
    let met = match operations.as_slice() {
        [only] if subject.starts_with(only) => String::new(),
        operations => format!(" — {}", escape(&some_of(operations, 4))),
    };
    format!("- `{subject}`: {}{met}\n", escape(&change.text()))
}

/// Escapes the characters that have a meaning in Markdown, except for those between backticks.
fn escape(text: &str) -> String {
    let mut code = false;
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        code ^= character == '`';
        if !code && "*_<>[]\\|#".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Returns the string with a capital first letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn markup_is_escaped_outside_of_code() {
        assert_eq!(escape("`a_b` is <gone> (was a_b)"), "`a_b` is \\<gone\\> (was a\\_b)");
    }
}
