//! The history of operations, parameters, fields and schemas, and how to look them up.

use std::collections::{BTreeMap, BTreeSet};

use super::presence::Presence;

/// The facts about a parameter or field in the newest document that has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its type in a few words: `array of Item`, `integer (int64)`.
    pub kind: String,
    /// Whether it is required.
    pub required: bool,
    /// The details of its deprecation, which may be empty; `None` if it is not deprecated.
    pub deprecated: Option<String>,
    /// The value that the server assumes if none is sent, as JSON.
    pub default: Option<String>,
    /// The unit of a number.
    pub unit: Option<String>,
    /// The only platform that supports it.
    pub platform: Option<String>,
}

/// The history of a parameter or field, and of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueHistory {
    /// The versions that have it.
    pub presence: Presence,
    /// The named schema that declares the field in the newest version that has it, or `None` if the operation itself
    /// does.
    pub owner: Option<String>,
    /// The facts about it in the newest version that has it.
    pub facts: Facts,
    /// The values of its enum, or the keys that a filter parameter accepts.
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
    /// The fields of its request body by path. The body itself has the empty path.
    pub body: BTreeMap<String, ValueHistory>,
    /// The fields of its successful responses by path. The response itself has the empty path.
    pub reply: BTreeMap<String, ValueHistory>,
}

/// The history of a named schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaHistory {
    /// The versions that have a schema of this name.
    pub presence: Presence,
    /// Its fields by path, including those of the schemas that it refers to. The schema itself has the empty path.
    pub fields: BTreeMap<String, ValueHistory>,
}

/// The history of an API: which versions have an operation, a parameter, a field or a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    pub(super) versions: Vec<String>,
    pub(super) operations: BTreeMap<String, OperationHistory>,
    /// The newest id of the operation that some version gives an id.
    pub(super) ids: BTreeMap<String, String>,
    pub(super) schemas: BTreeMap<String, SchemaHistory>,
}

impl History {
    /// Returns the labels of the versions, oldest first.
    pub fn versions(&self) -> &[String] {
        &self.versions
    }

    /// Returns the operations by their newest id.
    pub fn operations(&self) -> &BTreeMap<String, OperationHistory> {
        &self.operations
    }

    /// Returns the named schemas by name.
    pub fn schemas(&self) -> &BTreeMap<String, SchemaHistory> {
        &self.schemas
    }

    /// Returns the newest id of the operation that has the id `id` in some version.
    pub fn newest_id(&self, id: &str) -> Option<&str> {
        self.ids.get(id).map(String::as_str)
    }

    /// Returns the operation that has the id `id` in some version.
    pub fn operation(&self, id: &str) -> Option<&OperationHistory> {
        self.operations.get(self.ids.get(id)?)
    }

    /// Returns a parameter of an operation.
    pub fn parameter(&self, operation: &str, name: &str) -> Option<&ValueHistory> {
        self.operation(operation)?.parameters.get(name)
    }

    /// Returns a field of an operation's request body by its path: `items[].name`.
    pub fn body_field(&self, operation: &str, path: &str) -> Option<&ValueHistory> {
        self.operation(operation)?.body.get(path)
    }

    /// Returns a field of an operation's successful response by its path.
    pub fn reply_field(&self, operation: &str, path: &str) -> Option<&ValueHistory> {
        self.operation(operation)?.reply.get(path)
    }

    /// Returns a named schema.
    pub fn schema(&self, name: &str) -> Option<&SchemaHistory> {
        self.schemas.get(name)
    }

    /// Returns a field of a named schema by its path: `owner.name` of `Item`.
    ///
    /// The empty path is the schema itself, whose values are those of a named enum.
    pub fn field(&self, schema: &str, path: &str) -> Option<&ValueHistory> {
        self.schema(schema)?.fields.get(path)
    }
}
