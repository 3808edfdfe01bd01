//! Filters of lists, prunes and events.

use std::collections::{BTreeMap, BTreeSet};

/// What a list, a prune or a stream of events is narrowed to.
///
/// Values of one key are alternatives, and all keys must match. It turns into the text that the parameter `filters`
/// takes: `container_list().filters(Filters::new().with("status", "exited"))`. Which keys there are is told by the
/// documentation of each operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters(BTreeMap<String, BTreeSet<String>>);

impl Filters {
    /// No filter.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value that `key` may have.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.0.entry(key.into()).or_default().insert(value.to_string());
        self
    }

    /// Whether there is no filter.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Filters> for String {
    fn from(filters: Filters) -> Self {
        String::from(&filters)
    }
}

/// Writes `{"status":{"exited":true}}`, which every engine takes.
impl From<&Filters> for String {
    fn from(filters: &Filters) -> Self {
        let values = |values: &BTreeSet<String>| -> serde_json::Value {
            values.iter().map(|value| (value.clone(), serde_json::Value::Bool(true))).collect()
        };
        let all: serde_json::Value =
            filters.0.iter().map(|(key, set)| (key.clone(), values(set))).collect();
        all.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_written_as_the_engine_reads_them() {
        let filters = Filters::new()
            .with("status", "exited")
            .with("status", "dead")
            .with("label", "a=\"b\"")
            .with("dangling", true);
        assert_eq!(
            String::from(filters),
            r#"{"dangling":{"true":true},"label":{"a=\"b\"":true},"status":{"dead":true,"exited":true}}"#
        );
        assert_eq!(String::from(Filters::new()), "{}");
    }
}
