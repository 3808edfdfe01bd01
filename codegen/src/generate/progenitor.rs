//! The call of progenitor, with its panics turned into errors that name the operation.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::model::{Location, Operation};
use crate::polish::paths;

/// Runs progenitor on `document`, attaches the Rust types to its `operations`, and returns the items of `mod types`.
///
/// progenitor panics if a document has a form that it does not support. The panic is caught and returned as an error that
/// names the operations that cause it.
pub(super) fn run(document: &Value, operations: &mut [Operation]) -> Result<Vec<syn::Item>, Error> {
    let file = attempt(&numbered(document, operations)).map_err(|cause| {
        let fails =
            |one: &&Operation| attempt(&numbered(document, std::slice::from_ref(*one))).is_err();
        let causing_operations =
            operations.iter().filter(fails).map(|one| one.id.clone()).collect();
        Error::Progenitor { cause, operations: causing_operations }
    })?;
    attach(module(&file.items, "builder")?, operations)?;
    Ok(module(&file.items, "types")?.to_vec())
}

/// The document with these operations, which have numbers for names, as have their parameters: so what progenitor makes of
/// each is found without knowing how it spells names in Rust.
fn numbered(document: &Value, operations: &[Operation]) -> Value {
    let mut paths = Map::new();
    for (index, operation) in operations.iter().enumerate() {
        let mut path = operation.path.clone();
        let mut parameters = Vec::new();
        for (at, parameter) in operation.parameters.iter().enumerate() {
            let name = parameter_name(at);
            if parameter.location == Location::Path {
                path = path.replace(&format!("{{{}}}", parameter.name), &format!("{{{name}}}"));
            }
            let mut facts = parameter.facts.clone();
            facts.insert("name".to_owned(), name.into());
            parameters.push(Value::Object(facts));
        }
        let mut facts = operation.facts.clone();
        facts.insert("operationId".to_owned(), format!("operation{index}").into());
        facts.insert("parameters".to_owned(), parameters.into());
        let method = operation.method.to_ascii_lowercase();
        let item = paths.entry(path).or_insert_with(|| Value::Object(Map::new()));
        item[method] = Value::Object(facts);
    }
    let mut document = document.clone();
    document["paths"] = Value::Object(paths);
    document
}

fn parameter_name(at: usize) -> String {
    format!("parameter{at}")
}

/// Attaches the types in `mod builder` to the operations, which have the same numbers in it.
fn attach(items: &[syn::Item], operations: &mut [Operation]) -> Result<(), Error> {
    let mut structs = BTreeMap::new();
    let mut sends = BTreeMap::new();
    for item in items {
        match item {
            syn::Item::Struct(item) => drop(structs.insert(item.ident.to_string(), &item.fields)),
            syn::Item::Impl(item) if item.trait_.is_none() => {
                let ty = item.items.iter().find_map(returned);
                if let Some((name, ty)) = paths::outer(&item.self_ty).zip(ty) {
                    sends.insert(name, ty);
                }
            }
            _ => {}
        }
    }
    for (index, operation) in operations.iter_mut().enumerate() {
        let name = format!("Operation{index}");
        let fields = structs.get(&name).ok_or_else(|| Error::Unexpected {
            what: format!("no builder for `{}` in progenitor's output", operation.id),
        })?;
        let field = |name: &str| {
            let named = |field: &&syn::Field| field.ident.as_ref().is_some_and(|it| it == name);
            fields.iter().find(named).and_then(value)
        };
        for (at, parameter) in operation.parameters.iter_mut().enumerate() {
            parameter.rust = field(&parameter_name(at));
        }
        if let Some(body) = &mut operation.body {
            body.rust = field("body");
        }
        operation.returns = sends.remove(&name);
    }
    Ok(())
}

/// `T` of a builder's field of the type `Result<T, String>` or `Result<Option<T>, String>`.
fn value(field: &syn::Field) -> Option<syn::Type> {
    let ty = paths::argument(&field.ty, 0)?;
    let mut ty = match paths::outer(ty).as_deref() {
        Some("Option") => paths::argument(ty, 0)?.clone(),
        _ => ty.clone(),
    };
    paths::shorten(&mut ty);
    Some(ty)
}

/// `T` of `async fn send(self) -> Result<ResponseValue<T>, Error<E>>`.
fn returned(item: &syn::ImplItem) -> Option<syn::Type> {
    let syn::ImplItem::Fn(function) = item else { return None };
    let syn::ReturnType::Type(_, ty) = &function.sig.output else { return None };
    (function.sig.ident == "send").then_some(())?;
    let mut ty = paths::argument(paths::argument(ty, 0)?, 0)?.clone();
    paths::shorten(&mut ty);
    Some(ty)
}

/// The items of the module `name`.
fn module<'a>(items: &'a [syn::Item], name: &str) -> Result<&'a [syn::Item], Error> {
    let found = items.iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == name => {
            module.content.as_ref().map(|(_, items)| items.as_slice())
        }
        _ => None,
    });
    found.ok_or_else(|| Error::Unexpected {
        what: format!("no `mod {name}` in progenitor's output"),
    })
}

fn attempt(document: &Value) -> Result<syn::File, String> {
    let spec: openapiv3::OpenAPI =
        serde_json::from_value(document.clone()).map_err(|error| error.to_string())?;
    let tokens = catch_unwind(AssertUnwindSafe(|| {
        let mut settings = GenerationSettings::new();
        settings
            .with_interface(InterfaceStyle::Builder)
            .with_tag(TagStyle::Merged)
            .with_map_type("::std::collections::BTreeMap");
        Generator::new(&settings).generate_tokens(&spec).map_err(|error| error.to_string())
    }))
    .map_err(|panic| panic_text(panic.as_ref()))??;
    syn::parse2(tokens).map_err(|error| error.to_string())
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    format!("progenitor panicked: {text}")
}
