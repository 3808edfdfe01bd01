//! Which versions have an operation, a parameter, a field or a value.
//!
//! - An operation is followed when its id changes and its method and path stay.
//! - A field is known by two addresses: from its operation (`ContainerCreate`, body, `HostConfig.Mounts[].Source`), and
//!   from the named schema that holds it (`Mount`, `Source`).
//! - A schema that got its name in 1.42 is no younger for it: before its first and after its last version, its fields
//!   are looked up where the schema stands in that version.

mod build;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Api, ReadError};

/// Consecutive versions, by their positions in [`History::versions`]; both ends are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The position of the first version.
    pub first: usize,
    /// The position of the last version.
    pub last: usize,
}

/// The versions that have an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    spans: Vec<Span>,
    versions: usize,
}

impl Presence {
    /// Returns the position of the first version that has the item, or `None` if the oldest version has it.
    pub fn since(&self) -> Option<usize> {
        self.spans.first().map(|span| span.first).filter(|first| *first > 0)
    }

    /// Returns the position of the last version that has the item, or `None` if the newest version has it.
    pub fn until(&self) -> Option<usize> {
        self.spans.last().map(|span| span.last).filter(|last| last + 1 < self.versions)
    }

    /// Returns the spans of versions that have the item, oldest first.
    ///
    /// There is more than one span if the item was removed and added again.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Returns whether the version at this position has the item.
    pub fn has(&self, version: usize) -> bool {
        self.spans.iter().any(|span| span.first <= version && version <= span.last)
    }

    /// Returns whether all versions have the item.
    pub fn always(&self) -> bool {
        self.spans.len() == 1 && self.since().is_none() && self.until().is_none()
    }
}

/// What the newest document that has a parameter or field says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its type in a few words: `array of Mount`, `integer (int64)`.
    pub kind: String,
    /// Whether it must be there.
    pub required: bool,
    /// What is said of its deprecation.
    pub deprecated: Option<String>,
    /// What the engine takes when nothing is sent, as JSON.
    pub default: Option<String>,
    /// The unit of a number.
    pub unit: Option<String>,
    /// The only platform that it is for.
    pub platform: Option<String>,
}

/// The history of a parameter or field, and of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueHistory {
    /// The versions that have it.
    pub presence: Presence,
    /// The named schema that declares the field in the newest version that has it; none for what stands in an operation
    /// itself.
    pub owner: Option<String>,
    /// What is said of it in the newest version that has it.
    pub facts: Facts,
    /// Its enum values or, for a `filters` parameter, its filter keys.
    pub values: BTreeMap<String, Presence>,
}

/// The history of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationHistory {
    /// The versions that have it.
    pub presence: Presence,
    /// Its tag in the newest version that has it.
    pub tag: String,
    /// Its method in the newest version that has it.
    pub method: String,
    /// Its path in the newest version that has it.
    pub path: String,
    /// The ids that it had in older versions.
    pub former_ids: BTreeSet<String>,
    /// Its parameters by name.
    pub parameters: BTreeMap<String, ValueHistory>,
    /// The fields of its body by path; the body itself has the empty path.
    pub body: BTreeMap<String, ValueHistory>,
    /// The fields of its successful replies by path; the reply itself has the empty path.
    pub reply: BTreeMap<String, ValueHistory>,
}

/// The history of a named schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaHistory {
    /// The versions that have a schema of this name.
    pub presence: Presence,
    /// Its fields by path, those of the schemas that it refers to included; the schema itself has the empty path.
    pub fields: BTreeMap<String, ValueHistory>,
}

/// What each version has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    versions: Vec<String>,
    operations: BTreeMap<String, OperationHistory>,
    ids: BTreeMap<String, String>,
    schemas: BTreeMap<String, SchemaHistory>,
}

/// Reads labelled documents, oldest first, and returns the history of everything in them.
///
/// ```
/// use serde_json::json;
///
/// let all = json!({"name": "all", "in": "query", "type": "boolean"});
/// let document = |parameters| json!({"paths": {"/info": {"get": {
///     "operationId": "SystemInfo", "parameters": parameters, "responses": {"200": {}},
/// }}}});
/// let history = api_compare::history(&[("1.41", document(json!([]))), ("1.42", document(json!([all])))])?;
/// let all = history.parameter("SystemInfo", "all").map(|parameter| &parameter.presence);
/// let since = all.and_then(|presence| presence.since());
/// assert_eq!(since.map(|position| history.versions()[position].as_str()), Some("1.42"));
/// # Ok::<(), api_compare::model::ReadError>(())
/// ```
///
/// # Errors
///
/// Returned if a document is not valid Swagger 2.0.
pub fn history(documents: &[(&str, Value)]) -> Result<History, ReadError> {
    let read = |(label, document): &(&str, Value)| Api::read(*label, document);
    let apis = documents.iter().map(read).collect::<Result<Vec<_>, ReadError>>()?;
    Ok(History::new(&apis.iter().collect::<Vec<_>>()))
}

impl History {
    /// Builds the history of the versions, which are given oldest first.
    pub fn new(apis: &[&Api]) -> Self {
        build::history(apis)
    }

    /// Returns the labels of the versions, oldest first.
    pub fn versions(&self) -> &[String] {
        &self.versions
    }

    /// The operations by their newest id, in the order of the ids.
    pub fn operations(&self) -> &BTreeMap<String, OperationHistory> {
        &self.operations
    }

    /// The named schemas by name.
    pub fn schemas(&self) -> &BTreeMap<String, SchemaHistory> {
        &self.schemas
    }

    /// The newest id of the operation that some version calls `id`.
    pub fn newest_id(&self, id: &str) -> Option<&str> {
        self.ids.get(id).map(String::as_str)
    }

    /// The operation that some version calls `id`.
    pub fn operation(&self, id: &str) -> Option<&OperationHistory> {
        self.operations.get(self.ids.get(id)?)
    }

    /// A parameter of an operation.
    pub fn parameter(&self, operation: &str, name: &str) -> Option<&ValueHistory> {
        self.operation(operation)?.parameters.get(name)
    }

    /// A field of an operation's body, by its path: `HostConfig.Mounts[].Source`.
    pub fn body_field(&self, operation: &str, path: &str) -> Option<&ValueHistory> {
        self.operation(operation)?.body.get(path)
    }

    /// A field of an operation's successful reply, by its path.
    pub fn reply_field(&self, operation: &str, path: &str) -> Option<&ValueHistory> {
        self.operation(operation)?.reply.get(path)
    }

    /// A named schema.
    pub fn schema(&self, name: &str) -> Option<&SchemaHistory> {
        self.schemas.get(name)
    }

    /// A field of a named schema, by its path: `BindOptions.Propagation` of `Mount`.
    /// The empty path is the schema itself, whose values are those of a named enum.
    pub fn field(&self, schema: &str, path: &str) -> Option<&ValueHistory> {
        self.schema(schema)?.fields.get(path)
    }
}
