//! The filters of an operation as a type of its own, with a method for each key that the document names.

use std::collections::BTreeMap;

use serde_json::Value;

use super::piece::Piece;
use crate::{
    casing,
    error::Error,
    model::{Operation, Parameter},
};

/// The type for the filters of an operation: its name, and its code.
pub(super) struct Filters {
    pub(super) name: String,
    pub(super) code: Piece,
}

/// The type for a parameter, if it takes filters.
pub(super) fn filters(
    operation: &Operation,
    parameter: &Parameter,
) -> Result<Option<Filters>, Error> {
    let facts = &parameter.facts;
    let keys = facts.get("x-filters").or_else(|| facts.get("schema")?.get("x-filters"));
    let Some(keys) = keys.and_then(Value::as_array) else { return Ok(None) };
    let id = casing::pascal(&operation.id);
    let name = format!("{id}Filters");
    let mut methods: BTreeMap<String, &str> = BTreeMap::new();
    for key in keys.iter().filter_map(Value::as_str) {
        let method = casing::snake(key);
        if let Some(first) = methods.insert(method.clone(), key) {
            return Err(Error::Collision {
                what: format!("the filters of `{}`", operation.id),
                rust: method,
                first: first.to_owned(),
                second: key.to_owned(),
            });
        }
    }
    let methods: String =
        methods.iter().map(|(method, key)| format!("        {method} = {key:?},\n")).collect();
    let text = format!(
        "filters! {{\n    /// The filters of [`{id}`].\n    pub struct {name} \
         {{\n{methods}    }}\n}}\n"
    );
    Ok(Some(Filters { name, code: Piece::Macro { name: "filters", text } }))
}
