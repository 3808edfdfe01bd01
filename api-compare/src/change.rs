//! The record of one change: its subject, the operations that it affects, and its level.

use std::{collections::BTreeSet, fmt};

use serde::{Serialize, Serializer};
use sha1_smol::Sha1;

use crate::{
    model::Location,
    rules::{Level, Rule},
};

/// The subject of a change.
///
/// A field belongs to the schema that declares it: a change of `Item` is one change, even if many operations use it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Subject {
    /// An operation as a whole, or the media types of its responses.
    Operation {
        /// The operation's id.
        operation: String,
    },
    /// A parameter.
    Parameter {
        /// The operation's id.
        operation: String,
        /// The location of the parameter.
        location: Location,
        /// Its name.
        name: String,
    },
    /// The body of a request, or a field of it that no named schema declares.
    Body {
        /// The operation's id.
        operation: String,
        /// The field; empty for the body itself.
        path: String,
    },
    /// A response, or a field of it that no named schema declares.
    Reply {
        /// The operation's id.
        operation: String,
        /// The status of the response.
        status: String,
        /// The field; empty for the response itself.
        path: String,
    },
    /// A header of a response.
    Header {
        /// The operation's id.
        operation: String,
        /// The status of the response.
        status: String,
        /// The header's name.
        name: String,
    },
    /// A named schema, or a field that it declares.
    Schema {
        /// The schema's name.
        schema: String,
        /// The field; empty for the schema itself.
        path: String,
    },
    /// An item of code that is generated from the documents. [`compare`](crate::compare()) never returns it; programs
    /// that compare generated code do.
    Code {
        /// Its path: `Client::item_list`, `types::Item.name`.
        item: String,
    },
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Subject {
    /// Writes the subject as `ItemCreate?draft`, `ItemCreate body.name`, `ItemCreate 201.id` or `Item.name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot =
            |path: &str| if path.is_empty() || path.starts_with(['[', '{']) { "" } else { "." };
        match self {
            Self::Operation { operation } => f.write_str(operation),
            Self::Code { item } => f.write_str(item),
            Self::Parameter { operation, location: Location::Query, name } => {
                write!(f, "{operation}?{name}")
            }
            Self::Parameter { operation, location, name } => {
                write!(f, "{operation} {} {name}", location.as_str())
            }
            Self::Body { operation, path } => write!(f, "{operation} body{}{path}", dot(path)),
            Self::Reply { operation, status, path } => {
                write!(f, "{operation} {status}{}{path}", dot(path))
            }
            Self::Header { operation, status, name } => {
                write!(f, "{operation} {status} header {name}")
            }
            Self::Schema { schema, path } => write!(f, "{schema}{}{path}", dot(path)),
        }
    }
}

/// A part of an operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The operation itself.
    Whole,
    /// One of its parameters.
    Parameter,
    /// Its body.
    Body,
    /// The response with this status.
    Reply(String),
}

impl Place {
    /// Returns the level of a change here.
    fn level(&self, rule: &Rule) -> Level {
        match self {
            Self::Whole | Self::Parameter | Self::Body => rule.request,
            Self::Reply(_) => rule.reply,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("operation"),
            Self::Parameter => f.write_str("parameter"),
            Self::Body => f.write_str("body"),
            Self::Reply(status) => write!(f, "reply {status}"),
        }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A place where a change affects clients.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Site {
    /// The operation's id.
    pub operation: String,
    /// The part of the operation.
    pub place: Place,
    /// The name of the parameter, or the path of the field: `items[].name`. `[]` stands for every item of an array, and
    /// `{}` for every value of a map.
    pub path: String,
}

/// One change from one version to another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// The kind of the change.
    pub rule: &'static Rule,
    /// The worst level that it has at any of its sites.
    pub level: Level,
    /// The subject, with the names of the newer version.
    pub subject: Subject,
    /// The name of the schema or operation in the older version, if it was different.
    pub was: Option<String>,
    /// The value in the older version; empty if there is none.
    pub before: String,
    /// The value in the newer version; empty if there is none.
    pub after: String,
    /// The places that it affects; empty for a schema that no operation refers to.
    pub sites: BTreeSet<Site>,
}

impl Change {
    /// Returns twelve hexadecimal digits that identify the change in every run, for every pair of versions that has it.
    pub fn id(&self) -> String {
        let mut hash = Sha1::new();
        let was = self.was.as_deref().unwrap_or_default();
        for part in [self.rule.id, &self.subject.to_string(), &self.before, &self.after, was] {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        }
        let mut id = hash.digest().to_string();
        id.truncate(12);
        id
    }

    /// Describes the change in a few words, without its subject.
    pub fn text(&self) -> String {
        let or = |text: &str, nothing: &str| {
            if text.is_empty() { nothing.to_owned() } else { text.to_owned() }
        };
        let (before, after) = match self.rule.id {
            // A deprecation may state versions or nothing at all.
            "deprecated" | "operation-deprecated" if self.after.is_empty() => {
                (String::new(), String::new())
            }
            "deprecated" | "operation-deprecated" => (String::new(), format!(" ({})", self.after)),
            "deprecation-changed" => {
                (or(&self.before, "nothing more"), or(&self.after, "nothing more"))
            }
            _ => (or(&self.before, "none"), or(&self.after, "none")),
        };
        self.rule.text.replace("{before}", &before).replace("{after}", &after)
    }

    /// Returns the level that it has at one of its sites.
    pub fn level_at(&self, site: &Site) -> Level {
        site.place.level(self.rule)
    }

    /// Returns the change as seen by a client that uses only this operation, with the sites and the level there.
    /// Returns `None` if it does not affect the operation.
    pub fn at_operation(mut self, operation: &str) -> Option<Self> {
        self.sites.retain(|site| site.operation == operation);
        self.level = self.sites.iter().map(|site| self.level_at(site)).max()?;
        Some(self)
    }

    /// Returns the ids of the operations that it affects, sorted.
    pub fn operations(&self) -> Vec<&str> {
        let operations: BTreeSet<&str> =
            self.sites.iter().map(|site| site.operation.as_str()).collect();
        operations.into_iter().collect()
    }

    /// Returns whether it is a change of this field or parameter. `field` is a name, or a path with dots: `owner.name`.
    pub fn names_field(&self, field: &str) -> bool {
        let matches = |path: &str| {
            let plain = path.replace("[]", "").replace("{}", "");
            plain == field
                || plain.ends_with(&format!(".{field}"))
                || plain.rsplit('.').next() == Some(field)
        };
        let own = match &self.subject {
            Subject::Operation { .. } => return false,
            Subject::Code { item } => {
                item == field || item.rsplit([':', '.']).next() == Some(field)
            }
            Subject::Schema { schema, path } => {
                matches(path) || matches(&format!("{schema}.{path}"))
            }
            Subject::Body { path, .. } | Subject::Reply { path, .. } => matches(path),
            Subject::Parameter { name, .. } | Subject::Header { name, .. } => matches(name),
        };
        let renamed = self.rule.id.ends_with("-renamed") && matches(&self.before);
        own || renamed || self.sites.iter().any(|site| matches(&site.path))
    }
}
