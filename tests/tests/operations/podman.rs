//! Differences between podman and dockerd: an assertion for each line under "What differs" in docs/podman.md, which distinguishes
//! podman 4.3 and 5.8.

use std::time::{SystemTime, UNIX_EPOCH};

use engines::archive;
use engines::case::{Context, EngineTest, Outcome, Stop};
use engines::http::{Method, Payload};
use serde_json::{Value, json};

use crate::support::{create, docker, script, sleeper, start, test};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![test("podman::differs_as_its_page_says", differs).on_podman_alone()]
}

async fn differs(cx: Context) -> Outcome {
    containers(&cx).await?;
    images_and_files(&cx).await?;
    volumes(&cx).await?;
    events(&cx).await
}

/// The first one for podman 4, the second one since podman 5.
fn by_release<T>(cx: &Context, four: T, five: T) -> T {
    if cx.engine().is_podman_4() { four } else { five }
}

async fn containers(cx: &Context) -> Outcome {
    let (docker, http) = (docker(cx)?, cx.http());
    let running = sleeper(cx, &docker, "running").await?;
    let ended = create(&docker, &cx.name("created"), script(cx, "true")).await?;

    let mut body = script(cx, "sleep 2; exit 3");
    body["HostConfig"] = json!({"AutoRemove": true});
    let removed = start(&docker, &cx.name("removed"), body).await?;
    let wait = format!("/containers/{removed}/wait?condition=removed");
    let reply = http.post(&wait, Payload::none()).await?.expect(200)?.json()?;
    let code = by_release(cx, 0, 3);
    assert_eq!(reply["StatusCode"], code, "of a container that exited with 3");

    let top = http.get(&format!("/containers/{running}/top?ps_args=-o%20pid,args")).await?;
    let top = top.expect(200)?.json()?;
    let words = |text: &Value| text.as_str().map(|text| text.split_whitespace().count());
    let (titles, process) = by_release(cx, (2, 3), (1, 1));
    let seen = (words(&top["Titles"][0]), words(&top["Processes"][0][0]));
    assert_eq!(seen, (Some(titles), Some(process)), "{top}");
    let update = format!("/containers/{running}/update");
    let update = http.post(&update, Payload::json(&json!({"Memory": 50_000_000}))).await?;
    update.expect(by_release(cx, 404, 200))?;
    let printed = start(&docker, &cx.name("printed"), script(cx, "echo out")).await?;
    http.post(&format!("/containers/{printed}/wait"), Payload::none()).await?.expect(200)?;
    let logs = http.get(&format!("/containers/{printed}/logs?stdout=true")).await?.expect(200)?;
    let media = logs.headers.get("content-type").map(|value| value.as_bytes());
    assert_eq!(media, by_release(cx, Some(&b"application/octet-stream"[..]), None));
    let unknown = http.get("/v1.99/version").await?;
    assert_eq!(unknown.status, 200, "any version in the path is taken");

    let stats = http.get(&format!("/containers/{ended}/stats?stream=false")).await?.expect(200)?;
    let stopped =
        r#"{"cause":"container is stopped","message":"container is stopped","response":500}"#;
    assert_eq!(stats.text().trim(), by_release(cx, "", stopped));
    http.get("/containers/json?filters=%7B%22nope%22:%5B%22x%22%5D%7D").await?.expect(500)?;
    let kill = http.post(&format!("/containers/{ended}/kill"), Payload::none()).await?;
    kill.expect(by_release(cx, 500, 409))?;
    let config = cx.container(&["true"]);
    http.post("/containers/create?name=a%20b", Payload::json(&config)).await?.expect(500)?;
    docker.container_delete(&running).force(true).send().await?;
    Ok(())
}

async fn images_and_files(cx: &Context) -> Outcome {
    let (docker, http) = (docker(cx)?, cx.http());
    let ended = create(&docker, &cx.name("files"), script(cx, "true")).await?;
    let tag = format!("/images/{}/tag?repo=CAPITALS", cx.image());
    http.post(&tag, Payload::none()).await?.expect(500)?;
    http.get(&format!("/containers/{}/changes", cx.name("missing"))).await?.expect(500)?;

    let commit = format!("/commit?container={ended}&repo={}", cx.name("committed"));
    http.post(&commit, Payload::none()).await?.expect(by_release(cx, 500, 201))?;
    http.post(&commit, Payload::json(&json!({}))).await?.expect(201)?;
    http.remove_image(&format!("{}:latest", cx.name("committed"))).await?;

    let directory = format!("/containers/{ended}/archive?path=/no/such/directory");
    let files = || Payload::tar(archive::of(&[("note", "kept\n")]));
    http.send(Method::PUT, &directory, files()).await?.expect(200)?;
    http.get(&format!("{directory}/note")).await?.expect(200)?;

    let image = cx.name("imported");
    let import = format!("/images/create?fromSrc=-&repo={image}&tag=one");
    http.post(&import, files()).await?.expect(200)?;
    assert_eq!(http.has_image(&format!("{image}:one")).await?, by_release(cx, false, true));
    http.remove_image(&format!("{image}:{}", by_release(cx, "latest", "one"))).await?;
    Ok(())
}

async fn volumes(cx: &Context) -> Outcome {
    let http = cx.http();
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
    let prune = format!(
        "/volumes/prune?filters=%7B%22all%22:%5B%22true%22%5D,%22label%22:%5B%22{}%22%5D%7D",
        cx.label()
    );
    http.post(&prune, Payload::none()).await?.expect(500)?;
    Ok(())
}

async fn events(cx: &Context) -> Outcome {
    let http = cx.http();
    let count = async |until: &str| {
        let path = format!("/events?since=1&stream=false{until}");
        let text = http.get(&path).await?.expect(200)?.text();
        Ok::<_, Stop>(text.lines().filter(|line| !line.is_empty()).count())
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let (all, past) = (count("").await?, count(&format!("&until={}", now - 1)).await?);
    assert!(past * 10 < all, "{past} of {all}");
    Ok(())
}
