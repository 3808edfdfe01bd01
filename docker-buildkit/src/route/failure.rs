//! Turns the status of a failed build into an error with the step and its place in the Dockerfile.

use bytes::Bytes;
use prost::Message as _;

use crate::error::{Error, Failed, SourceLines};
use crate::grpc::{Code, Status};
use crate::progress::Tracker;
use crate::proto::control::ErrorSource;

/// Returns the error of a build from its status, the details of the status, and the reports.
pub(super) fn failure(status: &Status, tracker: &Tracker) -> Error {
    if status.code == Code::UNAVAILABLE {
        return Error::call(status);
    }
    let mut failed = from_message(&status.message, tracker);
    for detail in &status.details {
        let kind = detail.type_url.rsplit('/').next().unwrap_or_default();
        if kind.contains("Source") {
            failed.source = source(&detail.value).or(failed.source);
        }
    }
    Error::Failed(Box::new(failed))
}

/// Returns the details of a failed build from the message of the engine and the reports.
pub(super) fn from_message(message: &str, tracker: &Tracker) -> Failed {
    let mut failed =
        Failed { message: message.to_owned(), exit_code: exit_code(message), ..Failed::default() };
    if let Some((step, log)) = tracker.failure() {
        failed.step = Some(step.name.to_string());
        failed.log = log;
    }
    failed
}

/// Reads the exit code from the end of the message: `…: exit code: 7`. The engine does not send it elsewhere.
fn exit_code(message: &str) -> Option<i32> {
    let (_, code) = message.rsplit_once("exit code: ")?;
    let digits = code.find(|c: char| !c.is_ascii_digit()).unwrap_or(code.len());
    code[..digits].parse().ok()
}

/// Reads the place of the step in the Dockerfile. Details are Protocol Buffers or JSON, depending on the engine.
fn source(value: &Bytes) -> Option<SourceLines> {
    let source = match value.first() {
        Some(b'{') => from_json(value)?,
        _ => ErrorSource::decode(value.clone()).ok()?,
    };
    SourceLines::of(source.info.as_ref()?, &source.ranges)
}

fn from_json(value: &[u8]) -> Option<ErrorSource> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use crate::proto::control::{Position, Range, SourceInfo};

    #[derive(serde::Deserialize)]
    struct Json {
        info: Info,
        #[serde(default)]
        ranges: Vec<JsonRange>,
    }
    #[derive(serde::Deserialize)]
    struct Info {
        #[serde(default)]
        filename: String,
        #[serde(default)]
        data: String,
    }
    #[derive(serde::Deserialize)]
    struct JsonRange {
        #[serde(default)]
        start: Line,
        #[serde(default)]
        end: Line,
    }
    #[derive(serde::Deserialize, Default, Clone, Copy)]
    struct Line {
        #[serde(default)]
        line: i32,
    }

    let json: Json = serde_json::from_slice(value).ok()?;
    let position = |line: Line| Some(Position { line: line.line });
    Some(ErrorSource {
        info: Some(SourceInfo {
            filename: json.info.filename,
            data: STANDARD.decode(json.info.data).ok()?.into(),
        }),
        ranges: json
            .ranges
            .iter()
            .map(|range| Range { start: position(range.start), end: position(range.end) })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_read_from_the_message() {
        for (message, code) in [
            ("process \"/bin/sh -c exit 7\" did not complete successfully: exit code: 7", Some(7)),
            ("executor failed running [/bin/sh -c exit code: 3]: exit code: 137", Some(137)),
            ("dockerfile parse error on line 2", None),
        ] {
            assert_eq!(exit_code(message), code, "{message}");
        }
    }
}
