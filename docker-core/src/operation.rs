//! The facts about an operation of the API: its name, method and path, and which versions know what of it.

use std::fmt;

use crate::ApiVersion;

/// One operation of the API, with the facts that its specification states.
///
/// Operations are constants: each generated builder has one as `OPERATION`. An operation that the specification does not
/// list can be made with [`Operation::new`].
///
/// ```
/// use docker_core::{Operation, Parameter};
///
/// static RESTART: Operation = Operation::new("ThingRestart", "POST", "/things/{id}/restart")
///     .parameters(&[Parameter::new("t"), Parameter::new("signal").since(1, 42)]);
/// assert_eq!(RESTART.to_string(), "ThingRestart (POST /things/{id}/restart)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Operation {
    /// The `operationId` of the specification, such as `ContainerStop`.
    pub id: &'static str,
    /// The HTTP method in capitals. It is a string and not an `http::Method` because a constant of that type cannot be
    /// borrowed as `'static`.
    pub method: &'static str,
    /// The path without a version, its parameters in braces: `/containers/{id}/stop`.
    pub path: &'static str,
    /// The media type of the body of a request; `None` if it has no body.
    pub body: Option<&'static str>,
    /// What a success returns.
    pub response: ResponseKind,
    /// Whether the response may rightly take long: the operation waits, streams, moves data or works on a disk.
    pub slow: bool,
    /// The credentials for registries that the operation needs; `None` if it needs none.
    pub credentials: Option<RegistryCredentials>,
    /// The version of the API that introduced the operation; `None` if every version has it.
    pub since: Option<ApiVersion>,
    /// The parameters of the query and the headers, including those that only later versions of the API have.
    pub parameters: &'static [Parameter],
    /// The fields of the JSON body that are younger than the operation.
    pub fields: &'static [BodyField],
}

impl Operation {
    /// Creates an operation that has no body and returns a JSON value.
    #[must_use]
    pub const fn new(id: &'static str, method: &'static str, path: &'static str) -> Self {
        Self {
            id,
            method,
            path,
            body: None,
            response: ResponseKind::Json,
            slow: false,
            credentials: None,
            since: None,
            parameters: &[],
            fields: &[],
        }
    }

    /// Creates an operation that returns `101 Switching Protocols` and continues as a raw byte stream.
    #[must_use]
    pub const fn upgrading(id: &'static str, method: &'static str, path: &'static str) -> Self {
        Self::new(id, method, path).response(ResponseKind::Upgrade("tcp")).slow()
    }

    /// Sets the media type of the body of a request.
    #[must_use]
    pub const fn body(mut self, media_type: &'static str) -> Self {
        self.body = Some(media_type);
        self
    }

    /// Sets what a success returns.
    #[must_use]
    pub const fn response(mut self, kind: ResponseKind) -> Self {
        self.response = kind;
        self
    }

    /// States that the response may take long, so that no timeout applies to it by default.
    #[must_use]
    pub const fn slow(mut self) -> Self {
        self.slow = true;
        self
    }

    /// Sets the credentials for registries that the operation needs.
    #[must_use]
    pub const fn credentials(mut self, credentials: RegistryCredentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Returns whether the connection is upgraded to a raw byte stream in both directions.
    #[must_use]
    pub const fn is_upgrade(&self) -> bool {
        matches!(self.response, ResponseKind::Upgrade(_))
    }

    /// Sets the version that introduced the operation.
    #[must_use]
    pub const fn since(mut self, major: u16, minor: u16) -> Self {
        self.since = Some(ApiVersion::new(major, minor));
        self
    }

    /// Sets the parameters of the query and the headers.
    #[must_use]
    pub const fn parameters(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// Sets the fields of the JSON body that are younger than the operation.
    #[must_use]
    pub const fn fields(mut self, fields: &'static [BodyField]) -> Self {
        self.fields = fields;
        self
    }

    /// Returns the parameter of this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

/// Writes `ContainerStop (POST /containers/{id}/stop)`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {})", self.id, self.method, self.path)
    }
}

/// What the success of an operation returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseKind {
    /// A JSON value.
    Json,
    /// No body.
    Empty,
    /// A stream of bytes.
    Stream,
    /// The connection itself, upgraded to this protocol.
    Upgrade(&'static str),
}

/// The credentials for registries that an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegistryCredentials {
    /// Those for the registry of the image or plugin that this parameter of the path names.
    Path(&'static str),
    /// Those for the registry of the image or plugin that this parameter of the query names.
    Query(&'static str),
    /// Those for the registry that the search term in this parameter of the query begins with.
    Search(&'static str),
    /// Those for all registries.
    All,
}

/// A parameter of the query or the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Parameter {
    /// The name on the wire.
    pub name: &'static str,
    /// The version of the API that introduced it; `None` if it is as old as the operation.
    pub since: Option<ApiVersion>,
}

impl Parameter {
    /// Creates a parameter that is as old as its operation.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, since: None }
    }

    /// Sets the version that introduced the parameter.
    #[must_use]
    pub const fn since(mut self, major: u16, minor: u16) -> Self {
        self.since = Some(ApiVersion::new(major, minor));
        self
    }
}

/// A field of a JSON body that a later version of the API introduced than its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BodyField {
    /// Where it is: `HostConfig.Mounts[].BindOptions.NonRecursive`, where `[]` stands for the items of a list and `{}` for
    /// the values of a map.
    pub path: &'static str,
    /// The version of the API that introduced it.
    pub since: ApiVersion,
}

impl BodyField {
    /// Creates a field that the version `major.minor` introduced.
    #[must_use]
    pub const fn new(path: &'static str, major: u16, minor: u16) -> Self {
        Self { path, since: ApiVersion::new(major, minor) }
    }
}
