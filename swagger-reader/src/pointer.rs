//! JSON pointers, which errors of this crate use to name a place in a document.
//!
//! Ref: <https://www.rfc-editor.org/rfc/rfc6901>

use std::fmt::{self, Write as _};

/// A place in a JSON document. `Display` writes `/paths/~1info/get`, and `(root)` for the document itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// The document itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Returns the pointer to the member or element `token`.
    pub fn child(&self, token: impl fmt::Display) -> Self {
        let mut child = Self(String::with_capacity(self.0.len() + 24));
        child.0.push_str(&self.0);
        child.enter(token);
        child
    }

    /// Appends `token`. Pass the returned value to [`leave`](Self::leave) to remove it again.
    pub fn enter(&mut self, token: impl fmt::Display) -> usize {
        let outside = self.0.len();
        self.0.push('/');
        // Writing to a string does not fail.
        let _ = write!(Escaping(&mut self.0), "{token}");
        outside
    }

    /// Removes the token that [`enter`](Self::enter) appended.
    pub fn leave(&mut self, outside: usize) {
        self.0.truncate(outside);
    }

    /// Returns the pointer in the form that [`serde_json::Value::pointer`] accepts. It is empty for the document
    /// itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Writes a token with `~` and `/` escaped.
struct Escaping<'a>(&'a mut String);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(['~', '/']) {
            let (plain, escaped) = match part.as_bytes().last() {
                Some(b'~') => (&part[..part.len() - 1], "~0"),
                Some(b'/') => (&part[..part.len() - 1], "~1"),
                _ => (part, ""),
            };
            self.0.push_str(plain);
            self.0.push_str(escaped);
        }
        Ok(())
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(root)" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_serde_json_to_the_place() {
        let document = serde_json::json!({"paths": {"/a~b": [1, 2]}});
        let pointer = Pointer::root().child("paths").child("/a~b").child(1);
        assert_eq!(pointer.to_string(), "/paths/~1a~0b/1");
        assert_eq!(document.pointer(pointer.as_str()), Some(&serde_json::json!(2)));
        assert_eq!(Pointer::root().to_string(), "(root)");
    }
}
