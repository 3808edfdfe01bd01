//! Adds ports, volumes and mounts to the configuration of a container, from strings.

use docker_api::types::{ContainerCreateBody, HostConfig, Mount, MountType};

use super::{InvalidText, Volume, mount, ports, volume};
use crate::sealed::Sealed;

/// Adds ports, volumes and mounts to the configuration of a container, in the syntax of `docker run`.
///
/// The engine publishes a port only if the image or [`exposed_ports`](ContainerCreateBody::exposed_ports) contains it.
/// On a [`ContainerCreateBody`], [`publish`](Self::publish) adds it there, too; on a [`HostConfig`], the caller must.
///
/// This trait is sealed: it cannot be implemented outside this crate.
pub trait ConfigureExt: Sealed {
    /// Publishes ports, in addition to those that are already published. [`text::ports`](crate::text::ports) describes
    /// the syntax.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidText`] if the syntax is invalid. The configuration is not changed then.
    fn publish(&mut self, text: &str) -> Result<&mut Self, InvalidText>;

    /// Adds a volume. [`text::volume`](crate::text::volume) describes the syntax.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidText`] if the syntax is invalid. The configuration is not changed then.
    fn volume(&mut self, text: &str) -> Result<&mut Self, InvalidText>;

    /// Adds a mount. [`text::mount`](crate::text::mount) describes the syntax.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidText`] if the syntax is invalid. The configuration is not changed then.
    fn mount(&mut self, text: &str) -> Result<&mut Self, InvalidText>;
}

impl Sealed for HostConfig {}

impl ConfigureExt for HostConfig {
    fn publish(&mut self, text: &str) -> Result<&mut Self, InvalidText> {
        let added = ports(text)?;
        let bindings = self.port_bindings.get_or_insert_default();
        for (port, added) in added {
            let known = bindings.entry(port).or_default().get_or_insert_default();
            known.extend(added.unwrap_or_default());
        }
        Ok(self)
    }

    fn volume(&mut self, text: &str) -> Result<&mut Self, InvalidText> {
        match volume(text)? {
            Volume::Bind(text) => self.binds.push(text),
            Volume::Anonymous(target) => self.mounts.push(Mount {
                type_: Some(MountType::Volume),
                target: Some(target),
                ..Mount::default()
            }),
        }
        Ok(self)
    }

    fn mount(&mut self, text: &str) -> Result<&mut Self, InvalidText> {
        self.mounts.push(mount(text)?);
        Ok(self)
    }
}

impl Sealed for ContainerCreateBody {}

impl ConfigureExt for ContainerCreateBody {
    fn publish(&mut self, text: &str) -> Result<&mut Self, InvalidText> {
        self.exposed_ports.extend(ports(text)?.into_keys());
        self.host_config.get_or_insert_default().publish(text)?;
        Ok(self)
    }

    fn volume(&mut self, text: &str) -> Result<&mut Self, InvalidText> {
        self.host_config.get_or_insert_default().volume(text)?;
        Ok(self)
    }

    fn mount(&mut self, text: &str) -> Result<&mut Self, InvalidText> {
        self.host_config.get_or_insert_default().mount(text)?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_one_string_are_added_to_those_of_another() {
        let mut body = ContainerCreateBody::default();
        body.publish("8080:80").unwrap().publish("127.0.0.1:8081:80").unwrap();
        assert!(body.publish("x").is_err());
        assert_eq!(body.exposed_ports.iter().collect::<Vec<_>>(), ["80/tcp"]);
        let bindings = body.host_config.unwrap().port_bindings.unwrap()["80/tcp"].clone().unwrap();
        let hosts: Vec<_> =
            bindings.into_iter().map(|binding| binding.host_port.unwrap()).collect();
        assert_eq!(hosts, ["8080", "8081"]);
    }
}
