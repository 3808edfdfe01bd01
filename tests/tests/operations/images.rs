//! Images on the engine: imported, inspected, tagged, committed, saved and loaded, removed.

use docker_client::prelude::*;
use docker_client::{Docker, ErrorKind, Filters, types};
use engines::archive;
use engines::case::{Context, EngineTest, Outcome, Stop};
use serde_json::{Value, json};

use crate::support::{docker, refused, refused_with_message, script, start, test, typed, wire};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("images::imported_from_a_tar", imported_from_a_tar),
        test("images::tags_are_names_of_one_image", tags_are_names).on_podman(),
        test("images::a_container_is_committed", a_container_is_committed).on_podman(),
        test("images::saved_alone_and_together_and_loaded", saved_and_loaded),
        test("images::prune_removes_what_has_no_name", prune).exclusive(),
        test("images::what_a_missing_one_is_asked_for", a_missing_one).on_podman(),
    ]
}

/// An image of one file.
pub(crate) async fn import(
    docker: &Docker,
    repository: &str,
    contents: &str,
) -> Result<String, Stop> {
    let call = docker
        .image_create()
        .from_src("-")
        .repo(repository)
        .tag("1")
        .changes(["LABEL kind=made", "CMD true"]);
    call.body(archive::of(&[("note", contents)])).finish().await?;
    Ok(format!("{repository}:1"))
}

async fn imported_from_a_tar(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let image = import(&docker, &cx.name("imported"), "imported\n").await?;
    let found = wire(&docker.image_inspect(&image).send().await?.into_inner())?;
    assert_eq!(found["RepoTags"], json!([image]));
    assert_eq!(found["Config"]["Labels"]["kind"], "made");
    assert_eq!(found["RootFS"]["Layers"].as_array().map(Vec::len), Some(1));
    let history = docker.image_history(&image).send().await?;
    assert_eq!(history.len(), 1);
    assert!(history[0].comment.contains("Imported from -"), "{history:?}");
    let named = Filters::new().with("reference", &image);
    let listed = docker.image_list().filters(&named).send().await?;
    assert_eq!(Some(listed[0].id.as_str()), found["Id"].as_str());
    refused(
        docker.image_list().filters(Filters::new().with("nope", "x")).send().await,
        ErrorKind::InvalidArgument,
    );
    // A body that is not a tar is refused after the response has begun.
    let broken = docker
        .image_create()
        .from_src("-")
        .repo(cx.name("broken"))
        .tag("1")
        .body("no tar at all".repeat(99));
    refused_with_message(broken.finish().await, "tar");
    let malformed = docker.image_create().from_src("-").repo("NO CAPITALS").body("").finish().await;
    refused(malformed, ErrorKind::InvalidArgument);
    docker.image_delete(&image).send().await?;
    Ok(())
}

async fn tags_are_names(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("tagged");
    docker.image_tag(cx.image(), &name).tag("1").send().await?;
    docker.image_tag(cx.image(), &name).tag("2").send().await?;
    let id = docker.image_inspect(format!("{name}:1")).send().await?.into_inner().id;
    assert_eq!(docker.image_inspect(cx.image()).send().await?.into_inner().id, id);
    // A name is removed, and the image stays.
    let removed = docker.image_delete(format!("{name}:1")).send().await?;
    assert!(
        removed.iter().any(|item| item
            .untagged
            .as_ref()
            .is_some_and(|tag| tag.ends_with(&format!("{name}:1")))),
        "{removed:?}"
    );
    refused(docker.image_inspect(format!("{name}:1")).send().await, ErrorKind::NotFound);
    docker.image_inspect(format!("{name}:2")).send().await?;
    docker.image_delete(format!("{name}:2")).send().await?;
    refused_with_message(docker.image_tag(cx.image(), "CAPITALS").send().await, "lowercase");
    Ok(())
}

