//! The names that upstream gives to schemas in some versions, for use in all.

/// Components whose name a later version changed.
const RENAMED: &[(&str, &str)] = &[
    ("GraphDriver", "DriverData"),
    ("GraphDriverData", "DriverData"),
    ("Image", "ImageInspect"),
    ("ImageDeleteResponse", "ImageDeleteResponseItem"),
    ("NetworkConfig", "NetworkSettings"),
    ("NetworkContainer", "EndpointResource"),
    ("Port", "PortSummary"),
    ("VolumeCreateOptions", "VolumeCreateRequest"),
];

/// Places whose schema some version names: `Operation:reply`, `Operation:body`, `Operation:parameter` or
/// `Component.Property`, with `[]` for the elements of a list and `{}` for the values of a map.
///
/// A place that refers to another component gets a copy of it with the name of its own.
const PLACED: &[(&str, &str)] = &[
    ("ClusterInfo.Version", "ObjectVersion"),
    ("ContainerChanges:reply[]", "FilesystemChange"),
    ("ContainerConfig.Healthcheck", "HealthConfig"),
    ("ContainerCreateBody.NetworkingConfig", "NetworkingConfig"),
    ("ContainerExec:body", "ExecConfig"),
    ("ContainerInspectResponse.State", "ContainerState"),
    ("ContainerWaitResponse.Error", "ContainerWaitExitError"),
    ("DistributionInspect.Descriptor", "OciDescriptor"),
    ("DistributionInspect.Platforms[]", "OciPlatform"),
    ("DistributionInspect:reply", "DistributionInspect"),
    ("EndpointSettings.IPAMConfig", "EndpointIpamConfig"),
    ("EventMessage.Actor", "EventActor"),
    ("ExecStart:body", "ExecStartConfig"),
    ("FilesystemChange.Kind", "ChangeType"),
    ("GetPluginPrivileges:reply[]", "PluginPrivilege"),
    ("ImageInspect.Config", "ImageConfig"),
    ("ImageSearch:reply[]", "ImageSearchResponseItem"),
    ("NetworkConnect:body", "NetworkConnectRequest"),
    ("NetworkCreate:body", "NetworkCreateRequest"),
    ("NetworkDisconnect:body", "NetworkDisconnectRequest"),
    ("NetworkInspect:reply", "NetworkInspect"),
    ("NetworkList:reply[]", "NetworkSummary"),
    ("Node.Description", "NodeDescription"),
    ("Node.Version", "ObjectVersion"),
    ("NodeDescription.Engine", "EngineDescription"),
    ("NodeDescription.Platform", "Platform"),
    ("NodeDescription.Resources", "ResourceObject"),
    ("PluginPull:body[]", "PluginPrivilege"),
    ("PluginUpgrade:body[]", "PluginPrivilege"),
    ("RegistryServiceConfig.IndexConfigs{}", "IndexInfo"),
    ("Secret.Version", "ObjectVersion"),
    ("Service.Version", "ObjectVersion"),
    ("ServiceSpec.Networks[]", "NetworkAttachmentConfig"),
    ("Swarm.JoinTokens", "JoinTokens"),
    ("Swarm.Version", "ObjectVersion"),
    ("SwarmInit:body", "SwarmInitRequest"),
    ("SwarmInspect:reply", "Swarm"),
    ("SwarmJoin:body", "SwarmJoinRequest"),
    ("SwarmNetwork.Version", "ObjectVersion"),
    ("SwarmUnlock:body", "SwarmUnlockRequest"),
    ("SwarmUnlockkey:reply", "UnlockKeyResponse"),
    ("SystemAuth:reply", "AuthResponse"),
    ("SystemInfo.Plugins", "PluginsInfo"),
    ("SystemInfo.RegistryConfig", "RegistryServiceConfig"),
    ("SystemInfo:reply", "SystemInfo"),
    ("SystemVersion:reply", "SystemVersion"),
    ("Task.Status", "TaskStatus"),
    ("Task.Version", "ObjectVersion"),
    ("TaskSpec.Networks[]", "NetworkAttachmentConfig"),
    ("TaskSpecPlacement.Platforms[]", "Platform"),
    ("TaskSpecPluginSpec.PluginPrivilege[]", "PluginPrivilege"),
    ("TaskSpecResources.Limits", "Limit"),
    ("TaskSpecResources.Reservations", "ResourceObject"),
    ("TaskStatus.ContainerStatus", "ContainerStatus"),
    ("VolumeCreate:body", "VolumeCreateRequest"),
];

/// The later name of the component `name`.
pub(super) fn renamed(name: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(old, _)| *old == name).map(|(_, new)| *new)
}

/// The name that the schema at `place` has in some version.
pub(super) fn placed(place: &str) -> Option<&'static str> {
    let found = PLACED.binary_search_by(|(known, _)| (*known).cmp(place));
    found.ok().map(|index| PLACED[index].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_for_the_search_and_has_no_place_twice() {
        assert!(PLACED.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(PLACED.iter().all(|(place, name)| placed(place) == Some(*name)));
    }
}
