//! What an engine sent: the replies, and the calls that it refused.

/// A response as the engine sent it, without what identifies the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The `operationId` that the swagger gives to the call.
    pub operation: String,
    /// What sets the call apart from others of the same operation; empty for the only one.
    pub variant: String,
    /// The body: one JSON value, or several of them where the reply is a stream.
    pub body: Vec<u8>,
}

impl Recording {
    /// The file's name.
    #[must_use]
    pub fn file_name(&self) -> String {
        match self.variant.as_str() {
            "" => format!("{}.json", self.operation),
            variant => format!("{}-{variant}.json", self.operation),
        }
    }

    /// The operation that the file of this name is a reply to, and the variant.
    #[must_use]
    pub fn parse_file_name(name: &str) -> Option<(&str, &str)> {
        let stem = name.strip_suffix(".json")?;
        Some(stem.split_once('-').unwrap_or((stem, "")))
    }
}

/// A call that the engine refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The call's operation and variant.
    pub call: String,
    /// Status and message.
    pub reason: String,
}

/// All that one engine sent under one version of the API.
#[derive(Debug)]
pub struct Record {
    /// The engine's name, for example `dockerd-20.10`.
    pub engine: String,
    /// The API version's minor number: 41 for 1.41.
    pub minor: u32,
    /// The replies.
    pub recordings: Vec<Recording>,
    /// The calls without a reply to decode.
    pub refusals: Vec<Refusal>,
}