async fn a_container_is_committed(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = start(&docker, &cx.name("commit"), script(&cx, "echo written > /written")).await?;
    docker.container_wait(&id).send().await?;
    let name = cx.name("committed");
    let config = typed::<types::ContainerConfig>(json!({"Labels": {"kind": "committed"}}))?;
    let call = docker.image_commit(&id).repo(&name).tag("1").author("tester").comment("a comment");
    let committed =
        call.changes(["CMD [\"cat\",\"/written\"]"]).body(config).send().await?.into_inner().id;
    let image = format!("{name}:1");
    let found = wire(&docker.image_inspect(&image).send().await?.into_inner())?;
    assert_eq!(found["Author"], "tester");
    assert!(
        found["Id"].as_str().is_some_and(|id| committed.contains(id.trim_start_matches("sha256:"))),
        "{committed}"
    );
    let run = docker
        .run(&image)
        .configure(|config| drop(config.labels.insert(cx.label().to_owned(), String::new())));
    let output = run.output().await?;
    assert_eq!(output.stdout, b"written\n");
    docker.container_delete(&output.id).send().await?;
    docker.image_delete(&image).force(true).send().await?;
    Ok(())
}

async fn saved_and_loaded(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let one = import(&docker, &cx.name("one"), "one\n").await?;
    let two = import(&docker, &cx.name("two"), "two\n").await?;
    let alone = docker.image_get(&one).send().await?.into_inner().collect().await?;
    let both =
        docker.image_get_all().names([&one, &two]).send().await?.into_inner().collect().await?;
    let tags = |tar: &[u8]| -> Result<Vec<Value>, Stop> {
        let manifest = crate::support::unpack(tar, "manifest.json")?.ok_or("no manifest")?;
        let manifest: Value = serde_json::from_str(&manifest)?;
        Ok(manifest
            .as_array()
            .into_iter()
            .flatten()
            .map(|image| image["RepoTags"].clone())
            .collect())
    };
    assert_eq!(tags(&alone)?, [json!([one])]);
    assert_eq!(tags(&both)?.len(), 2);
    for image in [&one, &two] {
        docker.image_delete(image).send().await?;
    }
    let mut text = String::new();
    let mut progress = docker.image_load(both).quiet(false).progress().await?;
    while let Some(report) = progress.next().await {
        text += &report?.stream.unwrap_or_default();
    }
    assert!(text.contains(&format!("Loaded image: {one}")) && text.contains(&two), "{text}");
    for image in [&one, &two] {
        docker.image_inspect(image).send().await?;
        docker.image_delete(image).send().await?;
    }
    refused_with_message(docker.image_load("no tar at all".repeat(99)).finish().await, "tar");
    Ok(())
}

async fn prune(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let image = import(&docker, &cx.name("nameless"), "nameless\n").await?;
    let found = wire(&docker.image_inspect(&image).send().await?.into_inner())?;
    let id = found["Id"].as_str().ok_or("no id")?.to_owned();
    // Another image takes the name.
    docker.image_tag(cx.image(), cx.name("nameless")).tag("1").send().await?;
    let dangling = Filters::new().with("dangling", true).with("label", "kind=made");
    let pruned = docker.image_prune().filters(&dangling).send().await?.into_inner();
    let deleted: Vec<_> =
        pruned.images_deleted.iter().filter_map(|item| item.deleted.as_ref()).collect();
    assert!(deleted.contains(&&id), "{deleted:?}");
    refused(docker.image_inspect(&id).send().await, ErrorKind::NotFound);
    docker.image_inspect(cx.image()).send().await?;
    refused(
        docker.image_prune().filters(Filters::new().with("nope", "x")).send().await,
        ErrorKind::InvalidArgument,
    );
    docker.image_delete(&image).send().await?;
    Ok(())
}

async fn a_missing_one(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("missing");
    refused(docker.image_inspect(&name).send().await, ErrorKind::NotFound);
    refused(docker.image_history(&name).send().await, ErrorKind::NotFound);
    refused(docker.image_delete(&name).send().await, ErrorKind::NotFound);
    refused(docker.image_tag(&name, cx.name("x")).send().await, ErrorKind::NotFound);
    refused(
        docker.image_commit(&name).body(types::ContainerConfig::default()).send().await,
        ErrorKind::NotFound,
    );
    if !cx.engine().is_podman() {
        refused(docker.image_get(&name).send().await, ErrorKind::NotFound);
        refused(docker.image_get_all().names([&name]).send().await, ErrorKind::NotFound);
    }
    Ok(())
}
