//! Removes the slash in front of the names of containers, with which lists return them, before they are sent.
//!
//! dockerd ignores the slash in a query and a body; podman refuses it. In a path, both redirect.

use std::borrow::Cow;

use serde_json::Value;

/// The parameters of the query that name a container, by the path of the operation.
const QUERY: [(&str, &str); 3] =
    [("/commit", "container"), ("/containers/create", "name"), ("/containers/{id}/rename", "name")];

/// The operations whose JSON body names a container, by their path.
const BODIES: [&str; 2] = ["/networks/{id}/connect", "/networks/{id}/disconnect"];

/// The member of such a body.
const MEMBER: &str = "Container";

/// Returns the name without the slash in front.
pub(crate) fn bare(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

/// Returns the value of a parameter of the query as it is sent.
pub(crate) fn in_query<'a>(template: &str, name: &str, value: &'a str) -> &'a str {
    match QUERY.contains(&(template, name)) {
        true => bare(value),
        false => value,
    }
}

/// Returns the JSON body as it is sent.
pub(crate) fn in_body<'a>(template: &str, body: &'a [u8]) -> Cow<'a, [u8]> {
    if !BODIES.contains(&template) {
        return Cow::Borrowed(body);
    }
    let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else {
        return Cow::Borrowed(body);
    };
    match members.get_mut(MEMBER) {
        Some(Value::String(name)) if name.starts_with('/') => *name = bare(name).to_owned(),
        _ => return Cow::Borrowed(body),
    }
    serde_json::to_vec(&members).map_or(Cow::Borrowed(body), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slash_is_removed_where_a_container_is_named() {
        assert_eq!(in_query("/commit", "container", "/web"), "web");
        assert_eq!(in_query("/commit", "repo", "/web"), "/web");
        assert_eq!(in_query("/containers/create", "name", "//web"), "/web");
        assert_eq!(in_query("/volumes", "name", "/web"), "/web");
        let body = |template, text: &'static str| in_body(template, text.as_bytes()).into_owned();
        for (template, text, expected) in [
            (
                "/networks/{id}/connect",
                r#"{"Container":"/web","A":1}"#,
                r#"{"A":1,"Container":"web"}"#,
            ),
            ("/networks/{id}/disconnect", r#"{"Container":"/web"}"#, r#"{"Container":"web"}"#),
            ("/networks/{id}/connect", r#"{"Container":"web"}"#, r#"{"Container":"web"}"#),
            ("/networks/{id}/connect", "[]", "[]"),
            ("/containers/create", r#"{"Container":"/web"}"#, r#"{"Container":"/web"}"#),
        ] {
            assert_eq!(body(template, text), expected.as_bytes(), "{template} {text}");
        }
    }
}
