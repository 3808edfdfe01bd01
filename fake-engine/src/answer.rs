//! Replies to requests: a function, routes, or a fixed order.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::reply::Reply;
use crate::request::Request;

/// Turns requests into replies. Implemented for functions from `&Request` to [`Reply`].
pub trait Answer: Send + Sync + 'static {
    /// Returns the reply to a request whose body was read.
    fn answer(&self, request: &Request) -> Reply;

    /// Returns the reply to a request of which only the head was read, or `None` to read the body and call
    /// [`answer`](Self::answer). The default is `None`.
    ///
    /// The body is read after the reply was sent, unless the reply ends the connection.
    fn before_body(&self, request: &Request) -> Option<Reply> {
        let _ = request;
        None
    }
}

impl<F: Fn(&Request) -> Reply + Send + Sync + 'static> Answer for F {
    fn answer(&self, request: &Request) -> Reply {
        self(request)
    }
}

type Route = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

/// Replies by method and path: `GET /containers/{id}/json`, without the API version.
///
/// A request without a route gets status 501 and counts as [unexpected](Routes::unexpected).
#[derive(Default)]
pub struct Routes {
    routes: Vec<(String, Route)>,
    unexpected: Mutex<Vec<String>>,
}

impl Routes {
    /// Returns an engine without routes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route: requests for it get the reply that `reply` returns. A later route overrides an earlier one.
    #[must_use]
    pub fn on(
        mut self,
        route: &str,
        reply: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.routes.push((route.to_owned(), Box::new(reply)));
        self
    }

    /// Returns the lines of the requests without a route.
    pub fn unexpected(&self) -> Vec<String> {
        self.unexpected.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Answer for Routes {
    fn answer(&self, request: &Request) -> Reply {
        let found = self.routes.iter().rev().find(|(route, _)| matches(route, request));
        if let Some((_, reply)) = found {
            return reply(request);
        }
        self.unexpected.lock().unwrap_or_else(PoisonError::into_inner).push(request.line.clone());
        Reply::error(501, format!("unexpected request: {}", request.line))
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes: Vec<_> = self.routes.iter().map(|(route, _)| route).collect();
        f.debug_struct("Routes").field("routes", &routes).finish_non_exhaustive()
    }
}

/// Returns whether a request is for `METHOD /path/{parameter}/path`.
fn matches(route: &str, request: &Request) -> bool {
    let Some((method, template)) = route.split_once(' ') else { return false };
    let (mut template, mut path) = (template.split('/'), request.path().split('/'));
    method == request.method()
        && loop {
            match (template.next(), path.next()) {
                (None, None) => break true,
                (Some(expected), Some(segment))
                    if expected == segment || expected.starts_with('{') && !segment.is_empty() => {}
                _ => break false,
            }
        }
}

/// Replies to requests in a fixed order, each given by its method, path and query: `GET /v1.41/info`.
///
/// A request out of order gets status 501 and a message with the expected one.
#[derive(Debug)]
pub struct InOrder(Mutex<VecDeque<(String, Reply)>>);

impl InOrder {
    /// Expects these requests and returns these replies.
    pub fn new<L: Into<String>>(exchanges: impl IntoIterator<Item = (L, Reply)>) -> Self {
        let exchanges = exchanges.into_iter().map(|(line, reply)| (line.into(), reply));
        Self(Mutex::new(exchanges.collect()))
    }
}

impl Answer for InOrder {
    fn answer(&self, request: &Request) -> Reply {
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match next {
            Some((expected, reply)) if expected == request.line => reply,
            next => {
                let expected = next.map_or("no request".to_owned(), |(expected, _)| expected);
                Reply::error(
                    501,
                    format!("unexpected request: {}; expected {expected}", request.line),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(line: &str) -> Request {
        crate::request::parse(format!("{line} HTTP/1.1\r\n\r\n").as_bytes(), 0).unwrap()
    }

    #[test]
    fn a_route_is_found_by_method_and_path_whatever_the_version() {
        let routes = Routes::new()
            .on("GET /containers/{id}/json", |_| Reply::empty(200))
            .on("GET /containers/web/json", |_| Reply::empty(204));
        for (line, status) in [
            ("GET /v1.41/containers/a/json?size=1", 200),
            ("GET /containers/web/json", 204),
            ("POST /containers/a/json", 501),
            ("GET /containers//json", 501),
            ("GET /containers/a/json/b", 501),
        ] {
            assert_eq!(routes.answer(&request(line)).status(), status, "{line}");
        }
        assert_eq!(routes.unexpected().len(), 3);
    }

    #[test]
    fn requests_out_of_order_are_refused() {
        let replies = InOrder::new([("GET /a", Reply::empty(200)), ("GET /b", Reply::empty(200))]);
        assert_eq!(replies.answer(&request("GET /a")).status(), 200);
        assert_eq!(replies.answer(&request("GET /c")).status(), 501);
        assert_eq!(replies.answer(&request("GET /b")).status(), 501);
    }
}
