//! Finding and changing places in a document, with errors that say what was not there.

use std::fmt;

use serde_json::{Map, Value};

use crate::openapi::{self, SCHEMAS};

/// A correction found nothing to correct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotApplied {
    at: String,
    why: String,
}

impl NotApplied {
    pub(super) fn new(at: impl Into<String>, why: impl Into<String>) -> Self {
        Self { at: at.into(), why: why.into() }
    }
}

impl fmt::Display for NotApplied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.why)
    }
}

impl std::error::Error for NotApplied {}

/// What a change comes to.
pub(super) type Change = Result<(), NotApplied>;

/// An OpenAPI 3.0 document under correction.
#[derive(Debug)]
pub struct Document<'a> {
    root: &'a mut Value,
}

/// A place in the document: a schema, an operation, a parameter, a response.
#[derive(Debug)]
pub(super) struct Place<'a> {
    root: &'a mut Value,
    at: String,
}

impl<'a> Document<'a> {
    pub(super) fn new(root: &'a mut Value) -> Self {
        Self { root }
    }

    pub(super) fn root(&mut self) -> &mut Value {
        self.root
    }

    pub(super) fn has_schema(&self, name: &str) -> bool {
        self.root["components"]["schemas"].get(name).is_some()
    }

    pub(super) fn has_operation(&self, id: &str) -> bool {
        self.pointer_of(id).is_some()
    }

    pub(super) fn schema(&mut self, name: &str) -> Result<Place<'_>, NotApplied> {
        Place { root: self.root, at: "/components/schemas".to_owned() }.child(name)
    }

    pub(super) fn operation(&mut self, id: &str) -> Result<Place<'_>, NotApplied> {
        match self.pointer_of(id) {
            Some(at) => Ok(Place { root: self.root, at }),
            None => Err(NotApplied::new("/paths", format!("no operation `{id}`"))),
        }
    }

    fn pointer_of(&self, id: &str) -> Option<String> {
        openapi::operations(self.root)
            .into_iter()
            .find(|(_, _, operation)| operation.get("operationId").is_some_and(|name| name == id))
            .map(|(path, method, _)| format!("/paths/{}/{method}", escape(path)))
    }

    /// Adds a schema that the document does not have.
    pub(super) fn add_schema(&mut self, name: &str, schema: Value) -> Change {
        insert(self.root, "/components/schemas", name, schema)
    }

    pub(super) fn remove_schema(&mut self, name: &str) -> Change {
        let at = "/components/schemas";
        object(self.root, at)?
            .remove(name)
            .map(drop)
            .ok_or_else(|| NotApplied::new(at, format!("no schema `{name}`")))
    }

    /// Adds an operation that the document does not have.
    pub(super) fn add_operation(&mut self, path: &str, method: &str, operation: Value) -> Change {
        if self.root["paths"].get(path).is_none() {
            insert(self.root, "/paths", path, Value::Object(Map::new()))?;
        }
        insert(self.root, &format!("/paths/{}", escape(path)), method, operation)
    }

    /// Runs `change` for each of `operations` that the document has. Returns an error if it has none of them.
    pub(super) fn each_operation(
        &mut self,
        operations: &[&str],
        change: impl Fn(Place<'_>) -> Change,
    ) -> Change {
        let mut none = true;
        for id in operations {
            if self.has_operation(id) {
                change(self.operation(id)?)?;
                none = false;
            }
        }
        match none {
            true => Err(NotApplied::new("/paths", format!("none of {}", operations.join(", ")))),
            false => Ok(()),
        }
    }
}

impl<'a> Place<'a> {
    pub(super) fn value(&self) -> &Value {
        self.root.pointer(&self.at).unwrap_or(&Value::Null)
    }

    /// The member `key`.
    pub(super) fn child(self, key: &str) -> Result<Self, NotApplied> {
        let at = format!("{}/{}", self.at, escape(key));
        match self.root.pointer(&at) {
            Some(_) => Ok(Self { root: self.root, at }),
            None => Err(NotApplied::new(self.at, format!("no `{key}`"))),
        }
    }

    /// The property `name` of the schema, of what it refers to, or of the parts that it consists of.
    pub(super) fn property(self, name: &str) -> Result<Self, NotApplied> {
        let key = escape(name);
        let holder = self
            .parts()
            .into_iter()
            .map(|part| format!("{part}/properties/{key}"))
            .find(|at| self.root.pointer(at).is_some());
        match holder {
            Some(at) => Ok(Self { root: self.root, at }),
            None => Err(NotApplied::new(self.at, format!("no property `{name}`"))),
        }
    }

    /// The schema of the elements.
    pub(super) fn items(self) -> Result<Self, NotApplied> {
        self.resolved().child("items")
    }

    /// The schema of the map's values.
    pub(super) fn values(self) -> Result<Self, NotApplied> {
        self.resolved().child("additionalProperties")
    }

