//! The facts about an operation of the API: its name, method and path, what it sends and returns, and the version that
//! introduced it.

use std::fmt;

use crate::ApiVersion;

/// One operation of the API, with the facts that its specification states.
///
/// Each generated builder has its operation as the constant `OPERATION`. For an operation that the specification does
/// not list, create one with [`Operation::new`].
///
/// ```
/// use docker_core::{Operation, Parameter};
///
/// static RESTART: Operation = Operation::new("ThingRestart", "POST", "/things/{id}/restart")
///     .parameters(&[Parameter::path("id"), Parameter::new("t"), Parameter::new("signal").since(1, 42)]);
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
    /// The path without a version, with its parameters in braces: `/containers/{id}/stop`.
    pub path: &'static str,
    /// The media type of the body of a request; `None` if it has no body.
    pub body: Option<&'static str>,
    /// What a successful response contains.
    pub response: ResponseKind,
    /// The media types that a stream may have. An engine may send another one, or none: podman sends logs without any.
    pub media_types: &'static [&'static str],
    /// Whether `304 Not Modified` is a success: there was nothing to do, for example because the container is already
    /// running.
    pub not_modified: bool,
    /// The operations on the process whose input or output this operation returns; `None` if it returns none.
    pub process: Option<ProcessOperations>,
    /// Whether the response can be expected to take a long time, because the operation waits, streams, transfers data
    /// or works on a disk.
    pub slow: bool,
    /// The credentials for registries that the operation needs; `None` if it needs none.
    pub credentials: Option<RegistryCredentials>,
    /// Where the operation takes environment variables for a process; `None` if it takes none.
    pub variables: Option<Variables>,
    /// The version of the API that introduced the operation; `None` if every version has it.
    pub since: Option<ApiVersion>,
    /// The parameters of the path, the query and the headers, including those that only later versions of the API have.
    pub parameters: &'static [Parameter],
    /// The parameters of the query that name the object of a call, as those of the path do. Errors show their values,
    /// so none of them may be a secret.
    pub object: &'static [&'static str],
    /// The fields of the JSON body that are newer than the operation.
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
            media_types: &[],
            not_modified: false,
            process: None,
            slow: false,
            credentials: None,
            variables: None,
            since: None,
            parameters: &[],
            object: &[],
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

    /// Sets what a successful response contains.
    #[must_use]
    pub const fn response(mut self, kind: ResponseKind) -> Self {
        self.response = kind;
        self
    }

    /// Sets the media types that a stream may have.
    #[must_use]
    pub const fn media_types(mut self, media_types: &'static [&'static str]) -> Self {
        self.media_types = media_types;
        self
    }

    /// States that `304 Not Modified` is a success.
    #[must_use]
    pub const fn not_modified(mut self) -> Self {
        self.not_modified = true;
        self
    }

    /// Sets the operations on the process whose input or output this operation returns: the one that inspects it and,
    /// if there is one, the one that resizes its terminal.
    #[must_use]
    pub const fn process(
        mut self,
        inspect: &'static Operation,
        resize: Option<&'static Operation>,
    ) -> Self {
        self.process = Some(ProcessOperations { inspect, resize });
        self
    }

    /// States that the response may take a long time. By default, no timeout applies to it.
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

    /// Sets where the operation takes environment variables for a process.
    #[must_use]
    pub const fn variables(mut self, variables: Variables) -> Self {
        self.variables = Some(variables);
        self
    }

    /// Returns whether the connection is upgraded to a raw byte stream in both directions.
    #[must_use]
    pub const fn is_upgrade(&self) -> bool {
        matches!(self.response, ResponseKind::Upgrade(_))
    }

    /// Returns whether the response consists of reports of the progress of what the call changes. It has at least one
    /// report, and a report may be an error.
    pub(crate) fn reports_progress(&self) -> bool {
        self.response == ResponseKind::Stream
            && self.method == "POST"
            && self.media_types.contains(&"application/json")
    }

    /// Sets the version that introduced the operation.
    #[must_use]
    pub const fn since(mut self, major: u16, minor: u16) -> Self {
        self.since = Some(ApiVersion::new(major, minor));
        self
    }

    /// Sets the parameters of the path, the query and the headers.
    #[must_use]
    pub const fn parameters(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// Sets the parameters of the query that name the object of a call. None of them may be a secret.
    #[must_use]
    pub const fn object(mut self, object: &'static [&'static str]) -> Self {
        self.object = object;
        self
    }

    /// Sets the fields of the JSON body that are newer than the operation.
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

/// What a successful response of an operation contains.
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

/// Where an operation takes environment variables for a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Variables {
    /// In this field of the JSON body, a list of strings such as `NAME=value`.
    Body(&'static str),
    /// In this parameter of the query, a JSON object of names and values.
    Query(&'static str),
}

/// The operations on the process whose input or output another operation returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProcessOperations {
    /// Inspects the container, exec, service or task, and reports whether it has a terminal. It takes the same path
    /// parameter.
    pub inspect: &'static Operation,
    /// Resizes the terminal, with the parameters `h` and `w` of the query; `None` if that is not possible.
    pub resize: Option<&'static Operation>,
}

/// A parameter of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Parameter {
    /// The name on the wire.
    pub name: &'static str,
    /// Where it is sent.
    pub location: ParameterLocation,
    /// Whether the operation requires it.
    pub required: bool,
    /// The version of the API that introduced it; `None` if it is as old as the operation.
    pub since: Option<ApiVersion>,
}

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterLocation {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

impl Parameter {
    /// Creates a parameter of the query that is as old as its operation.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, location: ParameterLocation::Query, required: false, since: None }
    }

    /// Creates a parameter of the path.
    #[must_use]
    pub const fn path(name: &'static str) -> Self {
        Self { name, location: ParameterLocation::Path, required: true, since: None }
    }

    /// Creates a parameter that is sent as a header and is as old as its operation.
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self { name, location: ParameterLocation::Header, required: false, since: None }
    }

    /// States that the operation requires the parameter.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Sets the version that introduced the parameter.
    #[must_use]
    pub const fn since(mut self, major: u16, minor: u16) -> Self {
        self.since = Some(ApiVersion::new(major, minor));
        self
    }
}

/// A field of a JSON body that was introduced in a later version of the API than its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BodyField {
    /// Where it is: `HostConfig.Mounts[].BindOptions.NonRecursive`, where `[]` stands for the items of a list and `{}`
    /// for the values of a map.
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
