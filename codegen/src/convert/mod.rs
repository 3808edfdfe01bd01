//! Converts Swagger 2.0 to OpenAPI 3.0 as the two specifications define, without any knowledge of Docker.
//!
//! The step is strict: a keyword, format or shape that it does not know is an error with a JSON
//! pointer, because what is silently dropped here is silently wrong in the generated crate. All
//! `x-` facts are kept as extensions.
//!
//! Ref: <https://swagger.io/specification/v2/>, <https://spec.openapis.org/oas/v3.0.3>

mod context;
mod error;
mod object;
mod operation;
mod schema;

use serde_json::{Map, Value, json};

use context::Context;
pub use error::Error;
use object::Object;
use swagger_reader::Pointer;

const ROOT: &[&str] = &[
    "swagger",
    "info",
    "host",
    "basePath",
    "schemes",
    "consumes",
    "produces",
    "paths",
    "definitions",
    "tags",
    "externalDocs",
];

const INFO: &[&str] = &["title", "description", "termsOfService", "contact", "license", "version"];

const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch"];

/// Converts the Swagger 2.0 document `swagger` to OpenAPI 3.0.3.
///
/// # Errors
///
/// An [`Error`] with the JSON pointer, in `swagger`, of the first thing that is not understood.
pub fn to_openapi(swagger: &Value) -> Result<Value, Error> {
    let root = Object::new(swagger, Pointer::root())?;
    root.only(&[ROOT])?;
    let version = root.need("swagger")?;
    if version.text()? != "2.0" {
        return Err(version.shape("Swagger \"2.0\""));
    }
    let context = Context {
        definitions: root.map("definitions")?,
        consumes: root.texts("consumes")?,
        produces: root.texts("produces")?,
    };

    let mut document = root.extensions();
    document.insert("openapi".to_owned(), json!("3.0.3"));
    document.insert("info".to_owned(), info(&root)?);
    document.insert("servers".to_owned(), servers(&root)?);
    root.copy("tags", &mut document);
    root.copy("externalDocs", &mut document);
    document.insert("paths".to_owned(), paths(&root, &context)?);
    let mut schemas = Map::new();
    for definition in root.members("definitions")? {
        schemas
            .insert(definition.name.to_owned(), schema::schema(&definition.object()?, &context)?);
    }
    document.insert("components".to_owned(), json!({ "schemas": schemas }));

    let document = Value::Object(document);
    // The generator's own model decides whether the result is valid OpenAPI 3.0.
    serde_json::from_value::<openapiv3::OpenAPI>(document.clone()).map_err(Error::Model)?;
    Ok(document)
}

fn info(root: &Object<'_>) -> Result<Value, Error> {
    let info = root.need("info")?.object()?;
    info.only(&[INFO])?;
    info.need("version")?.text()?;
    // A title is prose, which a distilled document leaves out; OpenAPI 3.0 requires one.
    let title = info.optional_text("title")?.unwrap_or_default();
    let mut converted = info.fields.clone();
    converted.insert("title".to_owned(), json!(title));
    Ok(Value::Object(converted))
}

fn servers(root: &Object<'_>) -> Result<Value, Error> {
    let base = root.optional_text("basePath")?.unwrap_or("/");
    let url = match root.optional_text("host")? {
        Some(host) => {
            let schemes = root.texts("schemes")?.unwrap_or_default();
            format!("{}://{host}{base}", schemes.first().unwrap_or(&"http"))
        }
        None => base.to_owned(),
    };
    Ok(json!([{ "url": url }]))
}

fn paths(root: &Object<'_>, context: &Context<'_>) -> Result<Value, Error> {
    let mut paths = Map::new();
    root.need("paths")?;
    for path in root.members("paths")? {
        if path.name.starts_with("x-") {
            paths.insert(path.name.to_owned(), path.value.clone());
            continue;
        }
        if !path.name.starts_with('/') {
            return Err(path.shape("a path that starts with `/`"));
        }
        let item = path.object()?;
        item.only(&[METHODS])?;
        let mut converted = item.extensions();
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                converted.insert(
                    (*method).to_owned(),
                    operation::operation(&operation.object()?, context)?,
                );
            }
        }
        paths.insert(path.name.to_owned(), Value::Object(converted));
    }
    Ok(Value::Object(paths))
}

#[cfg(test)]
mod tests;
