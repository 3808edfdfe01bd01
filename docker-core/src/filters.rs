//! Filters of lists, prunes and events: for any keys, and for the keys that an operation documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Filters of a list, a prune or a stream of events, with any keys.
///
/// The values of one key are alternatives, and all keys must match. Every `filters` setter accepts this type. Each
/// operation also has its own type, such as `ContainerListFilters`, with a method for each key that the operation
/// documents.
///
/// ```
/// use docker_core::Filters;
///
/// let filters = Filters::new().with("label", "team=web").with("status", "exited");
/// assert_eq!(filters.to_string(), r#"{"label":{"team=web":true},"status":{"exited":true}}"#);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Filters(BTreeMap<String, BTreeSet<String>>);

impl Filters {
    /// Creates filters that match everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value that `key` may have.
    pub fn with(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.0.entry(key.into()).or_default().insert(value.to_string());
        self
    }

    /// Returns whether there is no filter.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes the filters as the engine reads them: `{"status":{"exited":true}}`.
impl fmt::Display for Filters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = |values: &BTreeSet<String>| -> serde_json::Value {
            values.iter().map(|value| (value.clone(), serde_json::Value::Bool(true))).collect()
        };
        let all: serde_json::Value =
            self.0.iter().map(|(key, set)| (key.clone(), values(set))).collect();
        all.fmt(f)
    }
}

/// Defines the filters of an operation, with a method for each key that it documents.
#[doc(hidden)]
#[macro_export]
macro_rules! __filters {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $($method:ident = $key:literal),* $(,)? }
    ) => {
        $(#[$meta])*
        ///
        /// The values of one key are alternatives, and all keys must match.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        #[must_use]
        pub struct $name($crate::Filters);

        // The method of a key such as `is-task` is a setter.
        #[allow(clippy::wrong_self_convention)]
        impl $name {
            /// The keys that this version of the API documents.
            pub const KEYS: &'static [&'static str] = &[$($key),*];

            /// Creates filters that match everything.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                #[doc = concat!("Adds a value that `", $key, "` may have.")]
                pub fn $method(self, value: impl ::std::string::ToString) -> Self {
                    self.with($key, value)
                }
            )*

            /// Adds a value that `key` may have, for keys that are not documented. For example, with `label!` a prune
            /// keeps objects that have a label.
            pub fn with(
                self,
                key: impl Into<::std::string::String>,
                value: impl ::std::string::ToString,
            ) -> Self {
                Self(self.0.with(key, value))
            }
        }

        impl From<$crate::Filters> for $name {
            fn from(filters: $crate::Filters) -> Self {
                Self(filters)
            }
        }

        impl From<&$crate::Filters> for $name {
            fn from(filters: &$crate::Filters) -> Self {
                Self(filters.clone())
            }
        }

        impl From<&$name> for $name {
            fn from(filters: &$name) -> Self {
                filters.clone()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
#[cfg(test)]
#[allow(unreachable_pub)]
mod tests {
    use super::*;
    use crate::__filters as filters;

    filters! {
        /// Filters of something.
        pub struct ThingListFilters { is_task = "is-task", label = "label" }
    }

    #[test]
    fn filters_are_written_as_the_engine_reads_them() {
        let filters = Filters::new()
            .with("status", "exited")
            .with("status", "dead")
            .with("label", "a=\"b\"")
            .with("dangling", true);
        assert_eq!(
            filters.to_string(),
            r#"{"dangling":{"true":true},"label":{"a=\"b\"":true},"status":{"dead":true,"exited":true}}"#
        );
        assert_eq!(Filters::new().to_string(), "{}");
    }

    #[test]
    fn a_method_sets_its_key() {
        let typed = ThingListFilters::new().is_task(true).label("a").label("b").with("label!", "c");
        assert_eq!(
            typed.to_string(),
            r#"{"is-task":{"true":true},"label":{"a":true,"b":true},"label!":{"c":true}}"#
        );
        assert_eq!(ThingListFilters::KEYS, ["is-task", "label"]);
        let free = Filters::new().with("is-task", true);
        assert_eq!(ThingListFilters::from(&free), ThingListFilters::new().is_task(true));
    }
}
