//! Names by rule, by title and by table; collisions; `allOf`.

use serde_json::{Value, json};

use super::{hoist, singular};

fn document(schemas: Value, operation: Value) -> Value {
    json!({ "components": { "schemas": schemas }, "paths": { "/a": { "get": operation } } })
}

fn hoisted(schemas: Value, operation: Value) -> Value {
    let mut document = document(schemas, operation);
    hoist(&mut document).unwrap();
    let once = document.clone();
    hoist(&mut document).unwrap();
    assert_eq!(document, once, "a second run changes something");
    document
}

fn names(document: &Value) -> Vec<&String> {
    document["components"]["schemas"].as_object().unwrap().keys().collect()
}

fn object() -> Value {
    json!({ "type": "object", "properties": { "p": { "type": "string" } } })
}

fn reply(schema: Value) -> Value {
    json!({ "operationId": "ThingList", "responses": { "200": { "content": { "application/json": { "schema": schema } } } } })
}

#[test]
fn a_place_gives_the_name() {
    let list = json!({ "type": "array", "items": object() });
    let map = json!({ "type": "object", "additionalProperties": object() });
    for (schema, name) in [
        (json!({ "type": "object", "properties": { "Field": object() } }), "AField"),
        (json!({ "type": "object", "properties": { "VirtualIPs": list } }), "AVirtualIp"),
        (json!({ "type": "object", "properties": { "Entries": map } }), "AEntry"),
        (json!({ "type": "object", "properties": { "Status": list } }), "AStatus"),
        (
            json!({ "type": "object", "properties": { "DNSMode": { "type": "string", "enum": ["a"] } } }),
            "ADnsMode",
        ),
        (
            json!({ "type": "object", "properties": { "f": { "title": "TLSInfo", "type": "object", "properties": { "p": {} } } } }),
            "TlsInfo",
        ),
    ] {
        let document = hoisted(json!({ "A": schema }), json!({}));
        assert_eq!(names(&document), ["A", name], "{schema}");
    }
    assert_eq!(names(&hoisted(json!({}), reply(object()))), ["ThingListResponse"]);
    let body = json!({ "operationId": "ThingMake", "requestBody": { "content": { "application/json": { "schema": object() } } } });
    assert_eq!(names(&hoisted(json!({}), body)), ["ThingMakeBody"]);
    let parameter = json!({ "operationId": "ThingWait", "parameters": [
        { "name": "until-when", "schema": { "type": "array", "items": { "type": "string", "enum": ["a"] } } },
    ] });
    assert_eq!(names(&hoisted(json!({}), parameter)), ["ThingWaitUntilWhen"]);
}

#[test]
fn what_upstream_names_in_some_version_has_that_name() {
    let ports = json!({ "type": "object", "properties": { "Ports": { "type": "array", "items": { "$ref": "#/components/schemas/Port" } } } });
    let document = hoisted(json!({ "A": ports, "Port": object() }), json!({}));
    assert_eq!(names(&document), ["A", "PortSummary"]);
    assert_eq!(
        document["components"]["schemas"]["A"]["properties"]["Ports"]["items"]["$ref"],
        "#/components/schemas/PortSummary"
    );

    // Two places with one name share it where they agree.
    let attached = json!({ "type": "object", "properties": { "Networks": { "type": "array", "items": object() } } });
    let document = hoisted(json!({ "TaskSpec": attached, "ServiceSpec": attached }), json!({}));
    assert_eq!(names(&document), ["NetworkAttachmentConfig", "ServiceSpec", "TaskSpec"]);

    // A place that has its own name later gets a copy under it.
    let config = json!({ "type": "object", "properties": { "Config": { "$ref": "#/components/schemas/ContainerConfig" } } });
    let document = hoisted(json!({ "Image": config, "ContainerConfig": object() }), json!({}));
    assert_eq!(names(&document), ["ContainerConfig", "ImageConfig", "ImageInspect"]);
}

#[test]
fn what_is_said_of_a_place_stays_there() {
    let mut field = object();
    field["nullable"] = true.into();
    field["x-unit"] = "u".into();
    let document =
        hoisted(json!({ "A": { "type": "object", "properties": { "f": field } } }), json!({}));
    assert_eq!(
        document["components"]["schemas"]["A"]["properties"]["f"],
        json!({ "allOf": [{ "$ref": "#/components/schemas/Af" }], "nullable": true, "x-unit": "u" })
    );
    assert_eq!(document["components"]["schemas"]["Af"], object());
}

