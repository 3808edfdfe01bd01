//! The operations of an OpenAPI 3.0 document, as the generated code needs them.

use serde_json::{Map, Value};

use swagger_reader::Pointer;

use crate::error::Error;

/// One operation of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// `operationId`, as the spec spells it.
    pub id: String,
    /// The first tag: what the operation is about.
    pub tag: String,
    /// The HTTP method in capitals.
    pub method: String,
    /// The path with its `{parameters}`.
    pub path: String,
    /// Parameters in the order of the document, path parameters in the order of the path.
    pub parameters: Vec<Parameter>,
    /// The request body, if the operation has one.
    pub body: Option<RequestBody>,
    /// What a success returns.
    pub reply: Reply,
    /// Whether `304 Not Modified` is a success.
    pub not_modified: bool,
    /// The Rust type of what a success returns, once progenitor has determined it.
    pub returns: Option<syn::Type>,
    /// The statuses of errors.
    pub errors: Vec<u16>,
    /// The whole operation object, for its facts and its prose.
    pub facts: Map<String, Value>,
}

/// A parameter other than the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    /// Where it is sent.
    pub location: Location,
    /// Whether the operation cannot be called without it.
    pub required: bool,
    /// The parameter object, for its facts and its prose.
    pub facts: Map<String, Value>,
    /// The Rust type of a value, once progenitor has determined it.
    pub rust: Option<syn::Type>,
}

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the path.
    Path,
    /// In the query string.
    Query,
    /// A request header.
    Header,
}

/// A request body.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestBody {
    /// Its one media type.
    pub media_type: String,
    /// Whether the operation cannot be called without it.
    pub required: bool,
    /// The Rust type of the value, once progenitor has determined it.
    pub rust: Option<syn::Type>,
}

/// What a success returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// A JSON value.
    Json,
    /// No body.
    Empty,
    /// Bytes, as they come.
    Stream,
    /// `101 UPGRADED`: the connection itself.
    Upgrade,
}

impl Parameter {
    /// A fact about the parameter or its values.
    pub fn fact(&self, name: &str) -> Option<&Value> {
        self.facts.get(name).or_else(|| self.facts.get("schema")?.get(name))
    }

    /// Whether it is a point in time, for which engines accept a fraction of a second whatever type the document states.
    pub fn is_time(&self) -> bool {
        self.location == Location::Query
            && self.fact("x-unit").is_some_and(|unit| unit == "unix-seconds")
    }
}

impl Operation {
    /// The parameters that the client's method takes as arguments, in their order: path, then query,
    /// then header.
    pub fn arguments(&self) -> impl Iterator<Item = &Parameter> {
        [Location::Path, Location::Query, Location::Header].into_iter().flat_map(|location| {
            self.parameters.iter().filter(move |p| p.required && p.location == location)
        })
    }

    /// The parameters that have a setter.
    pub fn setters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|p| !p.required)
    }
}

/// Reads the operations of `document`, sorted by path and method.
pub fn operations(document: &Value) -> Result<Vec<Operation>, Error> {
    let mut operations = Vec::new();
    let root = Pointer::root();
    let paths = object(document, "paths", &root)?;
    for (path, item) in paths {
        for method in ["get", "head", "post", "put", "delete", "options", "patch"] {
            if let Some(Value::Object(operation)) = item.get(method) {
                let at = root.child("paths").child(path).child(method);
                operations.push(read(path, method, operation, &at)?);
            }
        }
    }
    operations.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
    Ok(operations)
}

