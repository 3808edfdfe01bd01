//! Examples about networks, volumes, disk usage and pruning, and a swarm.

use engines::case::{Context, EngineTest, Outcome, test};
use engines::http::Payload;
use serde_json::json;

use super::{exited, program, run, script, succeeded, with_image};

pub(super) fn tests() -> Vec<EngineTest> {
    vec![
        test("examples::network", network).on_podman(),
        // Podman treats the size of a volume as a quota, which few filesystems support.
        test("examples::volume", volume),
        test("examples::prune", prune).exclusive(),
        test("examples::swarm", swarm),
    ]
}

async fn network(cx: Context) -> Outcome {
    // The engines share one network, in which no two networks may have the same addresses.
    let begin = match cx.engine().api_version.split_once('.') {
        Some((_, minor)) if cx.engine().is_podman() => format!("10.98.{minor}"),
        Some((_, minor)) => format!("10.99.{minor}"),
        None => "10.97.0".to_owned(),
    };
    let name = cx.name("lab");
    let output = run(&cx, "network", &[&name, &begin, cx.image()]).await?;
    assert!(output.contains(&format!("inet {begin}.10/24 ")), "{output}");
    cx.http().get(&format!("/networks/{name}")).await?.expect(404)?;
    Ok(())
}

async fn volume(cx: Context) -> Outcome {
    let name = cx.name("scratch");
    let output = run(&cx, "volume", &[&name, cx.image()]).await?;
    let (made, df) = output.split_once('\n').unwrap_or_default();
    assert!(made.starts_with(&format!("{name} uses the driver local with {{")), "{output}");
    assert!(made.contains(r#""o": "size=16m""#), "{output}");
    let mounted: Vec<&str> =
        df.lines().last().unwrap_or_default().split_whitespace().take(2).collect();
    assert_eq!(mounted, ["tmpfs", "16"], "{output}");
    cx.http().get(&format!("/volumes/{name}")).await?.expect(404)?;
    Ok(())
}

async fn prune(cx: Context) -> Outcome {
    let labels = json!({cx.label(): ""});
    let (gone, name) = (cx.name("gone"), cx.name("unused"));
    let id = script(&cx, &gone, "true").await?;
    exited(&cx, &id).await?;
    let runs = script(&cx, &cx.name("runs"), "sleep 1000").await?;
    let create = json!({"Name": name, "Labels": labels});
    cx.http().post("/networks/create", Payload::json(&create)).await?.expect(201)?;
    // A named volume is pruned only by engines before 23, or on request.
    let anonymous = json!({"Labels": labels});
    let volume = cx.http().post("/volumes/create", Payload::json(&anonymous)).await?.expect(201)?;
    let volume = volume.json()?["Name"].as_str().unwrap_or_default().to_owned();

    let output = run(&cx, "prune", &[cx.label()]).await?;
    assert!(output.contains("images: ") && output.contains("containers: "), "{output}");
    assert!(output.contains(&format!("removed the containers [{id:?}]\n")), "{output}");
    assert!(output.contains(&format!("removed the networks [{name:?}]\n")), "{output}");
    assert!(output.contains(&format!("removed the volumes [{volume:?}]\n")), "{output}");
    cx.http().get(&format!("/containers/{id}/json")).await?.expect(404)?;
    cx.http().get(&format!("/containers/{runs}/json")).await?.expect(200)?;
    Ok(())
}

async fn swarm(cx: Context) -> Outcome {
    let engine = with_image(&cx, cx.own_engine()?.start_alone().await?).await?;
    let settings = [("DOCKER_HOST", engine.info().host.as_str())];
    let output = succeeded(&program("swarm", &[cx.image()], &settings).await?)?;
    let mut lines: Vec<&str> = output.lines().collect();
    assert!(lines.first().is_some_and(|line| line.ends_with(" manages a swarm")), "{output}");
    assert_eq!(lines[1..3], ["one task runs", "three tasks run"], "{output}");
    assert_eq!(lines.pop(), Some("left the swarm"), "{output}");
    let said = |text: &str| lines.iter().filter(|line| **line == text).count();
    // 13 bytes: the size of the secret.
    assert_eq!((said("log: good morning"), said("log: 13")), (3, 3), "{output}");
    let info = engine.client().get("/info").await?.expect(200)?.json()?;
    assert_eq!(info["Swarm"]["LocalNodeState"], "inactive");
    Ok(())
}
