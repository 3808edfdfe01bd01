//! What engines really send: creates fixtures on each engine, and records the raw reply to every call that returns
//! something to decode.
//!
//! Everything goes over plain HTTP, so that a recording does not depend on the types that it is compared with.

mod address;
mod calls;
mod fixtures;
mod reading;
mod recording;
mod scrub;
mod session;
pub mod shape;
mod swarm;

use std::path::Path;

pub use self::address::Engine;
pub use self::recording::{Record, Recording, Refusal};
use self::session::{Session, Target};
use crate::api::Login;
use crate::engine::DockerdOptions;
use crate::error::Result;
use crate::network::Network;
use crate::packages::Release;
use crate::podman::Podman;
use crate::registry::Registry;
use crate::{image, setup};

/// Starts one engine after the other, and records each under every API version from 1.`oldest` on that it serves.
///
/// # Errors
///
/// [`crate::error::Error::Unavailable`] where this machine cannot run engines. Anything else is a failure: an engine
/// does not start, or refuses to create a fixture.
pub async fn record(cache: &Path, oldest: u32, say: &dyn Fn(&str)) -> Result<Vec<Record>> {
    let packages = setup::provide(cache, say)?;
    let busybox = image::busybox(&packages.program(Release::Stable, "busybox"))?;
    let login = Login { user: "tester".to_owned(), password: "open sesame".to_owned() };
    let mut records = Vec::new();
    for release in Release::ALL {
        // A swarm needs a network of its own, and the registries have to be in the same one.
        let network = Network::private()?;
        let engine = DockerdOptions::new(&packages, release)
            .arguments(["--experimental"])
            .start(&network)
            .await?;
        let open = Registry::start(&packages, &network, None).await?;
        let private = Registry::start(&packages, &network, Some(login.clone())).await?;
        let mut target = Target::new(engine.client(), engine.info(), cache);
        target.registry = Some(open.info().clone());
        target.private = Some(private.info().clone());
        target.client.import("busybox", "test", busybox.clone()).await?;
        records.extend(record_engine(&mut target, oldest, say).await?);
    }
    let network = Network::private()?;
    let podman = Podman::start(&packages, Release::Stable, &network).await?;
    let mut target = Target::new(podman.client(), podman.info(), cache);
    target.client.import("busybox", "test", busybox).await?;
    records.extend(record_engine(&mut target, oldest, say).await?);
    Ok(records)
}

/// Creates the fixtures on an engine and records it under every version.
async fn record_engine(
    target: &mut Target,
    oldest: u32,
    say: &dyn Fn(&str),
) -> Result<Vec<Record>> {
    let info = target.client.get("/info").await?.expect(200)?.json()?;
    target.scrub.host_name(info["Name"].as_str().unwrap_or_default());
    target.scrub.text(info["KernelVersion"].as_str().unwrap_or_default(), "6.1.0-40-amd64");
    let minor = |version: &str| {
        version.strip_prefix("1.").and_then(|minor| minor.parse().ok()).unwrap_or(oldest)
    };
    let first = minor(&target.info.min_api_version).max(oldest);
    let last = minor(&target.info.api_version);
    let fixtures = fixtures::create(target).await?;
    say(&format!("{}: the fixtures are created", target.info.name));
    let mut records = Vec::new();
    for minor in first..=last {
        let mut session = Session { newest: minor == last, ..Session::new(target, minor) };
        calls::all(&mut session, &fixtures).await?;
        let record = session.into_record();
        say(&format!("{}: API 1.{minor}: {} replies", record.engine, record.recordings.len()));
        records.push(record);
    }
    Ok(records)
}
