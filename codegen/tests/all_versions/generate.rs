//! progenitor takes every prepared document, and makes of it the types that are named in it.

use std::collections::BTreeSet;

use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use serde_json::Value;

use crate::corpus;

fn generate(document: &Value) -> syn::File {
    let spec: openapiv3::OpenAPI = serde_json::from_value(document.clone()).unwrap();
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder).with_tag(TagStyle::Merged);
    let tokens = Generator::new(&settings).generate_tokens(&spec).unwrap();
    syn::parse2(tokens).unwrap()
}

/// The structs and enums of `mod types`.
fn types(file: &syn::File) -> BTreeSet<String> {
    let module = file.items.iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    let items = &module.unwrap().1;
    items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Struct(item) => Some(item.ident.to_string()),
            syn::Item::Enum(item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect()
}

#[test]
fn the_types_are_those_that_the_document_names() {
    for (version, document) in corpus::prepared() {
        let types = types(&generate(document));
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let named: BTreeSet<String> = schemas.keys().cloned().collect();
        let unnamed: Vec<_> = types.difference(&named).collect();
        assert!(unnamed.is_empty(), "{version}: typify named {unnamed:?}");
        let missing: Vec<_> = named.difference(&types).collect();
        assert!(missing.is_empty(), "{version}: typify left out {missing:?}");
    }
}

#[test]
fn the_lint_finds_nothing() {
    for (version, document) in corpus::prepared() {
        let findings = codegen::lint::check(document);
        let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{version}:\n{}", findings.join("\n"));
    }
}
