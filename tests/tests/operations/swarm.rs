//! The swarm: made, looked at, changed, joined by a second engine and left, locked and unlocked.

use docker_client::{Docker, ErrorKind, Filters, types};
use engines::case::{Context, EngineTest, Outcome, Stop, until};
use engines::network::{Network, SWARM_ADDRESS};
use serde_json::{Value, json};

use crate::support::{client, docker, refused, refused_with_message, test, typed, wire};

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("swarm::is_inspected_and_changed", is_inspected_and_changed).exclusive(),
        test("swarm::a_second_engine_joins_and_leaves", a_second_engine_joins_and_leaves)
            .exclusive(),
        test("swarm::a_locked_manager_is_unlocked", a_locked_manager_is_unlocked),
    ]
}

/// Makes a swarm of the engine, unless it is one.
pub(crate) async fn ensure(docker: &Docker) -> Result<types::Swarm, Stop> {
    let body = json!({"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": SWARM_ADDRESS});
    let body = typed::<types::SwarmInitRequest>(body)?;
    match docker.swarm_init(body).send().await {
        Ok(_) => {}
        // Another test was first.
        Err(error) if error.kind() == ErrorKind::Unavailable => {}
        Err(error) => return Err(error.into()),
    }
    Ok(docker.swarm_inspect().send().await?.into_inner())
}

/// The number that an update of what was inspected has to carry.
pub(crate) fn version(found: &impl serde::Serialize) -> Result<u64, Stop> {
    Ok(wire(found)?["Version"]["Index"].as_u64().ok_or("no version")?)
}

/// Makes a change of what was inspected, again where it has changed in between: the manager writes as well.
pub(crate) async fn update_with_retry<T>(
    mut change: impl AsyncFnMut() -> Result<T, Stop>,
) -> Result<T, Stop> {
    until("a change of what was inspected", async || match change().await {
        Err(Stop::Fail(message)) if message.contains("out of sequence") => Ok(None),
        other => other.map(Some),
    })
    .await
}

async fn is_inspected_and_changed(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let swarm = ensure(&docker).await?;
    let tokens = wire(&swarm)?["JoinTokens"].clone();
    assert!(
        tokens["Worker"].as_str().is_some_and(|token| token.starts_with("SWMTKN-1-")),
        "{tokens}"
    );
    let again = docker.swarm_init(types::SwarmInitRequest::default()).send().await;
    let message = refused(again, ErrorKind::Unavailable);
    assert!(message.contains("already part of a swarm"), "{message}");

    let mut spec = wire(&swarm)?["Spec"].clone();
    spec["Labels"] = json!({"kind": "changed"});
    spec["Orchestration"] = json!({"TaskHistoryRetentionLimit": 7});
    let spec = typed::<types::SwarmSpec>(spec)?;
    let stale = update_with_retry(async || {
        let read = version(&docker.swarm_inspect().send().await?.into_inner())?;
        let update = docker.swarm_update(read, &spec).rotate_worker_token(true);
        update.rotate_manager_token(true).send().await?;
        Ok(read)
    })
    .await?;
    let found = docker.swarm_inspect().send().await?.into_inner();
    let seen = wire(&found)?;
    assert_eq!(
        (
            &seen["Spec"]["Labels"]["kind"],
            &seen["Spec"]["Orchestration"]["TaskHistoryRetentionLimit"]
        ),
        (&json!("changed"), &json!(7))
    );
    for kind in ["Worker", "Manager"] {
        assert_ne!(seen["JoinTokens"][kind], tokens[kind], "{kind}");
    }
    // An update with an outdated version is refused.
    refused_with_message(docker.swarm_update(stale, &spec).send().await, "out of sequence");
    let key = docker.swarm_unlockkey().send().await?.into_inner();
    assert_eq!(wire(&key)?["UnlockKey"], "", "a swarm that is not locked has no key");
    refused(docker.swarm_leave().send().await, ErrorKind::Unavailable);
    Ok(())
}

