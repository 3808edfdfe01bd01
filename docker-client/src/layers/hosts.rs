//! Sends the hosts of a build in the form that the engine reads.
//!
//! dockerd reads the parameter `extrahosts` once for each host, and podman reads one JSON list. Each refuses the form
//! of the other.

use docker_api::operations::ImageBuild;
use docker_api::{BoxFuture, Call, Error, Layer, Reply, Transport};
use serde_json::Value;

use super::version::ping;

const PARAMETER: &str = "extrahosts";
/// A header of every response of podman.
const PODMAN: &str = "libpod-api-version";

/// Turns the hosts of a build into one list for podman. The engine is queried only if a build has hosts. If the ping
/// fails, they are sent as dockerd reads them.
#[derive(Debug)]
pub(super) struct BuildHosts;

impl Layer for BuildHosts {
    fn execute<'a>(
        &'a self,
        mut call: Call,
        next: &'a dyn Transport,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        if call.operation().id != ImageBuild::OPERATION.id {
            return next.execute(call);
        }
        let pairs = call.query_pairs().filter(|(name, _)| *name == PARAMETER);
        let hosts: Vec<String> = pairs.map(|(_, host)| host.to_owned()).collect();
        // The call may have podman's form already.
        if hosts.is_empty() || hosts.iter().any(|host| host.starts_with('[')) {
            return next.execute(call);
        }
        Box::pin(async move {
            // The response to the build says more than an error of the ping.
            let ping = ping(next).await.ok().flatten();
            if ping.is_some_and(|(_, headers)| headers.contains_key(PODMAN)) {
                call.set_query(PARAMETER, Value::from(hosts));
            }
            next.execute(call).await
        })
    }
}
