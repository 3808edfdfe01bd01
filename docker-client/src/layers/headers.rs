//! Adds the headers that the client was configured with.

use std::fmt;

use docker_api::{BoxFuture, Call, Error, Layer, Reply, Transport};
use http::HeaderMap;

/// A layer that adds headers to every call, unless the call has them.
pub(super) struct Headers(pub(super) HeaderMap);

impl Layer for Headers {
    fn execute<'a>(
        &'a self,
        mut call: Call,
        next: &'a dyn Transport,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        for (name, value) in &self.0 {
            call.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        next.execute(call)
    }
}

/// Shows the names. The values may be secret.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
