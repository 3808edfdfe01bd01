//! Which versions have an operation, a parameter, a field or a value.
//!
//! - An operation whose id changes is the same operation if its method and path stay.
//! - A field has two addresses: the path from its operation (`ItemCreate`, body, `owner.name`), and the path from the
//!   named schema that declares it (`Owner`, `name`).
//! - Naming a schema does not make its fields newer. In versions before the first one with the name, or after the last
//!   one, its fields are looked up by their paths from the operations that use the schema in that version.

mod build;
mod presence;
mod records;

use serde_json::Value;

pub use self::presence::{Presence, Span};
pub use self::records::{Facts, History, OperationHistory, SchemaHistory, ValueHistory};
use crate::model::{Api, ReadError};

/// Reads labelled documents, oldest first, and returns the history of everything in them.
///
/// ```
/// use serde_json::json;
///
/// let all = json!({"name": "all", "in": "query", "type": "boolean"});
/// let document = |parameters| json!({"paths": {"/info": {"get": {
///     "operationId": "ServerInfo", "parameters": parameters, "responses": {"200": {}},
/// }}}});
/// let history = api_compare::history(&[("1.41", document(json!([]))), ("1.42", document(json!([all])))])?;
/// let all = history.parameter("ServerInfo", "all").map(|parameter| &parameter.presence);
/// let since = all.and_then(|presence| presence.since());
/// assert_eq!(since.map(|position| history.versions()[position].as_str()), Some("1.42"));
/// # Ok::<(), api_compare::model::ReadError>(())
/// ```
///
/// # Errors
///
/// Returns an error if a document is not valid Swagger 2.0.
pub fn history(documents: &[(&str, Value)]) -> Result<History, ReadError> {
    let read = |(label, document): &(&str, Value)| Api::read(*label, document);
    let apis = documents.iter().map(read).collect::<Result<Vec<_>, ReadError>>()?;
    Ok(History::new(&apis.iter().collect::<Vec<_>>()))
}
