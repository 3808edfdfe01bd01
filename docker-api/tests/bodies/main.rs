//! What is sent is what was set: typical bodies against the JSON that the Go client sends for the same intent.
//!
//! The Go client sends the zero values of most fields along, which the engine takes for "not set". So a body of this
//! crate must have every other member of the Go client's, and no member that the Go client's has not. A zero that means
//! something (no replicas, no grace period) is a pointer in Go and stands in both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod containers;
mod objects;
mod services;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

/// Fails unless both bodies say the same.
#[track_caller]
fn same(ours: &impl Serialize, go: Value) {
    let ours = serde_json::to_value(ours).unwrap();
    let mut differences = Vec::new();
    compare("", &ours, &go, &mut differences);
    assert!(differences.is_empty(), "{}\nours: {ours:#}", differences.join("\n"));
}

fn compare(at: &str, ours: &Value, go: &Value, differences: &mut Vec<String>) {
    let (Value::Object(ours), Value::Object(go)) = (ours, go) else {
        if ours != go {
            differences.push(format!("{at}: {ours}, where the Go client sends {go}"));
        }
        return;
    };
    for (key, value) in ours {
        match go.get(key) {
            Some(expected) => compare(&format!("{at}/{key}"), value, expected, differences),
            None => {
                differences.push(format!("{at}/{key}: {value}, which the Go client does not send"))
            }
        }
    }
    for (key, expected) in go {
        if !ours.contains_key(key) && !is_zero(expected) {
            differences.push(format!("{at}/{key}: missing, the Go client sends {expected}"));
        }
    }
}

/// Whether it is the zero value of a Go type other than a pointer.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.iter().all(is_zero),
        Value::Object(members) => members.values().all(is_zero),
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn list(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn set(all: &mut Value, members: Value) {
    if let (Value::Object(all), Value::Object(members)) = (all, members) {
        all.extend(members);
    }
}

/// Go's `network.EndpointSettings`.
fn go_endpoint(endpoint: Value) -> Value {
    let mut all = json!({
        "IPAMConfig": null, "Links": null, "Aliases": null, "MacAddress": "", "DriverOpts": null, "GwPriority": 0,
        "NetworkID": "", "EndpointID": "", "Gateway": "", "IPAddress": "", "IPPrefixLen": 0, "IPv6Gateway": "",
        "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "DNSNames": null,
    });
    set(&mut all, endpoint);
    all
}
