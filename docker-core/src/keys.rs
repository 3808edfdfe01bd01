//! Sets that are JSON objects on the wire, whose members are empty objects: `{"80/tcp": {}}`.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::{Deserialize, Deserializer, IgnoredAny};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A set, read from an object or from `null`, which is the empty set. The values of the members are not read.
pub(crate) struct Keys(pub(crate) BTreeSet<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Option::<BTreeMap<String, IgnoredAny>>::deserialize(deserializer)?;
        Ok(Self(object.unwrap_or_default().into_keys().collect()))
    }
}

/// A set, written as an object of empty objects.
pub(crate) struct EmptyObjects<'a>(pub(crate) &'a BTreeSet<String>);

impl Serialize for EmptyObjects<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.0.len()))?;
        for key in self.0 {
            object.serialize_entry(key, &serde_json::Map::new())?;
        }
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_keeps_its_form_on_the_wire() {
        let text = r#"{"53/udp":{},"80/tcp":{}}"#;
        let Keys(keys) = serde_json::from_str(text).unwrap();
        assert_eq!(keys.iter().collect::<Vec<_>>(), ["53/udp", "80/tcp"]);
        assert_eq!(serde_json::to_string(&EmptyObjects(&keys)).unwrap(), text);
        let Keys(keys) = serde_json::from_str("null").unwrap();
        assert!(keys.is_empty());
        assert!(serde_json::from_str::<Keys>(r#"["80/tcp"]"#).is_err());
    }
}
