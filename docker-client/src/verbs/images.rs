//! Names of images, and pulling, tagging and pushing them by name.

use docker_api::operations::{ImageCreate, ImagePush, ImageTag};

use crate::docker::Docker;
use crate::registry::RegistryAuth;

impl Docker {
    /// A pull of one image: `busybox`, `busybox:1.36`, `registry:5000/team/app@sha256:…`. Without a tag, `latest`.
    ///
    /// [`finish`](crate::ProgressExt::finish) returns when the image is there; [`progress`](crate::ProgressExt::progress)
    /// shows the way. The engine, asked by
    /// [`image_create`](docker_api::Client::image_create) for a name without a tag, pulls all tags that there are.
    pub fn pull(&self, image: &str) -> ImageCreate {
        let (name, tag) = split(image);
        self.image_create().from_image(name).tag(tag)
    }

    /// Gives an image one more name: `registry:5000/team/app:1`. Without a tag, `latest`.
    pub fn tag(&self, image: impl Into<String>, name: &str) -> ImageTag {
        let (repository, tag) = split(name);
        self.image_tag(image, repository).tag(tag)
    }

    /// A push of one image to the registry that its name begins with: `registry:5000/team/app:1`. Without a tag, `latest`.
    ///
    /// The registry is given the credentials that the client has for it, if any. For others there is
    /// [`image_push`](docker_api::Client::image_push), which without a tag pushes all tags that there are.
    /// [`finish`](crate::ProgressExt::finish) returns when the image is there.
    pub fn push(&self, image: &str) -> ImagePush {
        let (name, tag) = split(image);
        // What is empty is filled in from the credentials; engines refuse a push that says nothing at all.
        let auth = if self.has_credentials() {
            String::new()
        } else {
            RegistryAuth::anonymous().to_header()
        };
        self.image_push(name, auth).tag(tag)
    }
}

/// The name of an image, and its digest or tag.
fn split(image: &str) -> (&str, &str) {
    if let Some((name, digest)) = image.split_once('@') {
        return (name, digest);
    }
    // A colon before the last slash is that of a port.
    let last = image.rfind('/').map_or(0, |slash| slash + 1);
    match image[last..].split_once(':') {
        Some((name, tag)) => (&image[..last + name.len()], tag),
        None => (image, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_told_from_the_port_and_the_digest() {
        for (image, name, tag) in [
            ("busybox", "busybox", "latest"),
            ("busybox:1.36", "busybox", "1.36"),
            ("localhost:5000/busybox", "localhost:5000/busybox", "latest"),
            ("localhost:5000/team/busybox:x", "localhost:5000/team/busybox", "x"),
            ("r:5000/a:t@sha256:0f", "r:5000/a:t", "sha256:0f"),
        ] {
            assert_eq!(split(image), (name, tag), "{image}");
        }
    }
}
