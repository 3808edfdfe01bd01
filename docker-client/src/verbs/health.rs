//! Waits until a container is healthy.

use docker_api::Error;
use docker_api::operations::{ContainerInspect, SystemEvents};
use serde::Deserialize;

use crate::docker::Docker;
use crate::stream::EventsExt;
use docker_api::Filters;

impl Docker {
    /// Waits until the health check of the container `id` succeeds, for as long as that takes.
    ///
    /// This follows the events of the container (`GET /events`) and inspects it after each of them. It also waits for a
    /// container that has not been started yet or is being restarted. To limit the time, use `tokio::time::timeout`.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidRequest`] if the container has no health check.
    /// - [`Error::InStream`] if the container is unhealthy or has exited. The message contains the output of the last
    ///   health check or the exit code.
    /// - The errors of [`container_inspect`](docker_api::Client::container_inspect), for example if there is no such
    ///   container, and of [`EventsExt::events`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops waiting; the container keeps running.
    pub async fn wait_healthy(&self, id: impl Into<String>) -> Result<(), Error> {
        let id = id.into();
        // Lists return names with a slash in front, which engines do not accept in a filter.
        let name = id.strip_prefix('/').unwrap_or(&id);
        let filters = ["health_status", "start", "die", "destroy"]
            .into_iter()
            .fold(Filters::new().with("container", name), |all, event| all.with("event", event));
        // The events are requested before the first inspection, so that no change is missed. An engine responds a moment before
        // it begins to collect events, so past events are requested, too; they only cause another inspection.
        let mut events = self.system_events().filters(filters).since("0").events().await?;
        loop {
            let operation = &ContainerInspect::OPERATION;
            let found = self.request(operation).path("id", &id).decode::<Inspected>().await?;
            let target = found.target().clone();
            match found.into_inner().verdict() {
                Verdict::Healthy => return Ok(()),
                Verdict::Unknown => {}
                Verdict::NoCheck => {
                    return Err(Error::invalid_request(
                        target,
                        "the container has no health check",
                    ));
                }
                Verdict::Failed(what) => {
                    return Err(Error::in_stream(target, None, format!("the container {what}")));
                }
            }
            match events.next().await {
                // The content of an event does not matter: each one causes another inspection.
                Some(Ok(_) | Err(Error::Decode { .. })) => {}
                Some(Err(error)) => return Err(error),
                None => {
                    let within = format!("the events of container {id}");
                    return Err(Error::truncated(&SystemEvents::OPERATION, within));
                }
            }
        }
    }
}

/// The result of an inspection.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Healthy,
    /// Another inspection is needed after the next event.
    Unknown,
    NoCheck,
    Failed(String),
}

/// The part of the response to an inspection that is needed. The generated types contain it only since API 1.39.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    config: Option<Config>,
    state: Option<State>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    healthcheck: Option<Check>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Check {
    test: Option<Vec<Option<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    status: Option<String>,
    exit_code: Option<i64>,
    health: Option<Health>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Health {
    status: Option<String>,
    log: Option<Vec<Option<Probe>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Probe {
    output: Option<String>,
}

impl Inspected {
    fn verdict(self) -> Verdict {
        let check = self.config.and_then(|config| config.healthcheck);
        let test = check.and_then(|check| check.test).unwrap_or_default();
        // A container can disable the health check of its image.
        if matches!(test.first().and_then(Option::as_deref), None | Some("NONE")) {
            return Verdict::NoCheck;
        }
        let state = self.state.unwrap_or_default();
        match state.status.as_deref() {
            Some("exited" | "dead" | "removing") => {
                let code = state.exit_code.map(|code| format!(" with code {code}"));
                return Verdict::Failed(format!("has exited{}", code.unwrap_or_default()));
            }
            // The health is that of the previous run.
            Some("created" | "restarting") => return Verdict::Unknown,
            _ => {}
        }
        let Some(health) = state.health else { return Verdict::Unknown };
        match health.status.as_deref() {
            Some("healthy") => Verdict::Healthy,
            Some("unhealthy") => {
                let last =
                    health.log.unwrap_or_default().pop().flatten().and_then(|probe| probe.output);
                let last = last.unwrap_or_default();
                Verdict::Failed(match last.trim() {
                    "" => "is unhealthy".to_owned(),
                    last => format!("is unhealthy; the output of the last health check is: {last}"),
                })
            }
            _ => Verdict::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(config: &str, state: &str) -> Verdict {
        let text = format!(r#"{{"Config":{config},"State":{state}}}"#);
        serde_json::from_str::<Inspected>(&text).unwrap().verdict()
    }

    #[test]
    fn the_health_is_read_from_an_inspection() {
        let check = r#"{"Healthcheck":{"Test":["CMD","true"]}}"#;
        let failed = |what: &str| Verdict::Failed(what.to_owned());
        for (state, expected) in [
            (r#"{"Status":"created"}"#, Verdict::Unknown),
            (r#"{"Status":"running","Health":{"Status":"starting","Log":null}}"#, Verdict::Unknown),
            (r#"{"Status":"running","Health":{"Status":"healthy"}}"#, Verdict::Healthy),
            (r#"{"Status":"paused","Health":{"Status":"healthy"}}"#, Verdict::Healthy),
            (r#"{"Status":"restarting","Health":{"Status":"unhealthy"}}"#, Verdict::Unknown),
            (
                r#"{"Status":"running","Health":{"Status":"unhealthy","Log":[{"Output":"a"},{"Output":"b\n"}]}}"#,
                failed("is unhealthy; the output of the last health check is: b"),
            ),
            (
                r#"{"Status":"running","Health":{"Status":"unhealthy","Log":[{}]}}"#,
                failed("is unhealthy"),
            ),
            (
                r#"{"Status":"exited","ExitCode":3,"Health":{"Status":"unhealthy"}}"#,
                failed("has exited with code 3"),
            ),
        ] {
            assert_eq!(verdict(check, state), expected, "{state}");
        }
        let running = r#"{"Status":"running"}"#;
        for config in [
            "{}",
            "null",
            r#"{"Healthcheck":null}"#,
            r#"{"Healthcheck":{}}"#,
            r#"{"Healthcheck":{"Test":["NONE"]}}"#,
        ] {
            assert_eq!(verdict(config, running), Verdict::NoCheck, "{config}");
        }
    }
}
