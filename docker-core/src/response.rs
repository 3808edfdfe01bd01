//! The response to a successful call: its value, status and headers.

use std::ops::{Deref, DerefMut};

use http::{HeaderMap, StatusCode};

use crate::{IgnoredField, Target};

/// A successful response. It dereferences to its value.
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

    /// Returns the value without the status and the headers.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns the operation and the object that the call named, for errors while the response is read.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the status. It is `304 Not Modified` if there was nothing to do, for example because the container to
    /// start was already running.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the fields in the body of the request that need a later version of the API than the negotiated one. The
    /// engine may have ignored them. A query parameter that is too new is an error before anything is sent.
    ///
    /// Only JSON bodies are checked. If no field of the operation is newer than the negotiated version, the check costs
    /// nothing.
    pub fn ignored(&self) -> &[IgnoredField] {
        &self.ignored
    }

    /// Converts the value and keeps the status and the headers.
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

/// A successful response whose value is a stream or an upgraded connection. Dropping it ends the stream or closes the
/// connection.
///
/// It dereferences to a [`Response`], and through that to its value.
#[derive(Debug)]
#[must_use = "dropping the response cancels the request, and for some operations also the work of the engine"]
pub struct StreamingResponse<T>(Response<T>);

impl<T> StreamingResponse<T> {
    pub(crate) fn new(response: Response<T>) -> Self {
        Self(response)
    }

    /// Returns the value without the status and the headers.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }

    /// Converts the value and keeps the status and the headers.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> StreamingResponse<U> {
        StreamingResponse(self.0.map(change))
    }
}

impl<T> Deref for StreamingResponse<T> {
    type Target = Response<T>;

    fn deref(&self) -> &Response<T> {
        &self.0
    }
}

impl<T> DerefMut for StreamingResponse<T> {
    fn deref_mut(&mut self) -> &mut Response<T> {
        &mut self.0
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
        let mut streaming = StreamingResponse::new(response.clone());
        streaming.push(4);
        assert_eq!((streaming.status(), streaming.into_inner().len()), (StatusCode::OK, 4));
        assert_eq!(response.map(|list| list.len()).into_inner(), 3);
    }
}
