//! What the converter carries over, and what it refuses.

use serde_json::{Value, json};

use super::to_openapi;

fn document(paths: Value, definitions: Value) -> Value {
    json!({
        "swagger": "2.0",
        "info": { "title": "t", "version": "1" },
        "basePath": "/v1",
        "consumes": ["application/json", "text/plain"],
        "produces": ["application/json", "text/plain"],
        "paths": paths,
        "definitions": definitions,
    })
}

/// The converted definition `A` with the definition `B` beside it.
fn definition(schema: Value) -> Value {
    let definitions = json!({ "A": schema, "B": { "type": "object" } });
    to_openapi(&document(json!({}), definitions)).unwrap()["components"]["schemas"]["A"].clone()
}

fn operation(operation: Value) -> Value {
    let document =
        document(json!({ "/a/{id}": { "post": operation } }), json!({ "B": { "type": "object" } }));
    to_openapi(&document).unwrap()["paths"]["/a/{id}"]["post"].clone()
}

fn error(document: &Value) -> String {
    to_openapi(document).unwrap_err().to_string()
}

#[test]
fn schemas_keep_their_facts() {
    for (swagger, openapi) in [
        (
            json!({ "type": "integer", "format": "uint16", "x-go-name": "N" }),
            json!({ "type": "integer", "format": "uint16", "x-go-name": "N" }),
        ),
        (
            json!({ "type": "string", "x-nullable": true }),
            json!({ "type": "string", "nullable": true }),
        ),
        (json!({ "type": "string", "x-nullable": false }), json!({ "type": "string" })),
        (json!({ "$ref": "#/definitions/B" }), json!({ "$ref": "#/components/schemas/B" })),
        (
            json!({ "type": "object", "$ref": "#/definitions/B" }),
            json!({ "$ref": "#/components/schemas/B" }),
        ),
        (
            json!({ "$ref": "#/definitions/B", "x-nullable": true, "description": "d" }),
            json!({ "allOf": [{ "$ref": "#/components/schemas/B" }], "nullable": true, "description": "d" }),
        ),
        (
            json!({ "type": "object", "additionalProperties": { "$ref": "#/definitions/B" } }),
            json!({ "type": "object", "additionalProperties": { "$ref": "#/components/schemas/B" } }),
        ),
        (
            json!({ "type": ["array", "string"], "items": { "type": "string" } }),
            json!({ "oneOf": [{ "type": "array", "items": { "type": "string" } }, { "type": "string" }] }),
        ),
        (
            json!({ "type": "object", "properties": { "$ref": { "type": "string" } } }),
            json!({ "type": "object", "properties": { "$ref": { "type": "string" } } }),
        ),
    ] {
        assert_eq!(definition(swagger.clone()), openapi, "{swagger}");
    }
}

#[test]
fn a_parameter_gets_a_schema_and_its_style() {
    let operation = operation(json!({
        "operationId": "A",
        "parameters": [
            { "in": "path", "name": "id", "type": "string", "required": true },
            { "in": "query", "name": "csv", "type": "array", "items": { "type": "string" }, "x-unit": "u" },
            { "in": "query", "name": "multi", "type": "array", "items": { "type": "string", "enum": ["a"] },
              "collectionFormat": "multi" },
            { "in": "query", "name": "n", "type": "integer", "default": 3, "description": "d" },
        ],
        "responses": { "204": {} },
    }));
    assert_eq!(
        operation["parameters"],
        json!([
            { "in": "path", "name": "id", "required": true, "schema": { "type": "string" } },
            { "in": "query", "name": "csv", "style": "form", "explode": false, "x-unit": "u",
              "schema": { "type": "array", "items": { "type": "string" } } },
            { "in": "query", "name": "multi", "style": "form", "explode": true,
              "schema": { "type": "array", "items": { "type": "string", "enum": ["a"] } } },
            { "in": "query", "name": "n", "description": "d", "schema": { "type": "integer", "default": 3 } },
        ])
    );
}

