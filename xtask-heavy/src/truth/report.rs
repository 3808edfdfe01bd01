//! The table for the terminal.

use std::fmt::Write as _;

use super::compare::Kind;
use super::findings::Table;

/// Engine by version: how many replies there are, and what became of their fields.
pub(super) fn table(table: &Table) -> String {
    let mut text = String::from(
        "engine           API   types  replies  values  failed  lost  changed  invented  unnamed\n",
    );
    for row in &table.rows {
        let findings = &row.findings;
        let _ = writeln!(
            text,
            "{:<16} {:<5} {:<5} {:>8} {:>7} {:>7} {:>5} {:>8} {:>9} {:>8}",
            row.engine,
            row.version,
            row.types,
            findings.replies,
            findings.values,
            findings.failed.len(),
            findings.count(Kind::Lost),
            findings.count(Kind::Changed),
            findings.count(Kind::Invented),
            findings.count(Kind::Unnamed),
        );
    }
    for (version, findings) in &table.arbitrary {
        let _ = writeln!(
            text,
            "{:<16} {:<5} {:<5} {:>8} {:>7} {:>7} {:>5} {:>8} {:>9}",
            "arbitrary",
            "",
            version,
            "",
            findings.values,
            findings.failed.len(),
            findings.count(Kind::Lost),
            findings.count(Kind::Changed),
            findings.count(Kind::Invented),
        );
    }
    text
}
