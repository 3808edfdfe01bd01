//! The kinds of changes, and what they mean for a client.
//!
//! A change is *breaking* if a client that conforms to the old document can fail with a server that conforms to the new
//! one. It is a *warning* if the documents cannot decide that, and *info* otherwise. Requests and responses differ: a
//! new value of an enum is harmless in a request, but a client may not know it in a response.
//!
//! Each rule names its mirror: the rule that a comparison in the other direction finds at the same place.

use std::fmt;

use serde::Serialize;

/// What a change means for a client, from harmless to breaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Level {
    /// Nothing that worked stops working.
    Info,
    /// The documents cannot tell whether something stops working.
    Warning,
    /// A client that conforms to the old document can fail.
    Breaking,
}

impl Level {
    /// All levels, beginning with the worst.
    pub const ALL: [Self; 3] = [Self::Breaking, Self::Warning, Self::Info];

    /// Returns the level as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A kind of change.
///
/// [`compare`](crate::compare()) uses the rules of [`RULES`]. A program that finds changes of other kinds defines its
/// own rules.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Its name in reports.
    pub id: &'static str,
    /// The level in what a client sends.
    pub request: Level,
    /// The level in what a client receives.
    pub reply: Level,
    /// The id of the rule that a comparison in the other direction finds.
    pub mirror: &'static str,
    /// The description of a change, with the placeholders `{before}` and `{after}`.
    pub text: &'static str,
}

impl Rule {
    /// Returns the rule of [`RULES`] with this id.
    pub fn find(id: &str) -> Option<&'static Self> {
        RULES.iter().copied().find(|rule| rule.id == id)
    }

    /// Returns the level in a schema that no operation refers to: at most a warning, because nothing in the document
    /// uses it.
    pub fn unreached(&self) -> Level {
        self.request.max(self.reply).min(Level::Warning)
    }
}

use Level::{Breaking as B, Info as I, Warning as W};

/// Defines the rules: for each its id, the levels in requests and responses, the id of the mirror, and the description.
macro_rules! rules {
    ($($name:ident $id:literal $request:ident $reply:ident $mirror:literal $text:literal)*) => {
        $(pub(super) const $name: &Rule = &Rule { id: $id, request: $request, reply: $reply, mirror: $mirror, text: $text };)*

        /// All rules, in the order in which reports list them within a level.
        pub const RULES: &[&Rule] = &[$($name),*];
    };
}

