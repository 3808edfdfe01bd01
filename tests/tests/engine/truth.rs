//! What `cargo xtask truth --engine` does to an engine: nothing where it only reads, and otherwise nothing that stays.

use engines::case::{Context, EngineTest, Outcome, Stop, test};
use engines::http::{Address, Client};
use engines::truth::Engine;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("truth::reading_an_engine_changes_nothing", reading_an_engine_changes_nothing)
            .on_podman()
            .exclusive(),
        test("truth::objects_of_a_run_are_removed", objects_of_a_run_are_removed),
        test("truth::an_object_of_the_user_is_not_taken", an_object_of_the_user_is_not_taken),
    ]
}

/// The identifiers or names of all containers, images, networks and volumes.
async fn objects(client: &Client) -> Result<Vec<String>, Stop> {
    let mut found = Vec::new();
    for path in ["/containers/json?all=true", "/images/json?all=true", "/networks"] {
        let listed = client.get(path).await?.expect(200)?.json()?;
        found.extend(listed.as_array().into_iter().flatten().map(|item| item["Id"].to_string()));
    }
    let listed = client.get("/volumes").await?.expect(200)?.json()?;
    let volumes = listed["Volumes"].as_array().into_iter().flatten();
    found.extend(volumes.map(|volume| volume["Name"].to_string()));
    found.sort();
    Ok(found)
}

fn minor(version: &str) -> Result<u32, Stop> {
    Ok(version.strip_prefix("1.").ok_or("no version")?.parse()?)
}

async fn reading_an_engine_changes_nothing(cx: Context) -> Outcome {
    let mut body = cx.container(&["sleep", "600"]);
    body["Env"] = serde_json::json!(["A=1"]);
    cx.http().create(&cx.name("read"), &body).await?;
    let before = objects(cx.http()).await?;
    let engine = Engine::at(Address::parse(cx.host()).ok_or("an address")?).await?;
    let record = engine.read(minor(&engine.info().api_version)?).await?;
    assert_eq!(objects(cx.http()).await?, before);
    let read = |operation: &str| record.recordings.iter().any(|one| one.operation == operation);
    for operation in ["SystemInfo", "ContainerInspect", "ImageHistory", "NetworkInspect"] {
        assert!(read(operation), "{operation} is missing: {:?}", record.refusals);
    }
    Ok(())
}

async fn objects_of_a_run_are_removed(cx: Context) -> Outcome {
    let private = cx.own_engine()?.start_alone().await?;
    let before = objects(private.client()).await?;
    let engine = Engine::at(private.client().address().clone()).await?;
    let minor = minor(&engine.info().api_version)?;
    let record = engine.exercise(minor, Some(cx.packages()?)).await?;
    let inspected = |one: &&engines::truth::Recording| one.operation == "ContainerInspect";
    assert!(record.recordings.iter().filter(inspected).count() > 5, "{:?}", record.refusals);
    assert_eq!(objects(private.client()).await?, before);
    let swarm = private.client().get("/info").await?.json()?;
    assert_eq!(swarm["Swarm"]["LocalNodeState"], "inactive");
    Ok(())
}

async fn an_object_of_the_user_is_not_taken(cx: Context) -> Outcome {
    let private = cx.own_engine()?.start_alone().await?;
    let body = serde_json::json!({"Name": "plain"});
    let payload = engines::http::Payload::json(&body);
    private.client().post("/volumes/create", payload).await?.expect(201)?;
    let before = objects(private.client()).await?;
    let engine = Engine::at(private.client().address().clone()).await?;
    let minor = minor(&engine.info().api_version)?;
    let refused = engine.exercise(minor, Some(cx.packages()?)).await.unwrap_err();
    assert!(refused.to_string().contains("the volume `plain`"), "{refused}");
    assert_eq!(objects(private.client()).await?, before);
    Ok(())
}
