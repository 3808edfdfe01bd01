//! What holds for the whole of a document.

use serde_json::{Map, Value};

/// What holds for the whole document.
pub(super) struct Context<'a> {
    pub(super) definitions: Option<&'a Map<String, Value>>,
    pub(super) consumes: Option<Vec<&'a str>>,
    pub(super) produces: Option<Vec<&'a str>>,
}

impl Context<'_> {
    pub(super) fn defines(&self, name: &str) -> bool {
        self.definitions.is_some_and(|definitions| definitions.contains_key(name))
    }
}