    /// The place itself, and all that it refers to and consists of.
    fn parts(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![self.at.clone()];
        while let Some(at) = open.pop() {
            let Some(value) = self.root.pointer(&at) else { continue };
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                open.push(reference.trim_start_matches('#').to_owned());
            }
            let parts = value.get("allOf").and_then(Value::as_array).map_or(0, Vec::len);
            open.extend((0..parts).rev().map(|index| format!("{at}/allOf/{index}")));
            found.push(at);
        }
        found
    }

    /// What the place refers to, if it is a reference.
    fn resolved(self) -> Self {
        match openapi::referred_at_last(self.value()).map(|name| format!("{}{name}", &SCHEMAS[1..]))
        {
            Some(at) => Self { root: self.root, at }.resolved(),
            None => self,
        }
    }

    /// Sets the member `key` to `value`, which it was not before.
    pub(super) fn set(self, key: &str, value: impl Into<Value>) -> Change {
        let value = value.into();
        let at = self.at;
        let object = object(self.root, &at)?;
        if object.get(key) == Some(&value) {
            return Err(NotApplied::new(at, format!("`{key}` is {value} already")));
        }
        object.insert(key.to_owned(), value);
        Ok(())
    }

    /// Makes the properties `names` of the object schema, or of the one that it refers to, required.
    pub(super) fn require(self, names: &[&str]) -> Change {
        self.resolved().set("required", names)
    }

    /// Removes the member `key`.
    pub(super) fn remove(self, key: &str) -> Change {
        match object(self.root, &self.at)?.remove(key) {
            Some(_) => Ok(()),
            None => Err(NotApplied::new(self.at, format!("no `{key}`"))),
        }
    }

    /// Puts another value into the place.
    pub(super) fn replace(self, value: Value) -> Change {
        match self.root.pointer_mut(&self.at) {
            Some(place) if *place != value => {
                *place = value;
                Ok(())
            }
            _ => Err(NotApplied::new(self.at, "is as it should be already")),
        }
    }

    /// Adds a property to the object schema, or to the one that it refers to.
    pub(super) fn add_property(self, name: &str, schema: Value) -> Change {
        let holder = self
            .parts()
            .into_iter()
            .rfind(|at| self.root.pointer(&format!("{at}/properties")).is_some())
            .ok_or_else(|| NotApplied::new(&self.at, "is no object with properties"))?;
        insert(self.root, &format!("{holder}/properties"), name, schema)
    }

    /// Takes the property `name` out of the object schema, and returns its schema.
    pub(super) fn take_property(self, name: &str) -> Result<Value, NotApplied> {
        let at = format!("{}/properties", self.resolved_pointer());
        object(self.root, &at)?
            .remove(name)
            .ok_or_else(|| NotApplied::new(at, format!("no property `{name}`")))
    }

    /// Gives the property `from` of the object schema the name `to`.
    pub(super) fn rename_property(self, from: &str, to: &str) -> Change {
        let at = format!("{}/properties", self.resolved_pointer());
        let properties = object(self.root, &at)?;
        let property = properties
            .remove(from)
            .ok_or_else(|| NotApplied::new(&at, format!("no property `{from}`")))?;
        insert(self.root, &at, to, property)?;
        let required = format!("{}/required", at.trim_end_matches("/properties"));
        if let Some(Value::Array(names)) = self.root.pointer_mut(&required) {
            for name in names.iter_mut().filter(|name| *name == from) {
                *name = to.into();
            }
        }
        Ok(())
    }

    fn resolved_pointer(&self) -> String {
        openapi::referred_at_last(self.value())
            .map_or_else(|| self.at.clone(), |name| format!("{}{name}", &SCHEMAS[1..]))
    }

    // Operations.

    /// The parameter `name` in `location`.
    pub(super) fn parameter(self, location: &str, name: &str) -> Result<Self, NotApplied> {
        let index = self.parameter_index(location, name)?;
        Ok(Self { at: format!("{}/parameters/{index}", self.at), root: self.root })
    }

    fn parameter_index(&self, location: &str, name: &str) -> Result<usize, NotApplied> {
        let parameters = self.value().get("parameters").and_then(Value::as_array);
        parameters
            .into_iter()
            .flatten()
            .position(|p| p["in"] == location && p["name"] == name)
            .ok_or_else(|| NotApplied::new(&self.at, format!("no {location} parameter `{name}`")))
    }

    /// Adds a parameter that the operation does not have.
    pub(super) fn add_parameter(self, location: &str, name: &str, schema: Value) -> Change {
        if self.parameter_index(location, name).is_ok() {
            let why = format!("has the {location} parameter `{name}` already");
            return Err(NotApplied::new(self.at, why));
        }
        let mut parameter = serde_json::json!({ "in": location, "name": name, "schema": schema });
        if parameter["schema"]["type"] == "array" {
            parameter["style"] = "form".into();
            parameter["explode"] = true.into();
        }
        let parameters = object(self.root, &self.at)?
            .entry("parameters")
            .or_insert_with(|| Value::Array(Vec::new()));
        match parameters {
            Value::Array(parameters) => parameters.push(parameter),
            _ => return Err(NotApplied::new(self.at, "`parameters` is no array")),
        }
        Ok(())
    }

    pub(super) fn remove_parameter(self, location: &str, name: &str) -> Change {
        let index = self.parameter_index(location, name)?;
        if let Some(Value::Array(parameters)) =
            self.root.pointer_mut(&format!("{}/parameters", self.at))
        {
            parameters.remove(index);
        }
        Ok(())
    }

    /// The response with `status`.
    pub(super) fn response(self, status: &str) -> Result<Self, NotApplied> {
        self.child("responses")?.child(status)
    }

    /// The schema of the response with `status`.
    pub(super) fn reply(self, status: &str) -> Result<Self, NotApplied> {
        self.response(status)?.content_schema()
    }

    /// The schema of the request's body.
    pub(super) fn body(self) -> Result<Self, NotApplied> {
        self.child("requestBody")?.content_schema()
    }

    /// The schema in the first media type of a body.
    fn content_schema(self) -> Result<Self, NotApplied> {
        let content = self.child("content")?;
        let media_type =
            content.value().as_object().and_then(|content| content.keys().next()).cloned();
        content.child(media_type.as_deref().unwrap_or_default())?.child("schema")
    }
}

