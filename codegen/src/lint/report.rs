//! What the lint finds.

use std::fmt;

use swagger_reader::Pointer;

/// A place of the document for which wrong code would be generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule, as `query-array-style`.
    pub rule: &'static str,
    /// The operation that the place belongs to; none for what several share.
    pub operation: Option<String>,
    /// The place.
    pub at: Pointer,
    /// What is wrong, the consequence, and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.operation {
            write!(f, "{operation}: ")?;
        }
        write!(f, "{}: {} [{}]", self.at, self.message, self.rule)
    }
}

/// What has been found so far.
pub(super) struct Report<'a> {
    pub(super) operation: Option<String>,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Report<'_> {
    pub(super) fn add(&mut self, rule: &'static str, at: &Pointer, message: impl Into<String>) {
        let operation = self.operation.clone();
        self.findings.push(Finding { rule, operation, at: at.clone(), message: message.into() });
    }
}
