//! JSON pointers, the way every error of this crate says where.
//!
//! Ref: <https://www.rfc-editor.org/rfc/rfc6901>

use std::fmt;

/// A place in a JSON document; displays as `/paths/~1info/get`, and the document itself as `(root)`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// The document itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The member or element `token` of this place.
    pub fn child(&self, token: impl fmt::Display) -> Self {
        let token = token.to_string().replace('~', "~0").replace('/', "~1");
        Self(format!("{}/{token}", self.0))
    }

    /// The pointer as [`serde_json::Value::pointer`] takes it; empty for the document itself.
    pub fn as_str(&self) -> &str {
        &self.0
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
