//! Filters: the engine knows every key that the typed ones have, and narrows by them.

use docker_client::Filters;
use docker_client::operations::{
    ContainerListFilters, ImageListFilters, NetworkListFilters, PluginListFilters,
    VolumeListFilters,
};
use docker_client::types::ContainerCreateBody;
use engines::case::{Context, EngineTest, Outcome, test};

use crate::overlay::docker;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("filters::a_list_is_narrowed", a_list_is_narrowed).on_podman(),
        test("filters::every_key_is_known", every_key_is_known).of_images(),
    ]
}

async fn a_list_is_narrowed(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let mut ids = Vec::new();
    for team in ["web", "data", "other"] {
        let body = ContainerCreateBody {
            image: Some(cx.image().to_owned()),
            cmd: vec!["true".into()],
            labels: [(cx.label().to_owned(), String::new()), ("team".into(), team.into())].into(),
            ..ContainerCreateBody::default()
        };
        ids.push(docker.container_create(&body).send().await?.into_inner().id);
    }
    let ours = ContainerListFilters::new().status("created").label(cx.label());
    let listed = docker.container_list().all(true).filters(&ours).send().await?;
    assert_eq!(listed.len(), 3);
    // Values of one key are alternatives but for labels, all of which must match.
    let two = ours.id(&ids[0]).id(&ids[1]);
    let listed = docker.container_list().all(true).filters(&two).send().await?;
    assert_eq!(listed.len(), 2);
    let one = two.label("team=data");
    let listed = docker.container_list().all(true).filters(one).send().await?.into_inner();
    assert_eq!(listed.iter().filter_map(|it| it.id.as_ref()).collect::<Vec<_>>(), [&ids[1]]);
    Ok(())
}

/// A value that the key may have.
fn value(operation: &str, key: &str) -> &'static str {
    match (operation, key) {
        ("NetworkList", "type") => "custom",
        (_, "dangling" | "is-task" | "enabled") => "true",
        (_, "until") => "1h",
        (_, "status") => "exited",
        (_, "health") => "healthy",
        (_, "isolation") => "default",
        (_, "scope") => "local",
        (_, "capability") => "volumedriver",
        (_, "exited") => "0",
        (_, "publish" | "expose") => "80",
        _ => "none",
    }
}

async fn every_key_is_known(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let refuses = async |operation: &str, key: &str| {
        let filters = Filters::new().with(key, value(operation, key));
        let answer = match operation {
            "ContainerList" => docker.container_list().filters(filters).send().await.map(drop),
            "ImageList" => docker.image_list().filters(filters).send().await.map(drop),
            "NetworkList" => docker.network_list().filters(filters).send().await.map(drop),
            "PluginList" => docker.plugin_list().filters(filters).send().await.map(drop),
            _ => docker.volume_list().filters(filters).send().await.map(drop),
        };
        // An error that there is no container `none` does not count.
        answer.is_err_and(|error| error.to_string().to_lowercase().contains("invalid filter"))
    };
    let mut refused = Vec::new();
    for (operation, keys) in [
        ("ContainerList", ContainerListFilters::KEYS),
        ("ImageList", ImageListFilters::KEYS),
        ("NetworkList", NetworkListFilters::KEYS),
        ("PluginList", PluginListFilters::KEYS),
        ("VolumeList", VolumeListFilters::KEYS),
    ] {
        for key in keys {
            if refuses(operation, key).await {
                refused.push(format!("{operation}.{key}"));
            }
        }
        // Keys of any name can be sent, and this is how an engine says that it does not know one.
        assert!(refuses(operation, "nope").await, "{operation}");
    }
    // A key of API 1.44.
    let newer = cx.since("1.44").is_err().then(|| "ImageList.until".to_owned());
    assert_eq!(refused, Vec::from_iter(newer));
    Ok(())
}
