//! What a successful call returns: the decoded value, with the status and headers that came with it.

use std::ops::{Deref, DerefMut};

use http::{HeaderMap, StatusCode};

use crate::{IgnoredField, Target};

/// A successful reply. It dereferences to its value.
#[derive(Debug, Clone)]
pub struct Response<T> {
    target: Target,
    status: StatusCode,
    headers: HeaderMap,
    ignored: Vec<IgnoredField>,
    value: T,
}

impl<T> Response<T> {
    pub(crate) fn new(
        target: Target,
        status: StatusCode,
        headers: HeaderMap,
        ignored: Vec<IgnoredField>,
        value: T,
    ) -> Self {
        Self { target, status, headers, ignored, value }
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns the operation and the object that the call named, for errors in what is read from the response.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The status: `304 Not Modified` where the engine had nothing to do, such as on the start of a container that
    /// already runs.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What of the request's body came with a later version of the API than the engine was spoken to in, and which it may
    /// have ignored for that. A parameter of the query that is too new is refused before anything is sent.
    ///
    /// Only JSON is looked at, and only where the body of the operation can have such fields: it costs nothing with an engine
    /// that speaks the version of this crate.
    pub fn ignored(&self) -> &[IgnoredField] {
        &self.ignored
    }

    /// Changes the value and keeps all else.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        let Self { target, status, headers, ignored, value } = self;
        Response { target, status, headers, ignored, value: change(value) }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: IntoIterator> IntoIterator for Response<T> {
    type Item = T::Item;
    type IntoIter = T::IntoIter;

    fn into_iter(self) -> T::IntoIter {
        self.value.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Response<T>
where
    &'a T: IntoIterator,
{
    type Item = <&'a T as IntoIterator>::Item;
    type IntoIter = <&'a T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (&self.value).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation;

    #[test]
    fn a_response_is_used_like_its_value() {
        static LIST: Operation = Operation::new("ThingList", "GET", "/things");
        let target = Target::from(&LIST);
        let mut response =
            Response::new(target, StatusCode::OK, HeaderMap::new(), Vec::new(), vec![1, 2]);
        response.push(3);
        assert_eq!(response.len(), 3);
        assert_eq!((&response).into_iter().sum::<i32>(), 6);
        assert_eq!(response.map(|list| list.len()).into_inner(), 3);
    }
}
