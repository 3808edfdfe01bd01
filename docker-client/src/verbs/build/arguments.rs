//! Names and values that are sent as a JSON object in a parameter.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Names and values for a parameter that is a JSON object, such as the build arguments and the labels of an image:
///
/// `docker.build(context).buildargs(KeyValues::from([("VERSION", "1.2")])).labels(KeyValues::from([("team", "web")]))`
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct KeyValues(BTreeMap<String, Option<String>>);

/// Shows only the names, because the value of a build argument may be a secret.
impl fmt::Debug for KeyValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl KeyValues {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a name, replacing any previous one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), Some(value.into()));
        self
    }

    /// Adds a name without a value (`null`). A build argument without a value keeps the default of the Dockerfile.
    #[must_use]
    pub fn without_value(mut self, name: impl Into<String>) -> Self {
        self.0.insert(name.into(), None);
        self
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for KeyValues {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), Some(value.into()))).collect())
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for KeyValues {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl From<KeyValues> for String {
    fn from(values: KeyValues) -> Self {
        Self::from(&values)
    }
}

impl From<&KeyValues> for String {
    fn from(values: &KeyValues) -> Self {
        // Serializing a map of strings to strings cannot fail.
        serde_json::to_string(values).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_a_json_object() {
        let values = KeyValues::from([("B", "x \"y\"")]).with("A", "1").without_value("C");
        assert_eq!(String::from(values), r#"{"A":"1","B":"x \"y\"","C":null}"#);
        let labels: KeyValues =
            std::collections::HashMap::from([("team", "web")]).into_iter().collect();
        assert_eq!(String::from(&labels), r#"{"team":"web"}"#);
    }

    #[test]
    fn debug_shows_only_the_names() {
        let values = KeyValues::from([("TOKEN", "hunter2")]);
        assert_eq!(format!("{values:?}"), r#"{"TOKEN"}"#);
    }
}
