//! The types of the model: operations, parameters, bodies, replies and schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// One version of an API, read from a document; see [`compare`](crate::compare()).
#[derive(Debug)]
pub struct Api {
    /// The name of the version in reports: `1.52`, or the name of a file.
    pub label: String,
    /// The operations by id.
    pub operations: BTreeMap<String, Operation>,
    /// The schemas of `definitions` by name.
    pub schemas: BTreeMap<String, Arc<Schema>>,
    /// The names of the schemas that operations refer to, directly or through other schemas.
    pub reached: BTreeSet<String>,
}

/// One operation: a method on a path.
#[derive(Debug)]
pub struct Operation {
    /// The operation's id, or its method and path if the document gives it no id.
    pub id: String,
    /// The method in upper case.
    pub method: String,
    /// The path with its parameters in braces.
    pub path: String,
    /// The first tag, or an empty string.
    pub tag: String,
    /// The details of its deprecation, which may be empty; `None` if it is not deprecated.
    pub deprecated: Option<String>,
    /// Its parameters except for the body.
    pub parameters: Vec<Parameter>,
    /// The body of its request.
    pub body: Option<Body>,
    /// Its responses by status.
    pub replies: BTreeMap<String, Reply>,
    /// The media types of its responses.
    pub produces: BTreeSet<String>,
}

impl Operation {
    /// Returns the method and the path without the names of its parameters, which is what identifies an operation to a
    /// server: `GET /items/{}`.
    pub fn route(&self) -> String {
        let mut route = format!("{} ", self.method);
        let mut inside = false;
        for character in self.path.chars() {
            match character {
                '{' => inside = true,
                '}' => inside = false,
                _ if inside => continue,
                _ => {}
            }
            route.push(character);
        }
        route
    }
}

/// The location of a parameter in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Location {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
    /// In a form.
    Form,
}

impl Location {
    /// Returns the location as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Form => "form",
        }
    }
}

/// A parameter of an operation.
#[derive(Debug)]
pub struct Parameter {
    /// Its name on the wire.
    pub name: String,
    /// Where it is sent.
    pub location: Location,
    /// Whether it is required.
    pub required: bool,
    /// The `collectionFormat`: how an array is written.
    pub collection: Option<String>,
    /// The keys that it accepts, see [`Extensions::filters`](super::Extensions::filters).
    pub filters: BTreeSet<String>,
    /// The schema of its value.
    pub schema: Arc<Schema>,
}

/// The body of a request.
#[derive(Debug)]
pub struct Body {
    /// Whether it is required.
    pub required: bool,
    /// The media types that the server accepts.
    pub consumes: BTreeSet<String>,
    /// The schema of its value.
    pub schema: Arc<Schema>,
}

/// A response of an operation.
#[derive(Debug)]
pub struct Reply {
    /// The schema of its body, if it has one.
    pub schema: Option<Arc<Schema>>,
    /// The schemas of its headers by name.
    pub headers: BTreeMap<String, Arc<Schema>>,
}

/// A field of an object.
#[derive(Debug, Clone)]
pub struct Field {
    /// Whether it is required.
    pub required: bool,
    /// The named schema that declares it, if it comes from there through `allOf`.
    pub owner: Option<String>,
    /// The schema of its value.
    pub schema: Arc<Schema>,
}

