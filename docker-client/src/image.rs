//! Names of images, and pulling them by name.

use docker_api::operations::ImageCreate;

use crate::docker::Docker;

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
