//! What podman does otherwise than dockerd: for each line under "What differs" in docs/podman.md an assertion.

use engines::archive;
use engines::case::{Context, EngineTest, Outcome};
use engines::http::{Method, Payload};
use serde_json::{Value, json};

use crate::support::{create, docker, script, sleeper, start, test};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![test("podman::differs_as_its_page_says", differs).on_podman_alone()]
}

async fn differs(cx: Context) -> Outcome {
    let (docker, http) = (docker(&cx)?, cx.http());
    let running = sleeper(&cx, &docker, "running").await?;
    let ended = create(&docker, &cx.name("created"), script(&cx, "true")).await?;

    let mut body = script(&cx, "sleep 2; exit 3");
    body["HostConfig"] = json!({"AutoRemove": true});
    let removed = start(&docker, &cx.name("removed"), body).await?;
    let wait = format!("/containers/{removed}/wait?condition=removed");
    let reply = http.post(&wait, Payload::none()).await?.expect(200)?.json()?;
    assert_eq!(reply["StatusCode"], 0, "of a container that exited with 3");

    let top = http.get(&format!("/containers/{running}/top?ps_args=-o%20pid,args")).await?;
    let top = top.expect(200)?.json()?;
    let words = |text: &Value| text.as_str().map(|text| text.split_whitespace().count());
    assert_eq!((words(&top["Titles"][0]), words(&top["Processes"][0][0])), (Some(2), Some(3)));

    http.get("/containers/json?filters=%7B%22nope%22:%5B%22x%22%5D%7D").await?.expect(500)?;
    http.post(&format!("/containers/{ended}/kill"), Payload::none()).await?.expect(500)?;
    let config = cx.container(&["true"]);
    http.post("/containers/create?name=a%20b", Payload::json(&config)).await?.expect(500)?;
    let tag = format!("/images/{}/tag?repo=CAPITALS", cx.image());
    http.post(&tag, Payload::none()).await?.expect(500)?;
    http.get(&format!("/containers/{}/changes", cx.name("missing"))).await?.expect(500)?;

    let commit = format!("/commit?container={ended}&repo={}", cx.name("committed"));
    http.post(&commit, Payload::none()).await?.expect(500)?;
    http.post(&commit, Payload::json(&json!({}))).await?.expect(201)?;
    http.remove_image(&format!("{}:latest", cx.name("committed"))).await?;

    let directory = format!("/containers/{ended}/archive?path=/no/such/directory");
    let files = || Payload::tar(archive::of(&[("note", "kept\n")]));
    http.send(Method::PUT, &directory, files()).await?.expect(200)?;
    http.get(&format!("{directory}/note")).await?.expect(200)?;

    let labels = json!({cx.label(): ""});
    for (name, labels) in [("labelled", &labels), ("named", &json!({}))] {
        let volume = json!({"Name": cx.name(name), "Labels": labels});
        http.post("/volumes/create", Payload::json(&volume)).await?.expect(201)?;
    }
    let filters = format!(
        "%7B%22label%22:%5B%22{}%22%5D,%22name%22:%5B%22{}%22%5D%7D",
        cx.label(),
        cx.name("named")
    );
    let listed = http.get(&format!("/volumes?filters={filters}")).await?.expect(200)?.json()?;
    assert_eq!(listed["Volumes"].as_array().map(Vec::len), Some(2), "{listed}");
    http.delete(&format!("/volumes/{}", cx.name("named"))).await?.expect(204)?;

    let image = cx.name("imported");
    let import = format!("/images/create?fromSrc=-&repo={image}&tag=one");
    http.post(&import, files()).await?.expect(200)?;
    assert!(!http.has_image(&format!("{image}:one")).await?);
    http.remove_image(&format!("{image}:latest")).await?;

    docker.container_delete(&running).force(true).send().await?;
    Ok(())
}
