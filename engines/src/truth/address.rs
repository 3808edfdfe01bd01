//! An engine that was not started for this: it is read, and objects are created on it only if the caller allows it.

use hyper::Method;

use super::recording::Record;
use super::session::{Session, Target};
use super::{calls, fixtures, reading};
use crate::engine::{EngineInfo, describe};
use crate::error::{Error, Result};
use crate::http::{Address, Client, Payload};
use crate::packages::Packages;
use crate::setup;

/// An engine at an address.
#[derive(Debug)]
pub struct Engine {
    client: Client,
    info: EngineInfo,
}

/// The objects of the fixtures and of the calls, which are removed at the end.
const OBJECTS: [(&str, &str, &[&str]); 4] = [
    (
        "container",
        "/containers",
        &["sharer", "alone", "fresh", "asleep", "ended", "ill", "web", "limits", "brief"],
    ),
    ("network", "/networks", &["front", "side", "brief"]),
    ("volume", "/volumes", &["memory", "plain", "brief"]),
    (
        "image",
        "/images",
        &["built:1", "kit:1", "bare:1", "brief:1", "brief:2", "committed:1", "imported:1"],
    ),
];

impl Engine {
    /// Asks the engine for its name and its versions.
    ///
    /// # Errors
    ///
    /// It cannot be reached, or its response is not that of an engine.
    pub async fn at(address: Address) -> Result<Self> {
        let client = Client::new(address);
        let info = describe(&client).await?;
        Ok(Self { client, info })
    }

    /// The engine's name, address and versions.
    #[must_use]
    pub fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// Reads every object under API 1.`minor`, and changes nothing.
    ///
    /// # Errors
    ///
    /// A request got no whole reply.
    pub async fn read(&self, minor: u32) -> Result<Record> {
        let target = Target::foreign(&self.client, &self.info);
        let mut session = Session::new(&target, minor);
        reading::all(&mut session).await?;
        Ok(session.into_record())
    }

    /// Creates containers, networks, volumes and images, calls every operation that concerns them under API 1.`minor`,
    /// reads everything, and removes what was created.
    ///
    /// The engine does not become a swarm, and nothing is pruned. Where it lacks the image of the tests, it gets it from the
    /// packages, or without these from its own registry.
    ///
    /// # Errors
    ///
    /// The engine has an object of one of the names, or refuses one, or a request got no whole reply.
    pub async fn exercise(&self, minor: u32, packages: Option<&Packages>) -> Result<Record> {
        self.check_names().await?;
        let had_image = self.client.has_image(setup::IMAGE).await?;
        if !had_image {
            setup::give_image(&self.client, packages).await?;
        }
        let target = Target::foreign(&self.client, &self.info);
        let mut session = Session::new(&target, minor);
        let called = async {
            let fixtures = fixtures::create(&target).await?;
            calls::all(&mut session, &fixtures).await?;
            reading::all(&mut session).await
        };
        let called = called.await;
        let removed = self.remove(had_image).await;
        called.and(removed)?;
        Ok(session.into_record())
    }

    /// Fails if the engine has an object that would be taken for one of the fixtures.
    async fn check_names(&self) -> Result<()> {
        for (kind, path, names) in OBJECTS {
            for name in names {
                let path = inspection(path, name);
                let response = self.client.get(&path).await?;
                if response.status != 404 {
                    return Err(Error::Unavailable(format!(
                        "the engine has the {kind} `{name}`, a name that objects of this command get: remove it, or use \
                         --read-only"
                    )));
                }
            }
        }
        Ok(())
    }

    async fn remove(&self, had_image: bool) -> Result<()> {
        let mut objects: Vec<String> = Vec::new();
        for (_, path, names) in OBJECTS {
            objects.extend(names.iter().map(|name| format!("{path}/{name}?force=true&v=true")));
        }
        if !had_image {
            objects.push(format!("/images/{}", setup::IMAGE));
        }
        let mut failed = Ok(());
        for path in objects {
            // The other objects are removed all the same.
            match self.client.send(Method::DELETE, &path, Payload::none()).await {
                Ok(response) if response.status.is_success() || response.status == 404 => {}
                Ok(response) => {
                    let error = response.unexpected("the removal of an object of this command");
                    failed = failed.and(Err(error));
                }
                Err(error) => failed = failed.and(Err(error)),
            }
        }
        failed
    }
}

/// The path that reads an object: networks and volumes have no `/json`.
fn inspection(path: &str, name: &str) -> String {
    let json = matches!(path, "/containers" | "/images");
    format!("{path}/{name}{}", if json { "/json" } else { "" })
}
