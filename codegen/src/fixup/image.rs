//! Images, builds, the build cache and the registry.

use serde_json::json;

use super::document::{Change, Document};
use super::parts::{AUTH, TAR, boolean, repeats, text, texts};
use super::record::{Fixup, moby};
use super::versions::{ALL, between, since, until};

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "build_options_missing",
        versions: ALL,
        why: "options of a build that the engine reads and no document names",
        refs: &[moby!("daemon/server/router/build/build_routes.go#L37")],
        apply: |doc| {
            for name in ["cgroupparent", "cpusetmems", "isolation", "ulimits"] {
                doc.operation("ImageBuild")?.add_parameter("query", name, text())?;
            }
            doc.operation("ImageBuild")?.add_parameter("query", "securityopt", texts())
        },
        beyond: None,
    },
    Fixup {
        name: "build_session_missing",
        versions: since(31),
        why: "a build can use the session that `POST /session` opened, which is in the API from 1.31 on",
        refs: &[moby!("daemon/server/router/build/build_routes.go#L60")],
        apply: |doc| doc.operation("ImageBuild")?.add_parameter("query", "session", text()),
        beyond: Some("the parameter is in no document; the route for sessions is new in 1.31"),
    },
    Fixup {
        name: "build_cancel_missing",
        versions: since(38),
        why: "a build that was given an identifier can be cancelled by it, from 18.06 (1.38) on",
        refs: &[
            moby!("v18.06.0-ce", "api/server/router/build/build.go#L28"),
            moby!("daemon/server/router/build/build_routes.go#L239"),
        ],
        apply: build_cancel,
        beyond: Some("the route is in no document; engines have it from 1.38 on"),
    },
    Fixup {
        name: "build_args_type",
        versions: until(36),
        why: "the build arguments are a JSON object in a string, declared as a number",
        refs: &[moby!("daemon/server/router/build/build_routes.go#L126")],
        apply: |doc| {
            doc.operation("ImageBuild")?
                .parameter("query", "buildargs")?
                .child("schema")?
                .set("type", "string")
        },
        beyond: None,
    },
    Fixup {
        name: "build_pull_type",
        versions: ALL,
        why: "whether a build pulls newer images is a boolean, declared as a string",
        refs: &[moby!("daemon/server/router/build/build_routes.go#L77")],
        apply: |doc| boolean(doc.operation("ImageBuild")?.parameter("query", "pull")?),
        beyond: None,
    },
    Fixup {
        name: "build_tag_repeats",
        versions: ALL,
        why: "a build takes any number of tags, as repeated keys; declared as one string",
        refs: &[moby!("daemon/server/router/build/build_routes.go#L54")],
        apply: |doc| repeats(doc, "ImageBuild", "t"),
        beyond: None,
    },
    Fixup {
        name: "build_extra_hosts_repeat",
        versions: since(28),
        why: "a build takes any number of extra hosts, as repeated keys; declared as one string",
        refs: &[moby!("daemon/server/router/build/build_routes.go#L55")],
        apply: |doc| repeats(doc, "ImageBuild", "extrahosts"),
        beyond: None,
    },
    Fixup {
        name: "build_content_type_parameter",
        versions: ALL,
        why: "the media type of the body is no parameter of the call: a build context is a tar archive",
        refs: &["https://spec.openapis.org/oas/v3.0.3#parameter-object"],
        apply: |doc| {
            doc.operation("ImageBuild")?.remove_parameter("header", "Content-type")?;
            doc.operation("ImageBuild")?.child("requestBody")?.set("x-media-type", TAR)
        },
        beyond: None,
    },
    Fixup {
        name: "commit_changes_repeat",
        versions: ALL,
        why: "a commit takes any number of Dockerfile instructions, as repeated keys; declared as one string",
        refs: &[moby!("daemon/server/router/container/container_routes.go#L94")],
        apply: |doc| repeats(doc, "ImageCommit", "changes"),
        beyond: None,
    },
    Fixup {
        name: "commit_container_optional",
        versions: ALL,
        why: "a commit without the container to commit fails",
        refs: &[moby!("daemon/server/router/container/container_routes.go#L88")],
        apply: |doc| {
            doc.operation("ImageCommit")?.parameter("query", "container")?.set("required", true)
        },
        beyond: None,
    },
    Fixup {
        name: "tag_repository_optional",
        versions: ALL,
        why: "an image cannot be tagged without the repository",
        refs: &[moby!("daemon/server/router/image/image_routes.go#L585")],
        apply: |doc| doc.operation("ImageTag")?.parameter("query", "repo")?.set("required", true),
        beyond: None,
    },
    Fixup {
        name: "build_target_missing",
        versions: between(29, 36),
        why: "a build stops at the stage that is its target, declared from 1.37 on",
        refs: &[moby!("v17.12.0-ce", "api/server/router/build/build_routes.go#L70")],
        apply: |doc| doc.operation("ImageBuild")?.add_parameter("query", "target", text()),
        beyond: Some("engines before 17.05, which is API 1.29, have no stages"),
    },
    Fixup {
        name: "import_message_missing",
        versions: until(38),
        why: "an import takes a commit message, declared from 1.39 on",
        refs: &[moby!("v17.12.0-ce", "api/server/router/image/image_routes.go#L85")],
        apply: |doc| doc.operation("ImageCreate")?.add_parameter("query", "message", text()),
        beyond: None,
    },
    Fixup {
        name: "import_changes_missing",
        versions: until(39),
        why: "an import takes any number of Dockerfile instructions, declared from 1.40 on",
        refs: &[moby!("v17.12.0-ce", "api/server/router/image/image_routes.go#L138")],
        apply: |doc| doc.operation("ImageCreate")?.add_parameter("query", "changes", texts()),
        beyond: None,
    },
    Fixup {
        name: "search_registry_auth_missing",
        versions: ALL,
        why: "a search takes credentials, as a pull does",
        refs: &[moby!("daemon/server/router/image/image_routes.go#L627")],
        apply: |doc| doc.operation("ImageSearch")?.add_parameter("header", AUTH, text()),
        beyond: None,
    },
    Fixup {
        name: "distribution_registry_auth_missing",
        versions: since(30),
        why: "asking a registry for an image takes credentials, as a pull does",
        refs: &[moby!("daemon/server/router/distribution/distribution_routes.go#L46")],
        apply: |doc| doc.operation("DistributionInspect")?.add_parameter("header", AUTH, text()),
        beyond: None,
    },
    Fixup {
        name: "distribution_inspect_casing",
        versions: between(30, 39),
        why: "descriptor and platforms are spelled as OCI spells them, declared so from 1.40 on",
        refs: &[
            moby!("daemon/server/router/distribution/distribution_routes.go"),
            "https://github.com/opencontainers/image-spec/blob/v1.1.0/specs-go/v1/descriptor.go",
        ],
        apply: distribution_casing,
        beyond: None,
    },
    Fixup {
        name: "build_prune_keep_storage_missing",
        versions: since(52),
        why: "the engine still reads the deprecated amount to keep, where `reserved-space` is not given",
        refs: &[moby!("daemon/server/router/build/build_routes.go#L204")],
        apply: |doc| {
            let bytes = json!({ "type": "integer", "format": "int64" });
            doc.operation("BuildPrune")?.add_parameter("query", "keep-storage", bytes)
        },
        beyond: None,
    },
    Fixup {
        name: "build_cache_parents_key",
        versions: since(42),
        why: "the engine spells the key with a blank before it",
        refs: &[moby!("api/types/build/cache.go#L12")],
        apply: |doc| doc.schema("BuildCache")?.rename_property("Parents", " Parents"),
        beyond: None,
    },
];

