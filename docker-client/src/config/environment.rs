//! The variables of the environment that the Docker command line reads.

use docker_api::{ApiVersion, Error};

use super::Host;

/// `DOCKER_HOST`.
pub(crate) fn host() -> Result<Option<Host>, Error> {
    read("DOCKER_HOST")?.map(|text| Host::parse("DOCKER_HOST", &text)).transpose()
}

/// `DOCKER_API_VERSION`.
pub(crate) fn api_version() -> Result<Option<ApiVersion>, Error> {
    const NAME: &str = "DOCKER_API_VERSION";
    let parse = |text: String| text.parse().map_err(|error| unusable(NAME, &error));
    read(NAME)?.map(parse).transpose()
}

/// The value of a variable; one that is empty is as one that is not set.
fn read(name: &str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(unusable(name, &error)),
    }
}

fn unusable(name: &str, error: &dyn std::error::Error) -> Error {
    Error::Config { setting: name.to_owned(), message: error.to_string() }
}