fn read(
    path: &str,
    method: &str,
    facts: &Map<String, Value>,
    at: &Pointer,
) -> Result<Operation, Error> {
    let id = text(facts, "operationId", at)?;
    let tag = facts
        .get("tags")
        .and_then(|tags| tags.get(0))
        .and_then(Value::as_str)
        .ok_or_else(|| shape(at, "a tag, which names the file that the operation goes to"))?;
    let mut parameters = Vec::new();
    for (index, parameter) in
        facts.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate()
    {
        parameters.push(read_parameter(parameter, &at.child("parameters").child(index))?);
    }
    parameters.sort_by_key(|p| match p.location {
        Location::Path => path.find(&format!("{{{}}}", p.name)).unwrap_or(usize::MAX),
        Location::Query | Location::Header => usize::MAX,
    });
    let body = match facts.get("requestBody") {
        Some(body) => Some(read_body(body, &at.child("requestBody"))?),
        None => None,
    };
    let (reply, errors) = read_responses(facts, at)?;
    Ok(Operation {
        id: id.to_owned(),
        tag: tag.to_owned(),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        parameters,
        body,
        reply,
        not_modified: facts.get("responses").is_some_and(|all| all.get("304").is_some()),
        returns: None,
        errors,
        facts: facts.clone(),
    })
}

fn read_parameter(parameter: &Value, at: &Pointer) -> Result<Parameter, Error> {
    let facts = parameter.as_object().ok_or_else(|| shape(at, "a parameter object"))?;
    let location = match text(facts, "in", at)? {
        "path" => Location::Path,
        "query" => Location::Query,
        "header" => Location::Header,
        _ => return Err(shape(at, "a parameter in path, query or header")),
    };
    Ok(Parameter {
        name: text(facts, "name", at)?.to_owned(),
        location,
        required: facts.get("required") == Some(&Value::Bool(true)),
        facts: facts.clone(),
        rust: None,
    })
}

fn read_body(body: &Value, at: &Pointer) -> Result<RequestBody, Error> {
    let content = object(body, "content", at)?;
    let mut media_types = content.keys();
    match (media_types.next(), media_types.next()) {
        (Some(media_type), None) => Ok(RequestBody {
            media_type: body
                .get("x-media-type")
                .and_then(Value::as_str)
                .unwrap_or(media_type)
                .to_owned(),
            required: body.get("required") == Some(&Value::Bool(true)),
            rust: None,
        }),
        _ => Err(shape(at, "exactly one media type")),
    }
}

fn read_responses(facts: &Map<String, Value>, at: &Pointer) -> Result<(Reply, Vec<u16>), Error> {
    let responses = facts
        .get("responses")
        .and_then(Value::as_object)
        .ok_or_else(|| shape(at, "a responses object"))?;
    let mut reply = None;
    let mut errors = Vec::new();
    for (status, response) in responses {
        let at = at.child("responses").child(status);
        let code: u16 = status.parse().map_err(|_| shape(&at, "a numeric status"))?;
        match code {
            101 => reply = Some(Reply::Upgrade),
            200..300 if reply != Some(Reply::Upgrade) => {
                let media_type = response
                    .get("content")
                    .and_then(Value::as_object)
                    .and_then(|content| content.keys().next());
                reply = Some(match media_type {
                    Some(json) if json == "application/json" => Reply::Json,
                    Some(_) => Reply::Stream,
                    None => Reply::Empty,
                });
            }
            400.. => errors.push(code),
            _ => {}
        }
    }
    errors.sort_unstable();
    Ok((reply.ok_or_else(|| shape(at, "a response for success"))?, errors))
}

fn object<'a>(value: &'a Value, key: &str, at: &Pointer) -> Result<&'a Map<String, Value>, Error> {
    value
        .get(key)
        .and_then(Value::as_object)
        .ok_or_else(|| shape(at, &format!("an object `{key}`")))
}

fn text<'a>(map: &'a Map<String, Value>, key: &str, at: &Pointer) -> Result<&'a str, Error> {
    map.get(key).and_then(Value::as_str).ok_or_else(|| shape(at, &format!("a string `{key}`")))
}

fn shape(at: &Pointer, expected: &str) -> Error {
    Error::Shape { at: at.clone(), expected: expected.to_owned() }
}
