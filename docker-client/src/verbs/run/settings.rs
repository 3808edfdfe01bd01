//! Settings of a run in the syntax of the `docker run` command line.

use std::path::Path;

use docker_api::types::ContainerCreateBody;

use super::Run;
use crate::text::{self, ConfigureExt};

impl Run {
    /// Publishes ports, such as `80`, `8080:80`, `127.0.0.1:8080:80/udp` or `8000-8002:80-82`: see [`text::ports`].
    ///
    /// If the string is invalid, starting the container returns
    /// [`Error::InvalidRequest`](crate::Error::InvalidRequest), which points at the invalid character. The same applies
    /// to the methods below.
    pub fn publish(self, ports: impl AsRef<str>) -> Self {
        self.change(|config| config.publish(ports.as_ref()).map(drop))
    }

    /// Mounts a volume or a directory of the host, such as `data:/data:ro`, `./site:/site` or `/cache`: see
    /// [`text::volume`].
    pub fn volume(self, volume: impl AsRef<str>) -> Self {
        self.change(|config| config.volume(volume.as_ref()).map(drop))
    }

    /// Adds a mount, such as `type=bind,src=/srv,dst=/data,readonly`: see [`text::mount`].
    pub fn mount(self, mount: impl AsRef<str>) -> Self {
        self.change(|config| config.mount(mount.as_ref()).map(drop))
    }

    /// Limits the memory to a size such as `512m` or `1.5g`: see [`text::bytes`].
    pub fn memory(self, limit: impl AsRef<str>) -> Self {
        self.change(|config| {
            let limit = text::bytes(limit.as_ref())?;
            config.host_config.get_or_insert_default().memory = Some(limit);
            Ok(())
        })
    }

    /// Sets the environment variables of a file with one `NAME=value` per line: see [`text::env_file`].
    ///
    /// The file is read when this is called. If it cannot be read or is invalid, starting the container returns
    /// [`Error::InvalidRequest`](crate::Error::InvalidRequest).
    pub fn env_file(mut self, path: impl AsRef<Path>) -> Self {
        match text::read_env_file(path.as_ref()) {
            Ok(variables) => self.config.env.extend(variables),
            Err(message) => self.refuse(message),
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