/// The header with the credentials for a registry.
fn build_cancel(doc: &mut Document<'_>) -> Change {
    let error = |status: &str| {
        let schema = json!({ "$ref": "#/components/schemas/ErrorResponse" });
        json!({ "description": status, "content": { "application/json": { "schema": schema } } })
    };
    doc.add_operation(
        "/build/cancel",
        "post",
        json!({
            "operationId": "BuildCancel",
            "tags": ["Image"],
            "parameters": [{ "in": "query", "name": "id", "required": true, "schema": text() }],
            "responses": {
                "200": { "description": "OK" },
                "400": error("Bad Request"),
                "500": error("Internal Server Error"),
            },
        }),
    )?;
    doc.operation("ImageBuild")?.add_parameter("query", "buildid", text())
}

fn distribution_casing(doc: &mut Document<'_>) -> Change {
    for (from, to) in
        [("MediaType", "mediaType"), ("Digest", "digest"), ("Size", "size"), ("URLs", "urls")]
    {
        let descriptor =
            doc.operation("DistributionInspect")?.reply("200")?.property("Descriptor")?;
        descriptor.rename_property(from, to)?;
    }
    for (from, to) in [
        ("Architecture", "architecture"),
        ("OS", "os"),
        ("OSVersion", "os.version"),
        ("OSFeatures", "os.features"),
        ("Variant", "variant"),
        ("Features", "features"),
    ] {
        let platforms =
            doc.operation("DistributionInspect")?.reply("200")?.property("Platforms")?;
        platforms.items()?.rename_property(from, to)?;
    }
    Ok(())
}
