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
    /// The engine tells when something has changed, so that nothing is asked at intervals. A container that has not been
    /// started yet, or is between two restarts, is waited for. For a limit, wrap it in `tokio::time::timeout`; dropping the
    /// future changes nothing.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidRequest`] where the container has no health check.
    /// - [`Error::InStream`] where its health check has failed as often as it may, with the output of the last one in the
    ///   message, and where it has exited, with its exit code there.
    /// - Those of [`container_inspect`](docker_api::Client::container_inspect), such as that there is no such container, and of
    ///   [`EventsExt::events`].
    pub async fn wait_healthy(&self, id: impl Into<String>) -> Result<(), Error> {
        let id = id.into();
        let filters = ["health_status", "start", "die", "destroy"]
            .into_iter()
            .fold(Filters::new().with("container", &id), |all, event| all.with("event", event));
        // First the events, then a look: nothing can happen in between. An engine answers a moment before it listens, hence
        // the events that it remembers, too: an old one causes another look and no more.
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
                // Whatever an event says, it is only the occasion for another look.
                Some(Ok(_) | Err(Error::Decode { .. })) => {}
                Some(Err(error)) => return Err(error),
                None => {
                    let within = format!("the events of the container {id}");
                    return Err(Error::truncated(&SystemEvents::OPERATION, within));
                }
            }
        }
    }
}

/// What the state of a container says of its health.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Healthy,
    /// Another look is needed when something has changed.
    Unknown,
    NoCheck,
    Failed(String),
}

/// The little that matters of what an inspect answers. The generated types have it since API 1.39 alone.
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
        // A container can have the check of its image turned off.
        if matches!(test.first().and_then(Option::as_deref), None | Some("NONE")) {
            return Verdict::NoCheck;
        }
        let state = self.state.unwrap_or_default();
        match state.status.as_deref() {
            Some("exited" | "dead" | "removing") => {
                let code = state.exit_code.map(|code| format!(" with code {code}"));
                return Verdict::Failed(format!("has exited{}", code.unwrap_or_default()));
            }
            // The health is that of the run before.
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
                    last => format!("is unhealthy; its last check said: {last}"),
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
    fn health_is_read_from_what_engines_send() {
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
                failed("is unhealthy; its last check said: b"),
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
