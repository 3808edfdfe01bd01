//! Puts the layers of a client on top of each other.

use std::fmt;
use std::sync::Arc;

use docker_api::{Layer, Transport};
use http::HeaderMap;

use super::credentials::AddCredentials;
use super::deadline::Deadline;
use super::headers::Headers;
use super::hosts::BuildHosts;
use super::proxies::Proxies;
use super::timeout::ReplyTimeout;
use super::version::{Negotiation, Versioned};
use crate::config::Host;
use crate::registry::Source;
use crate::transport::{Http, LONGEST, Timeouts};

/// What the transport of a client is built from.
#[derive(Clone)]
pub(crate) struct Stack {
    pub(crate) base: Base,
    /// The layers of the program, in the order in which calls pass them.
    pub(crate) layers: Vec<Arc<dyn Layer>>,
    pub(crate) headers: HeaderMap,
    pub(crate) negotiation: Arc<Negotiation>,
    pub(crate) credentials: Option<Source>,
    pub(crate) proxies: Proxies,
    pub(crate) timeouts: Timeouts,
    /// The maximum length of a decoded response in bytes, if it is not the default.
    pub(crate) response_limit: Option<usize>,
}

/// The transport below all layers.
#[derive(Clone)]
pub(crate) enum Base {
    /// The transport of this crate.
    Http(Http),
    /// A transport of the program, and the host that names its engine.
    Custom(Arc<dyn Transport>, Host),
}

impl Stack {
    /// Builds the transport, and returns the part of it that negotiates the version as well.
    pub(crate) fn build(&self) -> (Arc<dyn Transport>, Versioned) {
        let idle = self.timeouts.idle.map(|limit| limit.min(LONGEST));
        let mut transport: Arc<dyn Transport> = match &self.base {
            Base::Http(http) => Arc::new(http.clone().with_idle_timeout(idle)),
            Base::Custom(transport, _) => transport.clone(),
        };
        for layer in self.layers.iter().rev() {
            transport = with(layer.clone(), transport);
        }
        if !self.headers.is_empty() {
            transport = with(Arc::new(Headers(self.headers.clone())), transport);
        }
        if let Some(limit) = self.timeouts.reply {
            let strict = self.timeouts.strict;
            transport = with(Arc::new(ReplyTimeout { limit, strict }), transport);
        }
        let version = Versioned::new(transport, self.negotiation.clone(), self.timeouts.reply);
        let mut transport: Arc<dyn Transport> = Arc::new(version.clone());
        transport = with(Arc::new(BuildHosts), transport);
        if let Some(source) = &self.credentials {
            transport = with(Arc::new(AddCredentials::new(source.clone())), transport);
        }
        if !self.proxies.is_empty() {
            transport = with(Arc::new(self.proxies.clone()), transport);
        }
        if let Some(limit) = self.timeouts.call {
            transport = Arc::new(Deadline { next: transport, limit: limit.min(LONGEST) });
        }
        (transport, version)
    }
}

fn with(layer: Arc<dyn Layer>, next: Arc<dyn Transport>) -> Arc<dyn Transport> {
    Arc::new(docker_core::Layered::new(layer, next))
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Stack");
        match &self.base {
            Base::Http(http) => shown.field("transport", http),
            Base::Custom(transport, _) => shown.field("transport", transport),
        };
        shown
            .field("layers", &self.layers)
            .field("timeouts", &self.timeouts)
            .field("negotiation", &self.negotiation)
            .finish_non_exhaustive()
    }
}
