//! `docker events --since 10m --until 0s --filter type=container --filter event=start --filter event=die`
//!
//! Argument: the number of seconds to look back (600). Without `until`, the stream would continue with new events.

use std::time::{Duration, SystemTime};

use docker_client::{Docker, Filters, prelude::*};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(600);
    let now = SystemTime::now();
    let begin = now - Duration::from_secs(seconds);

    let docker = Docker::connect()?;
    // An event must match all keys, and one of the values of each key.
    let filters =
        Filters::new().with("type", "container").with("event", "start").with("event", "die");
    // A number of seconds since 1970 is a time as well.
    let events = docker.system_events().filters(filters).since(begin);
    let mut events = events.until(now).events().await?;
    while let Some(event) = events.next().await {
        let event = event?;
        let actor = event.actor.unwrap_or_default();
        println!(
            "{} {:<5} {} (code {})",
            event.time.unwrap_or_default(),
            event.action.unwrap_or_default(),
            actor.attributes.get("name").map_or("", String::as_str),
            actor.attributes.get("exitCode").map_or("-", String::as_str)
        );
    }
    Ok(())
}
