//! The vendor extensions that state what Swagger 2.0 has no keyword for.

/// The names of the vendor extensions (`x-…`) to read besides what Swagger 2.0 defines.
///
/// Swagger 2.0 has no keyword for some facts that clients depend on, such as the unit of a number. A document that
/// states them in vendor extensions is read with [`Api::read_with`](super::Api::read_with), and changes of these facts
/// are then found like any other change. By default, none is read.
///
/// ```
/// use api_compare::compare;
/// use api_compare::model::{Api, Extensions};
/// use serde_json::json;
///
/// let extensions = Extensions { unit: Some("x-unit"), ..Extensions::default() };
/// let document = |unit| json!({"paths": {"/jobs": {"get": {"operationId": "JobList", "parameters": [
///     {"name": "age", "in": "query", "type": "integer", "x-unit": unit},
/// ]}}}});
/// let old = Api::read_with("1.0", &document("seconds"), &extensions)?;
/// let new = Api::read_with("2.0", &document("milliseconds"), &extensions)?;
/// assert_eq!(compare(&old, &new)[0].text(), "unit seconds became milliseconds");
/// # Ok::<(), api_compare::model::ReadError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    /// On a parameter: the keys that it accepts, an array of strings. For parameters that hold filters.
    pub filters: Option<&'a str>,
    /// On a parameter or schema: the unit of a number, a string.
    pub unit: Option<&'a str>,
    /// On a parameter or schema: the only platform that supports it, a string.
    pub platform: Option<&'a str>,
    /// On an operation, parameter or schema: its deprecation. A boolean, a string, or an object whose optional members
    /// `since` and `removed-in` hold versions. It overrides `deprecated`.
    pub deprecated: Option<&'a str>,
}
