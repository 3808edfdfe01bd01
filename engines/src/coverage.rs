//! Tests of every operation on every engine. Each test program calls the operations of one API version on a separate engine.

use serde::{Deserialize, Serialize};

/// The environment variable that names the file to which the tests of operations append a line of JSON per call, each
/// a [`Call`].
pub const VARIABLE: &str = "OPERATIONS_SEEN";

/// The reason for which the tests of operations are skipped if the variable is not set.
pub const SKIP_REASON: &str =
    "every operation: run `cargo xtask coverage`, which starts engines for it";

/// A call that a test made, as the client's tracing records it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Call {
    /// The `operationId`.
    pub operation: String,
    /// The status of the reply.
    pub status: u16,
    /// Whether a response with a success status reported an error in its body.
    pub failed: bool,
    /// Whether the call was to a fake engine.
    pub fake: bool,
}
