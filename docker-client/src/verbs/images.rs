//! Pulling, tagging and pushing images by reference.

use docker_api::Client;
use docker_api::operations::{ImageCreate, ImagePush, ImageTag};

use crate::docker::Docker;
use crate::layers::Refuse;
use crate::registry::{ImageReference, RegistryAuth};

impl Docker {
    /// Prepares a pull of one image: `busybox`, `busybox:1.36`, `registry:5000/team/app@sha256:…`. Without a tag or a
    /// digest, the tag is `latest`.
    ///
    /// [`finish`](crate::ProgressExt::finish) returns when the image has been pulled;
    /// [`progress`](crate::ProgressExt::progress) returns the progress as a stream. To pull all tags of a repository,
    /// call [`image_create`](docker_api::Client::image_create) without a tag.
    ///
    /// Sending fails with [`Error::InvalidRequest`](crate::Error::InvalidRequest) if `image` is the ID of an image or
    /// not a valid [`ImageReference`].
    pub fn pull(&self, image: &str) -> ImageCreate {
        match ImageReference::parse(image) {
            Ok(reference) => {
                let tag = reference.digest().or(reference.tag()).unwrap_or(LATEST);
                self.image_create().from_image(reference.name()).tag(tag)
            }
            Err(message) => refused(message).image_create(),
        }
    }

    /// Prepares to give an image another name, such as `registry:5000/team/app:1`. Without a tag, the tag is `latest`.
    ///
    /// Sending fails with [`Error::InvalidRequest`](crate::Error::InvalidRequest) if `name` is not a valid
    /// [`ImageReference`] or has a digest.
    pub fn tag(&self, image: impl Into<String>, name: &str) -> ImageTag {
        match named(name) {
            Ok(reference) => {
                let tag = reference.tag().unwrap_or(LATEST);
                self.image_tag(image, reference.name()).tag(tag)
            }
            Err(message) => refused(message).image_tag(UNSENT, UNSENT),
        }
    }

    /// Prepares a push of one image to the registry in its name, such as `registry:5000/team/app:1`, or to Docker Hub
    /// if there is none. Without a tag, the tag is `latest`.
    ///
    /// The request carries the credentials for the registry that [`AuthExt::auth`](crate::AuthExt::auth) sets or the
    /// client finds, if any. To push all tags of a repository, call [`image_push`](docker_api::Client::image_push)
    /// without a tag. [`finish`](crate::ProgressExt::finish) returns when the registry has the image.
    ///
    /// Sending fails with [`Error::InvalidRequest`](crate::Error::InvalidRequest) if `image` is not a valid
    /// [`ImageReference`], has a digest, or is the ID of an image.
    pub fn push(&self, image: &str) -> ImagePush {
        // Engines refuse a push without the header. The layer for credentials replaces an empty value.
        let auth = if self.has_credentials() {
            String::new()
        } else {
            RegistryAuth::anonymous().to_header()
        };
        match named(image) {
            Ok(reference) => {
                let tag = reference.tag().unwrap_or(LATEST);
                self.image_push(reference.name(), auth).tag(tag)
            }
            Err(message) => refused(message).image_push(UNSENT, auth),
        }
    }
}

/// The default tag.
const LATEST: &str = "latest";

/// The name in a request that is never sent.
const UNSENT: &str = "invalid";

/// Parses a reference that must not have a digest, because it names what the registry or the engine is to store.
fn named(text: &str) -> Result<ImageReference, String> {
    let reference = ImageReference::parse(text)?;
    match text.find('@') {
        Some(at) => {
            let at = text[..at].chars().count() + 1;
            Err(format!(
                "invalid image reference {text:?}: expected a name without a digest, found `@`, at \
                 character {at}"
            ))
        }
        None => Ok(reference),
    }
}

/// Returns a client whose calls fail with this message before anything is sent.
fn refused(message: String) -> Client {
    Client::new(Refuse::new(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_to_store_has_no_digest() {
        let digest = "0".repeat(64);
        let error = named(&format!("r/app:1@sha256:{digest}")).unwrap_err();
        assert!(error.ends_with("without a digest, found `@`, at character 8"), "{error}");
        assert!(named("r/app:1").is_ok());
    }
}