async fn a_second_engine_joins_and_leaves(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let swarm = wire(&ensure(&docker).await?)?;
    let (network, address) = Network::linked()?;
    let engine = cx.own_engine()?.start(&network).await?;
    let second = client(&engine.info().host)?;
    // An engine that is in no swarm refuses the operations of a swarm.
    refused(second.swarm_inspect().send().await, ErrorKind::Unavailable);
    refused(second.swarm_unlockkey().send().await, ErrorKind::Unavailable);
    refused(second.swarm_leave().send().await, ErrorKind::Unavailable);
    refused(second.node_list().send().await, ErrorKind::Unavailable);
    refused(second.service_list().send().await, ErrorKind::Unavailable);
    refused(second.task_list().send().await, ErrorKind::Unavailable);
    refused(second.secret_list().send().await, ErrorKind::Unavailable);
    refused(second.config_list().send().await, ErrorKind::Unavailable);
    let unlock = typed::<types::SwarmUnlockRequest>(json!({"UnlockKey": "SWMKEY-1-none"}))?;
    refused_with_message(second.swarm_unlock(&unlock).send().await, "swarm");

    let join = |token: &Value| {
        typed::<types::SwarmJoinRequest>(json!({
            "ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": address,
            "RemoteAddrs": [format!("{SWARM_ADDRESS}:2377")], "JoinToken": token,
        }))
    };
    let wrong = second.swarm_join(join(&json!("no token"))?).send().await;
    refused_with_message(wrong, "invalid join token");
    second.swarm_join(join(&swarm["JoinTokens"]["Worker"])?).send().await?;
    let worker = Filters::new().with("role", "worker");
    let state = async || {
        let nodes = docker.node_list().filters(&worker).send().await?.into_inner();
        Ok::<_, Stop>(wire(&nodes)?[0].clone())
    };
    let node = until("a second node that is ready", async || {
        let node = state().await?;
        Ok((node["Status"]["State"] == "ready").then_some(node))
    })
    .await?;
    assert_eq!(node["Status"]["Addr"], address.to_string());
    let id = node["ID"].as_str().ok_or("no id")?.to_owned();
    // It is a worker, and only managers list nodes.
    let message = refused(second.node_list().send().await, ErrorKind::Unavailable);
    assert!(message.contains("not a swarm manager"), "{message}");
    // A node that is up is only removed by force.
    refused_with_message(docker.node_delete(&id).send().await, "not down");
    second.swarm_leave().force(true).send().await?;
    until("a node that is down", async || {
        Ok((state().await?["Status"]["State"] == "down").then_some(()))
    })
    .await?;
    docker.node_delete(&id).send().await?;
    refused(docker.node_inspect(&id).send().await, ErrorKind::NotFound);
    Ok(())
}

async fn a_locked_manager_is_unlocked(cx: Context) -> Outcome {
    let engine = cx.own_engine()?.start_alone().await?;
    let docker = client(&engine.info().host)?;
    let body = json!({
        "ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1",
        "Spec": {"EncryptionConfig": {"AutoLockManagers": true}},
    });
    docker.swarm_init(typed::<types::SwarmInitRequest>(body)?).send().await?;
    let key = wire(&docker.swarm_unlockkey().send().await?.into_inner())?["UnlockKey"].clone();
    assert!(key.as_str().is_some_and(|key| key.starts_with("SWMKEY-1-")), "{key}");
    engine.restart().await?;
    let locked = docker.swarm_inspect().send().await;
    let message = refused(locked, ErrorKind::Unavailable);
    assert!(message.contains("unlock"), "{message}");
    let unlock = |key: &Value| typed::<types::SwarmUnlockRequest>(json!({"UnlockKey": key}));
    let wrong = docker.swarm_unlock(unlock(&json!("SWMKEY-1-wrong"))?).send().await;
    refused(wrong, ErrorKind::InvalidArgument);
    docker.swarm_unlock(unlock(&key)?).send().await?;
    until("an unlocked swarm", async || Ok(docker.swarm_inspect().send().await.ok())).await?;
    let spec = json!({"Name": "default", "EncryptionConfig": {"AutoLockManagers": true}});
    let spec = typed::<types::SwarmSpec>(spec)?;
    update_with_retry(async || {
        let read = version(&docker.swarm_inspect().send().await?.into_inner())?;
        docker.swarm_update(read, &spec).rotate_manager_unlock_key(true).send().await?;
        Ok(())
    })
    .await?;
    let other = wire(&docker.swarm_unlockkey().send().await?.into_inner())?["UnlockKey"].clone();
    assert_ne!(other, key);
    Ok(())
}
