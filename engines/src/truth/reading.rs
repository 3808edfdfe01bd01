//! The calls that change nothing: what an engine has is listed, and each object is read.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::session::{Session, query};
use crate::error::Result;

/// How many objects of a kind are read one by one.
pub(super) const EACH: usize = 50;

/// The events of this many seconds are read.
const EVENTS: u64 = 86_400;

/// Reads everything. Nothing is created, changed, started or stopped.
pub(super) async fn all(session: &mut Session<'_>) -> Result<()> {
    let info = session.get("SystemInfo", "/info").await?;
    session.get("SystemVersion", "/version").await?;
    session.get("SystemDataUsage", "/system/df").await?;
    containers(session).await?;
    let images = session.get("ImageList", "/images/json?all=true").await?;
    for (index, image) in each(&images) {
        let path = format!("/images/{}", query(id(image)));
        session.get(&format!("ImageInspect-{index}"), &format!("{path}/json")).await?;
        session.get(&format!("ImageHistory-{index}"), &format!("{path}/history")).await?;
    }
    inspected(session, "Network", "/networks", "", id).await?;
    let volumes = session.get("VolumeList", "/volumes").await?;
    for (index, volume) in each(&volumes["Volumes"]) {
        let name = volume["Name"].as_str().unwrap_or_default();
        session
            .get(&format!("VolumeInspect-{index}"), &format!("/volumes/{}", query(name)))
            .await?;
    }
    inspected(session, "Plugin", "/plugins", "/json", id).await?;
    if info["Swarm"]["ControlAvailable"] == true {
        swarm(session).await?;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let path = format!("/events?since={}&until={now}", now.saturating_sub(EVENTS));
    session.get("SystemEvents", &path).await?;
    Ok(())
}

async fn containers(session: &mut Session<'_>) -> Result<()> {
    let listed = session.get("ContainerList", "/containers/json?all=true").await?;
    for (index, container) in each(&listed) {
        let path = format!("/containers/{}", query(id(container)));
        session.get(&format!("ContainerInspect-{index}"), &format!("{path}/json")).await?;
        session.get(&format!("ContainerChanges-{index}"), &format!("{path}/changes")).await?;
        if container["State"] == "running" {
            session.get(&format!("ContainerTop-{index}"), &format!("{path}/top")).await?;
            let stats = format!("{path}/stats?stream=false&one-shot=true");
            session.get(&format!("ContainerStats-{index}"), &stats).await?;
        }
    }
    Ok(())
}

async fn swarm(session: &mut Session<'_>) -> Result<()> {
    session.get("SwarmInspect", "/swarm").await?;
    for (kind, path) in [
        ("Node", "/nodes"),
        ("Service", "/services"),
        ("Task", "/tasks"),
        ("Secret", "/secrets"),
        ("Config", "/configs"),
    ] {
        inspected(session, kind, path, "", id).await?;
    }
    Ok(())
}

/// Lists the objects of a kind and reads each.
async fn inspected(
    session: &mut Session<'_>,
    kind: &str,
    path: &str,
    behind: &str,
    id: impl Fn(&Value) -> &str,
) -> Result<()> {
    let listed = session.get(&format!("{kind}List"), path).await?;
    for (index, object) in each(&listed) {
        let path = format!("{path}/{}{behind}", query(id(object)));
        session.get(&format!("{kind}Inspect-{index}"), &path).await?;
    }
    Ok(())
}

/// The first objects of a list, counted from 1.
fn each(list: &Value) -> impl Iterator<Item = (usize, &Value)> {
    (1..).zip(list.as_array().into_iter().flatten().take(EACH))
}

/// An identifier, however the engine spells it.
pub(super) fn id(value: &Value) -> &str {
    value["ID"].as_str().or(value["Id"].as_str()).unwrap_or_default()
}