#[test]
fn two_schemas_with_one_name_are_an_error_that_names_both() {
    let mut other = object();
    other["properties"]["q"] = json!({ "type": "string" });
    let inline = json!({ "type": "object", "properties": { "Field": other } });
    for (schemas, both) in [
        (json!({ "A": inline, "AField": object() }), ["A.Field", "AField"]),
        (json!({ "TLSInfo": object(), "TlsInfo": object() }), ["TLSInfo", "TlsInfo"]),
    ] {
        let error = hoist(&mut document(schemas, json!({}))).unwrap_err().to_string();
        assert!(both.iter().all(|name| error.contains(name)), "{error}");
    }
}

#[test]
fn all_of_becomes_one_object() {
    let a =
        json!({ "type": "object", "required": ["x"], "properties": { "x": { "type": "string" } } });
    let reference = json!({ "$ref": "#/components/schemas/A" });
    for (schema, expected) in [
        // Parts, one of them by reference, and properties beside them.
        (
            json!({ "type": "object", "description": "d", "allOf": [reference, { "properties": { "y": {} } }], "properties": { "z": {} } }),
            json!({ "type": "object", "description": "d", "required": ["x"],
                    "properties": { "x": { "type": "string" }, "y": {}, "z": {} } }),
        ),
        // A component that is another one is a type of its own.
        (json!({ "allOf": [reference] }), a.clone()),
    ] {
        let document = hoisted(json!({ "A": a, "B": schema }), json!({}));
        assert_eq!(document["components"]["schemas"]["B"], expected);
    }
    // A part that only carries an example adds nothing to a reference.
    let example = json!({ "type": "object", "example": {} });
    let document = hoisted(json!({ "A": a }), reply(json!({ "allOf": [reference, example] })));
    let schema = &document["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]
        ["schema"];
    assert_eq!(*schema, reference);
}

#[test]
fn what_is_inline_in_a_part_has_the_name_of_that_part_wherever_it_is_used() {
    let part = json!({ "type": "object", "properties": { "Limits": { "type": "array", "items": object() } } });
    let own =
        json!({ "type": "object", "properties": { "Mode": { "type": "string", "enum": ["a"] } } });
    let whole = json!({ "allOf": [{ "$ref": "#/components/schemas/Part" }, own] });
    let schemas = json!({ "Part": part, "Whole": whole });
    let document = hoisted(schemas, reply(whole));
    assert_eq!(
        names(&document),
        ["Part", "PartLimit", "ThingListResponse", "ThingListResponseMode", "Whole", "WholeMode"]
    );
}

#[test]
fn all_of_that_is_no_object_is_an_error() {
    let a = json!({ "type": "object", "properties": { "x": { "type": "string" } } });
    let other = json!({ "properties": { "x": { "type": "integer" } } });
    let reference = json!({ "$ref": "#/components/schemas/A" });
    for (schema, expected) in [
        (
            json!({ "allOf": [reference, other] }),
            "/components/schemas/B: the parts of `allOf` have different schemas for the property `x`",
        ),
        (
            json!({ "allOf": [reference, { "type": "string", "enum": ["a"] }] }),
            "is neither an object schema",
        ),
        (json!({ "allOf": [{ "$ref": "#/components/schemas/C" }, reference] }), "no schema `C`"),
        (json!({ "allOf": [{ "$ref": "#/components/schemas/B" }, reference] }), "no schema `B`"),
    ] {
        let error = hoist(&mut document(json!({ "A": a, "B": schema }), json!({})))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn one_of_several() {
    for (several, one) in [
        ("Networks", "Network"),
        ("Entries", "Entry"),
        ("Addresses", "Address"),
        ("PublishStatus", "PublishStatus"),
        ("VirtualIPs", "VirtualIP"),
        ("Indexes", "Index"),
        ("BlkioWeightDevice", "BlkioWeightDevice"),
    ] {
        assert_eq!(singular(several), one);
    }
}