/// The values that are allowed at one place of a document.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The allowed JSON types. Empty if the document states no type.
    pub types: BTreeSet<String>,
    /// The type's format, such as `int64`.
    pub format: Option<String>,
    /// The fields of an object.
    pub fields: BTreeMap<String, Field>,
    /// The schema of the values of a map (`additionalProperties`).
    pub values: Option<Arc<Schema>>,
    /// The schema of the items of an array.
    pub items: Option<Arc<Schema>>,
    /// The values of an `enum`: strings as they are, other values as JSON.
    pub allowed: Option<BTreeSet<String>>,
    /// The value that the server assumes if none is sent, as JSON.
    pub default: Option<String>,
    /// Whether null is allowed: `x-nullable: true`, or `null` among the types.
    pub nullable: bool,
    /// Limits such as `minimum`, by keyword, as JSON. A limit that is stated at its default, such as `minLength: 0`, is
    /// left out.
    pub limits: BTreeMap<&'static str, String>,
    /// The details of its deprecation, which may be empty; `None` if it is not deprecated.
    pub deprecated: Option<String>,
    /// The unit of a number, see [`Extensions::unit`](super::Extensions::unit).
    pub unit: Option<String>,
    /// The only platform that supports it, see [`Extensions::platform`](super::Extensions::platform).
    pub platform: Option<String>,
    /// The name of the enclosing schema that this place refers to again. The fields are then those of that schema.
    pub recursion: Option<String>,
    /// Whether the place states more than its named schema does, such as a default beside a reference.
    pub remarked: bool,
    /// Required fields that the schema does not declare; a schema that refers to it with `allOf` may.
    pub(super) also_required: BTreeSet<String>,
    pub(super) exact: u64,
    pub(super) shape: u64,
}

impl Schema {
    /// Returns a fingerprint that is equal for trees that are equal in every respect, including their names.
    pub fn exact(&self) -> u64 {
        self.exact
    }

    /// Returns a fingerprint that is equal for trees of equal structure: types, fields, allowed values. Names,
    /// defaults, limits and facts do not count.
    pub fn shape(&self) -> u64 {
        self.shape
    }

    /// Returns whether it is an object with named fields.
    pub fn is_record(&self) -> bool {
        !self.fields.is_empty()
    }

    /// Returns whether its structure alone distinguishes it from most others: an object or enum of more than one
    /// member, or an array or map of such schemas.
    pub fn is_distinctive(&self) -> bool {
        self.fields.len() > 1
            || self.allowed.as_ref().is_some_and(|allowed| allowed.len() > 1)
            || [&self.items, &self.values].into_iter().flatten().any(|inner| inner.is_distinctive())
    }

    /// Describes the schema in a few words: its name, or its type such as `array of string` or `integer (int64)`.
    pub fn describe(&self) -> String {
        if let Some(name) = self.name.as_ref().or(self.recursion.as_ref()) {
            return name.clone();
        }
        self.describe_type()
    }

    /// Describes the type of the schema, whether it has a name or not.
    pub fn describe_type(&self) -> String {
        if self.types.is_empty() {
            return "anything".into();
        }
        let one = |kind: &String| match kind.as_str() {
            "array" => match &self.items {
                Some(items) => format!("array of {}", items.describe()),
                None => "array".into(),
            },
            "object" if self.is_record() => "object".into(),
            "object" => match &self.values {
                Some(values) => format!("map of {}", values.describe()),
                None => "object without named fields".into(),
            },
            kind => match &self.format {
                Some(format) => format!("{kind} ({format})"),
                None => kind.into(),
            },
        };
        self.types.iter().map(one).collect::<Vec<_>>().join(" or ")
    }

    /// Computes the fingerprints from those of the parts.
    ///
    /// They have 64 bits: among the ten thousand trees of a comparison, the chance that two different ones share a
    /// fingerprint is one in 10^11.
    pub(super) fn with_fingerprints(mut self) -> Self {
        let children = |print: fn(&Schema) -> u64, hasher: &mut DefaultHasher| {
            for (name, field) in &self.fields {
                (name, field.required, print(&field.schema)).hash(hasher);
            }
            self.values.as_deref().map(print).hash(hasher);
            self.items.as_deref().map(print).hash(hasher);
        };
        let mut shape = DefaultHasher::new();
        (&self.types, &self.format, &self.allowed, &self.recursion).hash(&mut shape);
        children(Self::shape, &mut shape);
        let mut exact = DefaultHasher::new();
        (&self.types, &self.format, &self.allowed, &self.recursion).hash(&mut exact);
        (&self.name, &self.default, self.nullable, &self.limits).hash(&mut exact);
        (&self.deprecated, &self.unit, &self.platform, &self.also_required).hash(&mut exact);
        for field in self.fields.values() {
            field.owner.hash(&mut exact);
        }
        children(Self::exact, &mut exact);
        (self.shape, self.exact) = (shape.finish(), exact.finish());
        self
    }
}
