//! Every known document converts, and loses nothing on the way.

use codegen::convert;
use serde_json::Value;

#[test]
fn every_upstream_document_converts() {
    for (version, swagger) in crate::corpus::upstream() {
        let openapi =
            convert::to_openapi(&swagger).unwrap_or_else(|error| panic!("{version}: {error}"));
        assert_eq!(operation_ids(&openapi), operation_ids(&swagger), "{version}");
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            names(&openapi["components"]["schemas"]),
            names(&swagger["definitions"]),
            "{version}"
        );
        for keyword in [
            "\"description\"",
            "\"required\":[",
            "\"required\":true",
            "\"enum\"",
            "\"x-go-name\"",
            "\"format\"",
        ] {
            let count = |value: &Value| value.to_string().matches(keyword).count();
            // A schema stands once for each media type, so nothing may become fewer.
            assert!(count(&openapi) >= count(&swagger), "{version}: {keyword} was lost");
        }
    }
}

fn operation_ids(document: &Value) -> Vec<&str> {
    let paths = document["paths"].as_object().unwrap().values();
    paths
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect()
}