rules! {
    OPERATION_REMOVED "operation-removed" B B "operation-added" "the operation is gone (was {before})"
    OPERATION_ADDED "operation-added" I I "operation-removed" "new operation: {after}"
    OPERATION_MOVED "operation-moved" B B "operation-moved" "moved from {before} to {after}"
    OPERATION_RENAMED "operation-renamed" I I "operation-renamed" "operation id was {before}; the same on the wire"
    OPERATION_DEPRECATED "operation-deprecated" I I "operation-undeprecated" "the operation is now deprecated{after}"
    OPERATION_UNDEPRECATED "operation-undeprecated" I I "operation-deprecated" "the operation is no longer deprecated"

    PARAMETER_REMOVED "parameter-removed" W W "parameter-added" "gone (was {before})"
    REQUIRED_PARAMETER_REMOVED "required-parameter-removed" W W "required-parameter-added" "gone (was {before}, required)"
    PARAMETER_ADDED "parameter-added" I I "parameter-removed" "new {after}"
    REQUIRED_PARAMETER_ADDED "required-parameter-added" B B "required-parameter-removed" "new and required {after}"
    PARAMETER_RENAMED "parameter-renamed" B B "parameter-renamed" "was called {before}"
    PATH_PARAMETER_RENAMED "path-parameter-renamed" I I "path-parameter-renamed" "was called {before}; the same on the wire"
    PARAMETER_RELOCATED "parameter-relocated" B B "parameter-relocated" "sent in the {after} now, not in the {before}"
    PARAMETER_BECAME_REQUIRED "parameter-became-required" B B "parameter-became-optional" "is required now"
    PARAMETER_BECAME_OPTIONAL "parameter-became-optional" I I "parameter-became-required" "is optional now"
    COLLECTION_FORMAT_CHANGED "collection-format-changed" B B "collection-format-changed" "lists are written as {after}, not as {before}"
    FILTER_REMOVED "filter-removed" B B "filter-added" "filter `{before}` is gone"
    FILTER_ADDED "filter-added" I I "filter-removed" "new filter `{after}`"
    FILTERS_STATED "filters-stated" I I "filters-dropped" "the filters are listed now: {after}"
    FILTERS_DROPPED "filters-dropped" W W "filters-stated" "the filters are no longer listed (were {before})"

    BODY_REMOVED "body-removed" W W "body-added" "takes no body any more (was {before})"
    REQUIRED_BODY_REMOVED "required-body-removed" W W "required-body-added" "takes no body any more (was {before}, required)"
    BODY_ADDED "body-added" I I "body-removed" "takes a body now: {after}"
    REQUIRED_BODY_ADDED "required-body-added" B B "required-body-removed" "needs a body now: {after}"
    BODY_BECAME_REQUIRED "body-became-required" B B "body-became-optional" "the body is required now"
    BODY_BECAME_OPTIONAL "body-became-optional" I I "body-became-required" "the body is optional now"
    REQUEST_MEDIA_TYPE_REMOVED "request-media-type-removed" B B "request-media-type-added" "no longer takes {before}"
    REQUEST_MEDIA_TYPE_ADDED "request-media-type-added" I I "request-media-type-removed" "also takes {after}"

    SUCCESS_STATUS_REMOVED "success-status-removed" B B "success-status-added" "status {before} is no longer returned"
    SUCCESS_STATUS_ADDED "success-status-added" W W "success-status-removed" "status {after} may be returned now"
    ERROR_STATUS_REMOVED "error-status-removed" I I "error-status-added" "no longer lists the error {before}"
    ERROR_STATUS_ADDED "error-status-added" I I "error-status-removed" "lists the error {after}"
    REPLY_BODY_REMOVED "reply-body-removed" B B "reply-body-added" "the reply has no described body any more (was {before})"
    REPLY_BODY_ADDED "reply-body-added" I I "reply-body-removed" "the reply has a described body now: {after}"
    REPLY_HEADER_REMOVED "reply-header-removed" W W "reply-header-added" "gone (was {before})"
    REPLY_HEADER_ADDED "reply-header-added" I I "reply-header-removed" "new header: {after}"
    REPLY_MEDIA_TYPE_REMOVED "reply-media-type-removed" B B "reply-media-type-added" "media type {before} is no longer returned"
    REPLY_MEDIA_TYPE_ADDED "reply-media-type-added" I I "reply-media-type-removed" "media type {after} may be returned"

    FIELD_REMOVED "field-removed" W W "field-added" "gone (was {before})"
    REQUIRED_FIELD_REMOVED "required-field-removed" W B "required-field-added" "gone (was {before}, required)"
    FIELD_ADDED "field-added" I I "field-removed" "new field: {after}"
    REQUIRED_FIELD_ADDED "required-field-added" B I "required-field-removed" "new and required field: {after}"
    FIELD_RENAMED "field-renamed" B B "field-renamed" "was called {before}"
    FIELD_BECAME_REQUIRED "field-became-required" B I "field-became-optional" "is required now"
    FIELD_BECAME_OPTIONAL "field-became-optional" I B "field-became-required" "is optional now"

    TYPE_CHANGED "type-changed" B B "type-changed" "type {before} became {after}"
    TYPE_NARROWED "type-narrowed" B I "type-widened" "type {before} narrowed to {after}"
    TYPE_WIDENED "type-widened" I B "type-narrowed" "type {before} widened to {after}"
    TYPE_DROPPED "type-dropped" W W "type-stated" "no longer described (was {before})"
    TYPE_STATED "type-stated" I I "type-dropped" "described now as {after}"
    MAP_BECAME_OBJECT "map-became-object" W W "object-became-map" "{before} became an object with the fields {after}"
    OBJECT_BECAME_MAP "object-became-map" W W "map-became-object" "the object with the fields {before} became {after}"
    FORMAT_CHANGED "format-changed" W W "format-changed" "format {before} became {after}"
    FORMAT_DROPPED "format-dropped" I I "format-stated" "format {before} is no longer stated"
    FORMAT_STATED "format-stated" I I "format-dropped" "format {after} is stated now"
    VALUE_REMOVED "enum-value-removed" B I "enum-value-added" "value `{before}` is gone"
    VALUE_ADDED "enum-value-added" I W "enum-value-removed" "new value `{after}`"
    VALUES_STATED "enum-stated" B I "enum-dropped" "only these values now: {after}"
    VALUES_DROPPED "enum-dropped" I W "enum-stated" "any value now (was one of {before})"
    DEFAULT_CHANGED "default-changed" W I "default-changed" "default {before} became {after}"
    BECAME_NULLABLE "became-nullable" I B "became-not-nullable" "may be null now"
    BECAME_NOT_NULLABLE "became-not-nullable" B I "became-nullable" "may not be null any more"
    LIMIT_TIGHTENED "limit-tightened" B I "limit-loosened" "limit tightened: {after}, was {before}"
    LIMIT_LOOSENED "limit-loosened" I W "limit-tightened" "limit loosened: {after}, was {before}"
    LIMIT_CHANGED "limit-changed" W W "limit-changed" "limit changed: {after}, was {before}"
    PATTERN_CHANGED "pattern-changed" W W "pattern-changed" "pattern {before} became {after}"

    DEPRECATED "deprecated" I I "undeprecated" "is deprecated now{after}"
    UNDEPRECATED "undeprecated" I I "deprecated" "is no longer deprecated"
    DEPRECATION_CHANGED "deprecation-changed" I I "deprecation-changed" "its deprecation now says: {after}; it said: {before}"
    UNIT_CHANGED "unit-changed" B B "unit-changed" "unit {before} became {after}"
    UNIT_STATED "unit-stated" I I "unit-dropped" "unit {after} is stated now"
    UNIT_DROPPED "unit-dropped" I I "unit-stated" "unit {before} is no longer stated"
    PLATFORM_CHANGED "platform-changed" I I "platform-changed" "platform {before} became {after}"

    SCHEMA_RENAMED "schema-renamed" I I "schema-renamed" "the schema was called {before}; the same on the wire"
    SCHEMA_REMOVED "schema-removed" W W "schema-added" "the schema, which no operation refers to, is gone"
    SCHEMA_ADDED "schema-added" I I "schema-removed" "new schema, which no operation refers to"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_mirror_that_mirrors_it() {
        for rule in RULES {
            let mirror =
                Rule::find(rule.mirror).unwrap_or_else(|| panic!("{} has no mirror", rule.id));
            assert_eq!(mirror.mirror, rule.id);
        }
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
    }
}
