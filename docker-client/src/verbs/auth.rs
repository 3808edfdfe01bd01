//! Credentials for registries on the generated operations.

use docker_api::operations::{
    DistributionInspect, GetPluginPrivileges, ImageBuild, ImageCreate, ImagePush, ImageSearch,
    PluginPull, PluginPush, PluginUpgrade, ServiceCreate, ServiceUpdate,
};

use crate::registry::{RegistryAuth, RegistryConfig};
use crate::sealed::Sealed;

/// Sets the credentials for registries on operations that contact one.
///
/// This trait is sealed: it cannot be implemented outside this crate.
///
/// ```no_run
/// use docker_client::{BuildContext, RegistryAuth, prelude::*};
///
/// # async fn example(docker: docker_client::Docker) -> Result<(), docker_client::Error> {
/// let auth = RegistryAuth::password("user", "secret").server("registry.example.com");
/// docker.pull("registry.example.com/base:1").auth(&auth).finish().await?;
/// docker.build(BuildContext::from_dir("./app")).auth(&auth).t(["app"]).finish().await?;
/// docker.push("registry.example.com/app:1").auth(&auth).finish().await?;
/// # Ok(())
/// # }
/// ```
pub trait AuthExt: Sized + Sealed {
    /// [`RegistryAuth`] for an operation that contacts one registry, [`RegistryConfig`] for a build, which may pull
    /// from several.
    type Credentials;

    /// Sets the credentials, in place of those that the client would look up.
    ///
    /// A [`RegistryAuth`] or a reference to one is accepted by every operation. A build sends it to the registry that
    /// [`RegistryAuth::server`] names, or to Docker Hub if it names none. For several registries, pass a
    /// [`RegistryConfig`].
    #[must_use]
    fn auth(self, auth: impl Into<Self::Credentials>) -> Self;
}

macro_rules! auth {
    ($($operation:ty: $credentials:ty, $setter:ident;)*) => {
        $(
            impl AuthExt for $operation {
                type Credentials = $credentials;

                fn auth(self, auth: impl Into<Self::Credentials>) -> Self {
                    self.$setter(auth.into())
                }
            }
        )*
    };
}

auth! {
    DistributionInspect: RegistryAuth, x_registry_auth;
    GetPluginPrivileges: RegistryAuth, x_registry_auth;
    ImageBuild: RegistryConfig, x_registry_config;
    ImageCreate: RegistryAuth, x_registry_auth;
    ImagePush: RegistryAuth, x_registry_auth;
    ImageSearch: RegistryAuth, x_registry_auth;
    PluginPull: RegistryAuth, x_registry_auth;
    PluginPush: RegistryAuth, x_registry_auth;
    PluginUpgrade: RegistryAuth, x_registry_auth;
    ServiceCreate: RegistryAuth, x_registry_auth;
    ServiceUpdate: RegistryAuth, x_registry_auth;
}

impl Sealed for DistributionInspect {}
impl Sealed for GetPluginPrivileges {}
impl Sealed for ImageSearch {}
impl Sealed for ServiceCreate {}
impl Sealed for ServiceUpdate {}
