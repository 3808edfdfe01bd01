//! Records which operations, parameters and fields of request bodies a program uses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, fs, io};

use docker_api::{BoxFuture, Call, Error, Layer, Reply, Transport};
use serde::Serialize;
use serde_json::Value;

/// Records the operations that a program calls, with the parameters and the fields of bodies that it sends.
///
/// Add it to a client in the tests of a program, and save the result to a file.
/// `cargo xtask compare 1.41 1.52 --used FILE` then reports only the changes of the API that affect the program.
///
/// A recorder is a [`Layer`]. Its clones share one record, so that several clients can add to it. Only names are
/// recorded: not the values of parameters and fields, and not what an engine sends. A key of a map that is not a
/// plain word, such as a label `com.example.team`, is recorded as `{}`; one that is, such as a label `team`, is recorded.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use docker_client::{Docker, UsageRecorder};
///
/// let usage = UsageRecorder::new();
/// let docker = Docker::builder().layer(usage.clone()).connect()?;
/// docker.container_list().all(true).send().await?;
/// usage.save("usage.json")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct UsageRecorder(Arc<Mutex<Record>>);

/// The record, in the form of the file.
#[derive(Default, Serialize)]
struct Record {
    operations: BTreeMap<&'static str, Used>,
}

/// The part of one operation that is used.
#[derive(Default, Serialize)]
struct Used {
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    parameters: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    filters: BTreeSet<String>,
    /// The paths of the fields; `None` if no call had a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<BTreeSet<String>>,
}

impl UsageRecorder {
    /// Creates a recorder with an empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the record as sorted JSON, so that equal records give equal text.
    pub fn to_json(&self) -> String {
        let record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Names in maps and sets always have a form in JSON.
        serde_json::to_string_pretty(&*record).unwrap_or_default() + "\n"
    }

    /// Writes the record to a file. An existing file is replaced.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, self.to_json())
    }

    fn record(&self, call: &Call) {
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = record.operations.entry(call.operation().id).or_default();
        for (name, value) in call.query_pairs() {
            used.parameters.insert(name.to_owned());
            if name == "filters"
                && let Ok(Value::Object(filters)) = serde_json::from_str(value)
            {
                used.filters.extend(filters.into_iter().map(|(key, _)| key));
            }
        }
        let parameters = call.operation().parameters.iter().map(|parameter| parameter.name);
        let headers = parameters.filter(|name| call.headers().contains_key(*name));
        used.parameters.extend(headers.map(str::to_owned));
        match call.body().as_bytes() {
            Some([]) => {}
            Some(bytes) => {
                let fields = used.body.get_or_insert_default();
                if let Ok(body) = serde_json::from_slice(bytes) {
                    add_fields(&body, String::new(), fields);
                }
            }
            None => drop(used.body.get_or_insert_default()),
        }
    }
}

/// Adds the path of every field of `value`: `HostConfig.Mounts[].Type`.
fn add_fields(value: &Value, path: String, fields: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                let is_word = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let path = match (is_word && !key.is_empty(), path.is_empty()) {
                    (true, true) => key.clone(),
                    (true, false) => format!("{path}.{key}"),
                    (false, _) => format!("{path}{{}}"),
                };
                add_fields(value, path, fields);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                add_fields(item, format!("{path}[]"), fields);
            }
        }
        _ if path.is_empty() => {}
        _ => drop(fields.insert(path)),
    }
}

impl Layer for UsageRecorder {
    fn execute<'a>(
        &'a self,
        call: Call,
        next: &'a dyn Transport,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        self.record(&call);
        next.execute(call)
    }
}

/// Shows the number of recorded operations.
impl fmt::Debug for UsageRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("UsageRecorder").field("operations", &record.operations.len()).finish()
    }
}
