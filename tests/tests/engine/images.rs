//! What depends on the engine's image store: dockerd's own, and that of containerd, which Docker 29 has by default.

use docker_client::Body;
use docker_client::prelude::*;
use engines::archive;
use engines::case::{Context, EngineTest, Outcome, Stop, test};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::overlay::docker;
use crate::registry::pushed;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("images::a_push_and_a_pull_have_the_digest", push_and_pull_have_the_digest)
            .of_images(),
        test("images::an_id_is_a_digest_of_the_store", an_id_is_a_digest_of_the_store).of_images(),
        test("images::an_oci_layout_is_loaded_or_refused", an_oci_layout).on_podman().of_images(),
    ]
}

async fn push_and_pull_have_the_digest(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let (auth, image) = pushed(&cx, &docker).await?;
    let pull = docker.pull(&image).auth(&auth).finish().await?;
    let digest = pull.digest.ok_or("a pull without a digest")?;
    let status = pull.status.unwrap_or_default();
    assert!(status.contains("Downloaded newer image for"), "{status}");
    let inspect = docker.image_inspect(&image).send().await?.into_inner();
    assert!(inspect.repo_digests.iter().any(|name| name.ends_with(&digest)), "{inspect:?}");
    let (repository, tag) = image.rsplit_once(':').ok_or("a tag")?;
    // What is in the registry already has the digest all the same.
    let push = docker.image_push(repository, &auth).tag(tag).finish().await?;
    assert_eq!(push.digest.as_deref(), Some(digest.as_str()));
    let by_digest = docker.pull(&format!("{repository}@{digest}")).auth(&auth).finish().await?;
    assert_eq!(by_digest.digest.as_deref(), Some(digest.as_str()));
    docker.image_delete(&image).force(true).send().await?;
    // The engine may keep the name with the digest.
    let _ = docker.image_delete(format!("{repository}@{digest}")).send().await;
    Ok(())
}

/// Dockerd's store names an image by the digest of its configuration, containerd's by that of its manifest.
async fn an_id_is_a_digest_of_the_store(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let (auth, image) = pushed(&cx, &docker).await?;
    let digest = docker.pull(&image).auth(&auth).finish().await?.digest.ok_or("a digest")?;
    let id = docker.image_inspect(&image).send().await?.into_inner().id.ok_or("an id")?;
    let store = cx.engine().containerd_images;
    assert_eq!(id == digest, store, "{id} and {digest}");
    if cx.since("1.48").is_ok() {
        let path = "/v1.48/images/json?manifests=true";
        let list = cx.http().get(path).await?.expect(200)?.json()?;
        let list = list.as_array().ok_or("a list of images")?;
        let own = list.iter().find(|own| own["Id"] == id.as_str()).ok_or("no image")?;
        assert_eq!(own["Manifests"][0]["Descriptor"]["digest"] == digest.as_str(), store, "{own}");
        let typed = docker.image_list().manifests(true).send().await?.into_inner();
        let own = typed.iter().find(|own| own.id == id).ok_or("no image")?;
        assert_eq!(own.manifests.len(), usize::from(store), "{own:?}");
    }
    docker.image_delete(&image).force(true).send().await?;
    Ok(())
}

/// An image as an OCI layout, of one layer.
fn oci_layout(name: &str) -> Result<Vec<u8>, Stop> {
    let layer = String::from_utf8(archive::of(&[("content", name)]))?;
    let digest = |bytes: &[u8]| {
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        (
            format!("blobs/sha256/{hash}"),
            json!({"digest": format!("sha256:{hash}"), "size": bytes.len()}),
        )
    };
    let described = |kind: &str, mut descriptor: Value| {
        descriptor["mediaType"] = format!("application/vnd.oci.image.{kind}").into();
        descriptor
    };
    let (layer_path, layer_digest) = digest(layer.as_bytes());
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["true"]},
        "rootfs": {"type": "layers", "diff_ids": [layer_digest["digest"]]},
    });
    let (config_path, config_digest) = digest(config.to_string().as_bytes());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described("config.v1+json", config_digest),
        "layers": [described("layer.v1.tar", layer_digest)],
    });
    let (manifest_path, manifest_digest) = digest(manifest.to_string().as_bytes());
    let mut listed = described("manifest.v1+json", manifest_digest);
    listed["annotations"] = json!({
        "io.containerd.image.name": format!("docker.io/library/{name}:1"),
        "org.opencontainers.image.ref.name": "1",
    });
    let index = json!({"schemaVersion": 2, "manifests": [listed]});
    let (config, manifest, index) = (config.to_string(), manifest.to_string(), index.to_string());
    Ok(archive::of(&[
        ("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#),
        ("index.json", &index),
        (&layer_path, &layer),
        (&config_path, &config),
        (&manifest_path, &manifest),
    ]))
}

async fn an_oci_layout(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("layout");
    let load = docker.image_load(Body::from(oci_layout(&name)?)).finish().await;
    if cx.engine().is_podman() || cx.engine().containerd_images {
        load?;
        docker.image_inspect(format!("{name}:1")).send().await?;
        docker.image_delete(format!("{name}:1")).send().await?;
    } else {
        // With status 200: only the stream says so.
        let error = load.err().ok_or("dockerd's own store has no OCI layouts")?;
        assert_eq!(error.status(), None, "{error}");
        assert!(error.to_string().contains("no such file or directory"), "{error}");
    }
    Ok(())
}