fn object<'a>(root: &'a mut Value, at: &str) -> Result<&'a mut Map<String, Value>, NotApplied> {
    root.pointer_mut(at)
        .and_then(Value::as_object_mut)
        .ok_or_else(|| NotApplied::new(at, "is no object"))
}

fn insert(root: &mut Value, at: &str, key: &str, value: Value) -> Change {
    let object = object(root, at)?;
    if object.contains_key(key) {
        return Err(NotApplied::new(at, format!("has `{key}` already")));
    }
    object.insert(key.to_owned(), value);
    Ok(())
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        let part = json!({ "required": ["b"], "properties": { "b": { "type": "string" } } });
        json!({
            "components": { "schemas": {
                "Whole": { "allOf": [{ "$ref": "#/components/schemas/Part" }, { "properties": { "c": {} } }] },
                "Part": part,
                "Holder": { "properties": { "w": { "$ref": "#/components/schemas/Whole" } } },
            } },
            "paths": { "/a/b": { "get": { "operationId": "Get", "parameters": [{ "in": "query", "name": "q" }] } } },
        })
    }

    #[test]
    fn properties_are_found_through_references_and_parts() {
        let mut value = document();
        let mut doc = Document::new(&mut value);
        for name in ["b", "c"] {
            let property =
                doc.schema("Holder").unwrap().property("w").unwrap().property(name).unwrap();
            property.set("x-seen", true).unwrap();
        }
        assert_eq!(value["components"]["schemas"]["Part"]["properties"]["b"]["x-seen"], true);
        assert_eq!(
            value["components"]["schemas"]["Whole"]["allOf"][1]["properties"]["c"]["x-seen"],
            true
        );
    }

    #[test]
    fn a_property_stays_required_under_its_new_name() {
        let mut value = document();
        let mut doc = Document::new(&mut value);
        doc.schema("Part").unwrap().rename_property("b", "B").unwrap();
        let part = &value["components"]["schemas"]["Part"];
        assert_eq!(
            *part,
            json!({ "required": ["B"], "properties": { "B": { "type": "string" } } })
        );
    }

    #[test]
    fn what_changes_nothing_is_an_error_that_says_where() {
        let mut value = document();
        let doc = &mut Document::new(&mut value);
        for (change, expected) in [
            (doc.schema("None").map(drop), "/components/schemas: no `None`"),
            (
                doc.schema("Part").and_then(|part| part.property("x")).map(drop),
                "/components/schemas/Part: no property `x`",
            ),
            (doc.operation("None").map(drop), "/paths: no operation `None`"),
            (
                doc.operation("Get").and_then(|get| get.set("operationId", "Get")),
                "/paths/~1a~1b/get: `operationId` is \"Get\" already",
            ),
            (
                doc.operation("Get").and_then(|get| get.add_parameter("query", "q", json!({}))),
                "/paths/~1a~1b/get: has the query parameter `q` already",
            ),
            (
                doc.operation("Get").and_then(|get| get.remove("tags")),
                "/paths/~1a~1b/get: no `tags`",
            ),
            (doc.add_schema("Part", json!({})), "/components/schemas: has `Part` already"),
            (doc.each_operation(&["A", "B"], |_| Ok(())), "/paths: none of A, B"),
        ] {
            assert_eq!(change.unwrap_err().to_string(), expected);
        }
    }
}
