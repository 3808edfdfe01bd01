//! What a container to be run is given by texts, as on the command line.

use std::path::Path;

use docker_api::types::ContainerCreateBody;

use super::Run;
use crate::text::{self, ConfigureExt};

impl Run {
    /// Publishes ports: `80`, `8080:80`, `127.0.0.1:8080:80/udp`, `8000-8002:80-82`; see [`text::ports`].
    ///
    /// A text that cannot be read is told, with a mark where it is wrong, when the container is to be started; so it is with
    /// the methods below.
    pub fn publish(self, ports: impl AsRef<str>) -> Self {
        self.change(|config| config.publish(ports.as_ref()).map(drop))
    }

    /// Adds a volume or a folder of the engine's machine: `data:/data:ro`, `./site:/site`, `/cache`; see [`text::volume`].
    pub fn volume(self, volume: impl AsRef<str>) -> Self {
        self.change(|config| config.volume(volume.as_ref()).map(drop))
    }

    /// Adds a mount: `type=bind,src=/srv,dst=/data,readonly`; see [`text::mount`].
    pub fn mount(self, mount: impl AsRef<str>) -> Self {
        self.change(|config| config.mount(mount.as_ref()).map(drop))
    }

    /// Limits the memory: `512m`, `1.5g`; see [`text::bytes`].
    pub fn memory(self, limit: impl AsRef<str>) -> Self {
        self.change(|config| {
            let limit = text::bytes(limit.as_ref())?;
            config.host_config.get_or_insert_default().memory = Some(limit);
            Ok(())
        })
    }

    /// Sets the variables of a file, one `NAME=value` a line; see [`text::env_file`]. It is read at once.
    pub fn env_file(mut self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
        match read.and_then(|text| text::env_file(&text).map_err(|error| error.to_string())) {
            Ok(variables) => self.config.env.extend(variables),
            Err(error) => self.refuse(format!("{}: {error}", path.display())),
        }
        self
    }

    fn change(
        mut self,
        change: impl FnOnce(&mut ContainerCreateBody) -> Result<(), text::InvalidText>,
    ) -> Self {
        if let Err(error) = change(&mut self.config) {
            self.refuse(error.to_string());
        }
        self
    }

    fn refuse(&mut self, message: String) {
        self.invalid.get_or_insert(message);
    }
}
