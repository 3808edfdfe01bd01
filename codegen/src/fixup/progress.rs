//! The messages that builds, pulls and pushes send while they work.

use serde_json::json;

use super::parts::text;
use super::record::{Fixup, moby};
use super::versions::{ALL, since, until};

pub(super) const FIXUPS: &[Fixup] = &[
    Fixup {
        name: "progress_detail_of_an_error",
        versions: until(35),
        why: "the progress of a step is two counts. The documents up to 1.35 give it the code and the message of an error",
        refs: &[moby!("v17.12.0-ce", "pkg/jsonmessage/jsonmessage.go#L35")],
        apply: |doc| {
            for name in ["code", "message"] {
                doc.schema("ProgressDetail")?.child("properties")?.remove(name)?;
            }
            for name in ["current", "total"] {
                doc.schema("ProgressDetail")?.add_property(name, json!({ "type": "integer" }))?;
            }
            Ok(())
        },
        beyond: None,
    },
    Fixup {
        name: "progress_detail_incomplete",
        versions: ALL,
        why: "progress can also have a start and a unit other than bytes, and can ask for no counts to be shown",
        refs: &[moby!("api/types/jsonstream/progress.go")],
        apply: |doc| {
            let mut detail = |name, kind| {
                doc.schema("ProgressDetail")?.add_property(name, json!({ "type": kind }))
            };
            detail("start", "integer")?;
            detail("hidecounts", "boolean")?;
            detail("units", "string")
        },
        beyond: None,
    },
    Fixup {
        name: "build_message_aux_missing",
        versions: until(35),
        why: "a builder attaches the identifier of the image, or a BuildKit trace, to a message",
        refs: &[moby!("v17.12.0-ce", "pkg/jsonmessage/jsonmessage.go#L133")],
        apply: |doc| doc.schema("BuildInfo")?.add_property("aux", json!({})),
        beyond: None,
    },
    Fixup {
        name: "build_message_aux_typed",
        versions: since(36),
        why: "each builder attaches a value of its own to a message: the identifier of an image, or the base64 string of a \
              BuildKit trace",
        refs: &[
            moby!("api/types/jsonstream/message.go"),
            moby!("daemon/internal/builder-next/builder.go"),
        ],
        apply: |doc| doc.schema("BuildInfo")?.property("aux")?.replace(json!({})),
        beyond: None,
    },
    Fixup {
        name: "pull_message_id_missing",
        versions: until(35),
        why: "a message of a pull names the layer that it is about",
        refs: &[moby!("v17.12.0-ce", "pkg/jsonmessage/jsonmessage.go#L126")],
        apply: |doc| doc.schema("CreateImageInfo")?.add_property("id", text()),
        beyond: None,
    },
    Fixup {
        name: "pull_message_error_detail_missing",
        versions: until(38),
        why: "a pull that fails says so in `errorDetail`",
        refs: &[moby!("v17.12.0-ce", "pkg/jsonmessage/jsonmessage.go#L130")],
        apply: |doc| {
            let detail = json!({ "$ref": "#/components/schemas/ErrorDetail" });
            doc.schema("CreateImageInfo")?.add_property("errorDetail", detail)
        },
        beyond: None,
    },
    Fixup {
        name: "push_message_id_missing",
        versions: ALL,
        why: "a message of a push names the layer that it is about",
        refs: &[moby!("api/types/jsonstream/message.go")],
        apply: |doc| doc.schema("PushImageInfo")?.add_property("id", text()),
        beyond: None,
    },
    Fixup {
        name: "push_message_error_detail_missing",
        versions: until(47),
        why: "a push that fails says so in `errorDetail`",
        refs: &[moby!("v20.10.24", "pkg/jsonmessage/jsonmessage.go#L147")],
        apply: |doc| {
            let detail = json!({ "$ref": "#/components/schemas/ErrorDetail" });
            doc.schema("PushImageInfo")?.add_property("errorDetail", detail)
        },
        beyond: None,
    },
    Fixup {
        name: "push_message_aux_missing",
        versions: ALL,
        why: "a push attaches the tag, the digest and the size of the manifest. The containerd image store sends them in \
              a status line instead, and attaches a note where it did not push the whole image",
        refs: &[
            moby!("v20.10.24", "distribution/push_v2.go#L246"),
            moby!("api/types/auxprogress/push.go"),
        ],
        apply: |doc| {
            let flag = json!({ "type": "boolean" });
            let aux = json!({
                "type": "object",
                "properties": {
                    "Tag": text(),
                    "Digest": text(),
                    "Size": { "type": "integer", "format": "int64" },
                    "manifestPushedInsteadOfIndex": flag,
                    "contentMissing": flag,
                },
            });
            doc.schema("PushImageInfo")?.add_property("aux", aux)
        },
        beyond: None,
    },
    Fixup {
        name: "push_message_aux_descriptors_missing",
        versions: since(40),
        why: "the notes of the containerd image store name what was pushed instead, or what is missing",
        refs: &[moby!("api/types/auxprogress/push.go")],
        apply: |doc| {
            for name in ["originalIndex", "selectedManifest", "desc"] {
                let descriptor = json!({ "$ref": "#/components/schemas/OCIDescriptor" });
                doc.schema("PushImageInfo")?.property("aux")?.add_property(name, descriptor)?;
            }
            Ok(())
        },
        beyond: Some("the documents have the schema of a descriptor from 1.40 on"),
    },
];
