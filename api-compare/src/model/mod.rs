//! The API as the comparison sees it: references resolved, `allOf` flattened, prose left out.
//!
//! A schema knows its name, but nothing compares by it: what counts is the structure. Two fingerprints make that cheap:
//! equal ones stand for equal trees, so unchanged parts of a document are never walked.

mod read;

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

pub use read::ReadError;

/// One version of an API, ready to be compared.
#[derive(Debug)]
pub struct Api {
    /// What the reader of a report calls it: `1.52`, or a file's name.
    pub label: String,
    /// The operations by their id.
    pub operations: BTreeMap<String, Operation>,
    /// The named schemas.
    pub schemas: BTreeMap<String, Arc<Schema>>,
    /// The names of the schemas that some operation reaches.
    pub reached: BTreeSet<String>,
}

/// One operation: a method on a path.
#[derive(Debug)]
pub struct Operation {
    /// The operation's id; method and path where the document gives none.
    pub id: String,
    /// The method in upper case.
    pub method: String,
    /// The path with its parameters in braces.
    pub path: String,
    /// The first tag, or nothing.
    pub tag: String,
    /// What the document says of its deprecation.
    pub deprecated: Option<String>,
    /// Its parameters, the body left out.
    pub parameters: Vec<Parameter>,
    /// What it takes.
    pub body: Option<Body>,
    /// What it answers, by status.
    pub replies: BTreeMap<String, Reply>,
    /// The media types that it answers in.
    pub produces: BTreeSet<String>,
}

impl Operation {
    /// Method and path with the parameters' names left out: what a server tells operations apart by.
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

/// Where a parameter is sent.
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
    /// The location in a word.
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
    /// Whether it must be sent.
    pub required: bool,
    /// How a list is written.
    pub collection: Option<String>,
    /// The filter keys that it takes, where the document lists them.
    pub filters: BTreeSet<String>,
    /// What it holds.
    pub schema: Arc<Schema>,
}

/// The body of a request.
#[derive(Debug)]
pub struct Body {
    /// Whether it must be sent.
    pub required: bool,
    /// The media types that are taken.
    pub consumes: BTreeSet<String>,
    /// What it holds.
    pub schema: Arc<Schema>,
}

/// One reply of an operation.
#[derive(Debug)]
pub struct Reply {
    /// What its body holds, if it has one.
    pub schema: Option<Arc<Schema>>,
    /// Its headers.
    pub headers: BTreeMap<String, Arc<Schema>>,
}

/// A field of an object.
#[derive(Debug, Clone)]
pub struct Field {
    /// Whether it must be there.
    pub required: bool,
    /// The named schema that declares it, where `allOf` has brought it here.
    pub owner: Option<String>,
    /// What it holds.
    pub schema: Arc<Schema>,
}

/// What may stand at a place.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The JSON types that are allowed; none means that the document does not say.
    pub types: BTreeSet<String>,
    /// The type's format, such as `int64`.
    pub format: Option<String>,
    /// The fields of an object.
    pub fields: BTreeMap<String, Field>,
    /// The values of a map.
    pub values: Option<Arc<Schema>>,
    /// The items of an array.
    pub items: Option<Arc<Schema>>,
    /// The allowed values, strings as they are and others as JSON.
    pub allowed: Option<BTreeSet<String>>,
    /// What the engine takes when nothing is sent, as JSON.
    pub default: Option<String>,
    /// Whether null is allowed.
    pub nullable: bool,
    /// Limits such as `minimum`, by keyword, as JSON.
    pub limits: BTreeMap<&'static str, String>,
    /// What the document says of its deprecation.
    pub deprecated: Option<String>,
    /// The unit of a number.
    pub unit: Option<String>,
    /// The only platform that it is for.
    pub platform: Option<String>,
    /// The name of a schema around this one that it refers back to.
    pub recursion: Option<String>,
    /// Whether the place says more of it than its named schema does.
    pub remarked: bool,
    exact: u64,
    shape: u64,
}

impl Schema {
    /// Equal for trees that are equal in everything, names included.
    pub fn exact(&self) -> u64 {
        self.exact
    }

    /// Equal for trees of equal structure: types, fields, allowed values. Names, defaults, limits and facts do not count.
    pub fn shape(&self) -> u64 {
        self.shape
    }

    /// Whether it is an object with named fields.
    pub fn is_record(&self) -> bool {
        !self.fields.is_empty()
    }

    /// Whether its structure alone tells it from most others: an object or enum of some size, or a list or map of such.
    pub fn is_distinctive(&self) -> bool {
        self.fields.len() > 1
            || self.allowed.as_ref().is_some_and(|allowed| allowed.len() > 1)
            || [&self.items, &self.values].into_iter().flatten().any(|inner| inner.is_distinctive())
    }

    /// What it is, in a few words: `Mount`, `array of string`, `integer (int64)`.
    pub fn describe(&self) -> String {
        if let Some(name) = self.name.as_ref().or(self.recursion.as_ref()) {
            return name.clone();
        }
        self.describe_type()
    }

    /// What it is, without its name.
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

    /// Computes the fingerprints from the parts, which have theirs already.
    ///
    /// 64 bits: among the ten thousand trees of a comparison, two that differ share one with a chance of one to 10^11.
    fn seal(mut self) -> Self {
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
        (&self.deprecated, &self.unit, &self.platform).hash(&mut exact);
        for field in self.fields.values() {
            field.owner.hash(&mut exact);
        }
        children(Self::exact, &mut exact);
        (self.shape, self.exact) = (shape.finish(), exact.finish());
        self
    }
}
