//! Plugins.

use serde_json::json;

use super::parts::{AUTH, text};
use super::record::{Fixup, moby};
use super::versions::{ALL, since, until};

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "plugin_interface_types_are_strings",
        versions: until(51),
        why: "an interface is named as `docker.volumedriver/1.0`, declared as an object of its three parts",
        refs: &[
            "https://github.com/moby/moby/issues/42809",
            moby!("api/types/plugin/capability.go"),
        ],
        apply: |doc| {
            let interface = doc.schema("Plugin")?.property("Config")?.property("Interface")?;
            interface.property("Types")?.items()?.replace(text())?;
            doc.remove_schema("PluginInterfaceType")
        },
        beyond: None,
    },
    Fixup {
        name: "plugin_enable_timeout_optional",
        versions: ALL,
        why: "the engine parses the timeout as a number even where it is absent, and refuses the call",
        refs: &[moby!("daemon/server/router/plugin/plugin_routes.go#L207")],
        apply: |doc| {
            doc.operation("PluginEnable")?.parameter("query", "timeout")?.set("required", true)
        },
        beyond: None,
    },
    Fixup {
        name: "plugin_privileges_parameter_name",
        versions: until(26),
        why: "the engine reads the reference of the plugin from `remote`",
        refs: &[moby!("v17.05.0-ce", "api/server/router/plugin/plugin_routes.go")],
        apply: |doc| {
            doc.operation("GetPluginPrivileges")?.parameter("query", "name")?.set("name", "remote")
        },
        beyond: None,
    },
    Fixup {
        name: "plugin_registry_auth_missing",
        versions: ALL,
        why: "asking for the privileges of a plugin, and pushing one, take credentials, as a pull does",
        refs: &[moby!("daemon/server/router/plugin/plugin_routes.go#L22")],
        apply: |doc| {
            doc.each_operation(&["GetPluginPrivileges", "PluginPush"], |operation| {
                operation.add_parameter("header", AUTH, json!({ "type": "string" }))
            })
        },
        beyond: None,
    },
    Fixup {
        name: "plugin_list_filter_enabled",
        versions: since(28),
        why: "the engine knows the key `enabled`, and refuses `enable`",
        refs: &[moby!("daemon/pkg/plugin/backend_linux.go")],
        apply: |doc| {
            let filters = doc.operation("PluginList")?.parameter("query", "filters")?;
            filters.set("x-filters", json!(["capability", "enabled"]))
        },
        beyond: None,
    },
];
