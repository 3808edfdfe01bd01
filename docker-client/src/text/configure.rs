//! Texts that go into the configuration of a container.

use docker_api::types::{ContainerCreateBody, HostConfig, Mount, MountType};

use super::{InvalidText, Volume, mount, ports, volume};
use crate::sealed::Sealed;

/// Adds to the configuration of a container what texts say.
///
/// On a [`HostConfig`] alone, a published port is published only if the image or
/// [`exposed_ports`](ContainerCreateBody::exposed_ports) name it: so the engine wants it. On a [`ContainerCreateBody`], that is
/// taken care of.
pub trait ConfigureExt: Sealed {
    /// Publishes ports, as [`text::ports`](crate::text::ports) reads them, beside those that are published already.
    ///
    /// # Errors
    ///
    /// [`InvalidText`]; nothing is added then.
    fn publish(&mut self, text: &str) -> Result<&mut Self, InvalidText>;

    /// Adds a volume, as [`text::volume`](crate::text::volume) reads it.
    ///
    /// # Errors
    ///
    /// [`InvalidText`]; nothing is added then.
    fn volume(&mut self, text: &str) -> Result<&mut Self, InvalidText>;

    /// Adds a mount, as [`text::mount`](crate::text::mount) reads it.
    ///
    /// # Errors
    ///
    /// [`InvalidText`]; nothing is added then.
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
    fn ports_of_one_text_are_added_to_those_of_another() {
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