#[test]
fn bodies_and_responses_get_their_media_types() {
    let operation = operation(json!({
        "operationId": "A",
        "produces": ["application/json"],
        "parameters": [{ "in": "body", "name": "b", "required": true, "schema": { "$ref": "#/definitions/B" } }],
        "responses": {
            "200": {
                "schema": { "$ref": "#/definitions/B" },
                "examples": { "application/json": { "a": 1 } },
                "headers": { "X-A": { "type": "string", "description": "d" } },
            },
            "304": { "description": "unchanged" },
            "default": { "description": "other" },
        },
    }));
    let b = json!({ "$ref": "#/components/schemas/B" });
    assert_eq!(
        operation["requestBody"],
        json!({
            "required": true,
            "content": { "application/json": { "schema": b }, "text/plain": { "schema": b } },
        })
    );
    assert_eq!(
        operation["responses"],
        json!({
            "200": {
                "description": "OK",
                "content": { "application/json": { "schema": b, "example": { "a": 1 } } },
                "headers": { "X-A": { "description": "d", "schema": { "type": "string" } } },
            },
            "304": { "description": "unchanged" },
            "default": { "description": "other" },
        })
    );
}

#[test]
fn what_is_not_understood_is_an_error_with_its_place() {
    let with = |schema: Value| {
        document(json!({}), json!({ "A": { "type": "object", "properties": { "p": schema } } }))
    };
    let of = |operation: Value| document(json!({ "/a": { "get": operation } }), json!({}));
    let parameter = |parameter: Value| of(json!({ "parameters": [parameter], "responses": {} }));
    for (document, expected) in [
        (json!([]), "(root): expected an object, found an array"),
        (json!({ "openapi": "3.0.3" }), "(root): unknown keyword `openapi`"),
        (json!({ "swagger": 2 }), "/swagger: expected a string, found 2"),
        (json!({ "swagger": "1.2" }), "/swagger: expected Swagger \"2.0\", found \"1.2\""),
        (
            with(json!({ "typo": 1 })),
            "/definitions/A/properties/p: unknown keyword `typo`; expected one of $ref, type",
        ),
        (
            with(json!({ "type": "text" })),
            "/definitions/A/properties/p/type: expected one of string",
        ),
        (
            with(json!({ "type": "string", "format": "int64" })),
            "/definitions/A/properties/p: unknown format `int64`",
        ),
        (
            with(json!({ "type": "array", "items": [] })),
            "/definitions/A/properties/p/items: expected an object",
        ),
        (
            with(json!({ "$ref": "#/definitions/C" })),
            "`#/definitions/C` refers to nothing in the document",
        ),
        (
            with(json!({ "$ref": "#/definitions/A", "properties": {} })),
            "unknown keyword `properties`",
        ),
        (
            with(json!({ "x-nullable": "yes" })),
            "/definitions/A/properties/p/x-nullable: expected a boolean",
        ),
        (document(json!({ "a": {} }), json!({})), "/paths/a: expected a path that starts with `/`"),
        (
            document(json!({ "/a": { "fetch": {} } }), json!({})),
            "/paths/~1a: unknown keyword `fetch`",
        ),
        (
            of(json!({ "security": [], "responses": {} })),
            "/paths/~1a/get: unknown keyword `security`",
        ),
        (of(json!({})), "/paths/~1a/get: expected a member `responses`"),
        (
            of(json!({ "responses": { "2XX": {} } })),
            "/paths/~1a/get/responses/2XX: expected an HTTP status",
        ),
        (
            parameter(json!({ "in": "formData", "name": "f" })),
            "/paths/~1a/get/parameters/0/in: expected",
        ),
        (parameter(json!({ "in": "path", "name": "p", "type": "string" })), "required: true"),
        (
            parameter(
                json!({ "in": "query", "name": "q", "type": "array", "items": { "type": "string" },
                              "collectionFormat": "tsv" }),
            ),
            "/paths/~1a/get/parameters/0/collectionFormat: expected csv",
        ),
        (
            parameter(json!({ "in": "query", "name": "q" })),
            "/paths/~1a/get/parameters/0: expected a member `type`",
        ),
    ] {
        let error = error(&document);
        assert!(error.contains(expected), "{error}\nshould say: {expected}");
    }
}
