//! Compares generated crates: what another version changes for programs that use the crate.
//!
//! The public items of the generated files are compared: the methods of the client, the setters and results of its calls, the types,
//! their fields and variants. Signatures are compared as they are written.

use std::collections::BTreeMap;

use quote::ToTokens;
use syn::{Attribute, FnArg, ImplItem, Item, ReturnType, Signature, Type, Visibility};

use api_compare::{
    Change, Place, Site, Subject,
    rules::{Level, Rule},
};

const fn rule(id: &'static str, level: Level, mirror: &'static str, text: &'static str) -> Rule {
    Rule { id, request: level, reply: level, mirror, text }
}

static REMOVED: Rule = rule("code-removed", Level::Breaking, "code-added", "gone (was {before})");
static CHANGED: Rule =
    rule("code-changed", Level::Breaking, "code-changed", "{before} became {after}");
static FIELD_REMOVED: Rule =
    rule("code-field-removed", Level::Breaking, "code-field-added", "gone (was {before})");
static FIELD_ADDED: Rule = rule(
    "code-field-added",
    Level::Warning,
    "code-field-removed",
    "new field: {after} (breaks literals without `..`)",
);
static ADDED: Rule = rule("code-added", Level::Info, "code-removed", "new: {after}");

/// The rules of changes in code.
pub(super) static RULES: &[&Rule] = &[&REMOVED, &CHANGED, &FIELD_REMOVED, &FIELD_ADDED, &ADDED];

/// The error of a generated file that is not valid Rust.
#[derive(Debug, thiserror::Error)]
#[error("the generated file {path} is not valid Rust")]
pub(super) struct CodeError {
    path: String,
    #[source]
    source: syn::Error,
}

/// Compares the public items of two generated crates.
pub(super) fn compare_code(old: &Surface, new: &Surface) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, item) in &old.items {
        match new.items.get(name) {
            // The removal of its type or call says it all.
            None if !new.holds(item.within.as_ref()) => {}
            None => {
                let rule = if item.is_field { &FIELD_REMOVED } else { &REMOVED };
                changes.push(item.change(rule, name, &item.signature, ""));
            }
            Some(now) if now.signature != item.signature => {
                changes.push(now.change(&CHANGED, name, &item.signature, &now.signature));
            }
            Some(_) => {}
        }
    }
    for (name, item) in new.items.iter().filter(|(name, _)| !old.items.contains_key(*name)) {
        if old.holds(item.within.as_ref()) {
            let rule = if item.is_field { &FIELD_ADDED } else { &ADDED };
            changes.push(item.change(rule, name, "", &item.signature));
        }
    }
    changes
}

/// The public items of a generated crate.
#[derive(Default)]
pub(super) struct Surface {
    items: BTreeMap<String, PublicItem>,
}

struct PublicItem {
    signature: String,
    /// The type or call that it is a part of.
    within: Option<String>,
    /// The operation that it calls.
    operation: Option<String>,
    is_field: bool,
}

impl PublicItem {
    fn change(&self, rule: &'static Rule, name: &str, before: &str, after: &str) -> Change {
        let site = |operation: &String| Site {
            operation: operation.clone(),
            place: Place::Whole,
            path: String::new(),
        };
        Change {
            rule,
            level: rule.request,
            subject: Subject::Code { item: name.to_owned() },
            was: None,
            before: before.to_owned(),
            after: after.to_owned(),
            sites: self.operation.iter().map(site).collect(),
        }
    }
}

impl Surface {
    /// Reads the files that the generator returns, by their paths.
    ///
    /// # Errors
    ///
    /// Returned if a file is not valid Rust.
    pub(super) fn read(files: &BTreeMap<String, String>) -> Result<Self, CodeError> {
        let mut surface = Self::default();
        for (path, text) in files {
            let failed = |source| CodeError { path: path.clone(), source };
            let file = syn::parse_file(text).map_err(failed)?;
            for item in file.items {
                surface.item(item, path.ends_with("operations.rs")).map_err(failed)?;
            }
        }
        Ok(surface)
    }

    fn holds(&self, within: Option<&String>) -> bool {
        within.is_none_or(|within| self.items.contains_key(within))
    }

    fn add(&mut self, name: String, signature: String, within: Option<&str>) -> &mut PublicItem {
        let within = within.map(str::to_owned);
        let item = PublicItem { signature, within, operation: None, is_field: false };
        self.items.entry(name).or_insert(item)
    }

    fn item(&mut self, item: Item, calls: bool) -> syn::Result<()> {
        match item {
            // The fields of a call are private.
            Item::Struct(item) if is_public(&item.vis) && calls => {
                let name = item.ident.to_string();
                self.add(format!("operations::{name}"), "call".into(), None).operation =
                    Some(name.clone());
            }
            Item::Struct(item) if is_public(&item.vis) => {
                let name = format!("types::{}", item.ident);
                self.add(name.clone(), "struct".into(), None);
                for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                    let ident = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
                    let added =
                        self.add(format!("{name}.{ident}"), type_text(&field.ty), Some(&name));
                    added.is_field = true;
                }
            }
            Item::Enum(item) if is_public(&item.vis) => self.variants(item),
            Item::Type(item) if is_public(&item.vis) => {
                self.add(
                    format!("types::{}", item.ident),
                    format!("type {}", type_text(&item.ty)),
                    None,
                );
            }
            // string_enum! { pub enum Name { Variant = "value" } }: an enum whose discriminants are strings.
            Item::Macro(item) if item.mac.path.is_ident("string_enum") => {
                self.variants(syn::parse2(item.mac.tokens)?);
            }
            Item::Impl(item) if item.trait_.is_none() => {
                let owner = type_text(&item.self_ty);
                for inner in item.items {
                    if let ImplItem::Fn(method) = inner
                        && is_public(&method.vis)
                        && !is_hidden(&method.attrs)
                    {
                        self.method(&owner, &method.sig);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn variants(&mut self, item: syn::ItemEnum) {
        let name = format!("types::{}", item.ident);
        self.add(name.clone(), "enum".into(), None);
        for variant in item.variants {
            let value = variant.discriminant.map(|(_, value)| value.to_token_stream().to_string());
            self.add(format!("{name}::{}", variant.ident), value.unwrap_or_default(), Some(&name));
        }
    }

    fn method(&mut self, owner: &str, signature: &Signature) {
        let name = format!("{owner}::{}", signature.ident);
        let arguments = signature.inputs.iter().filter_map(|argument| match argument {
            FnArg::Receiver(_) => None,
            FnArg::Typed(argument) => {
                let name = argument.pat.to_token_stream().to_string();
                Some(format!("{name}: {}", type_text(&argument.ty)))
            }
        });
        let arguments = arguments.collect::<Vec<_>>().join(", ");
        let result = match &signature.output {
            ReturnType::Default => String::new(),
            ReturnType::Type(_, result) => type_text(result),
        };
        let text = match result.as_str() {
            // Every setter returns the call.
            "" | "Self" => format!("({arguments})"),
            result => format!("({arguments}) -> {result}"),
        };
        let (within, operation) = match owner {
            "Client" => (None, result),
            owner => (Some(format!("operations::{owner}")), owner.to_owned()),
        };
        self.add(name, text, within.as_deref()).operation = Some(operation);
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    let hidden = |attribute: &Attribute| {
        attribute.path().is_ident("doc")
            && attribute.to_token_stream().to_string().contains("hidden")
    };
    attributes.iter().any(hidden)
}

/// Returns a type as it is written in code, on one line.
fn type_text(ty: &Type) -> String {
    let file: syn::File = syn::parse_quote!(type T = #ty;);
    let text = prettyplease::unparse(&file);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim_start_matches("type T = ").trim_end_matches(';').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(operations: &str, types: &str) -> BTreeMap<String, String> {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        [file("a/operations.rs", operations), file("a/types.rs", types)].into()
    }

    fn lines(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<String> {
        let changes = compare_code(&Surface::read(old).unwrap(), &Surface::read(new).unwrap());
        changes
            .iter()
            .map(|change| format!("{} {}: {}", change.level, change.subject, change.text()))
            .collect()
    }

    const CLIENT: &str = "impl Client { pub fn thing_list(&self) -> ThingList { loop {} } }
        pub struct ThingList { request: Request }
        impl ThingList { pub fn all(mut self, all: bool) -> Self { loop {} }
            pub async fn send(self) -> Result<Response<Vec<types::Thing>>, Error> { loop {} } }";

    #[test]
    fn what_a_program_uses_is_compared() {
        let old = surface(CLIENT, "pub struct Thing { pub a: Option<i64>, pub b: String }");
        let operations =
            CLIENT.replace("all: bool", "all: i64").replace("Response<Vec<", "Response<Option<");
        let new = surface(&operations, "pub struct Thing { pub a: Option<i64>, pub c: String }");
        let expected = [
            "breaking ThingList::all: (all: bool) became (all: i64)",
            "breaking ThingList::send: () -> Result<Response<Vec<types::Thing>>, Error> became () -> \
             Result<Response<Option<types::Thing>>, Error>",
            "breaking types::Thing.b: gone (was String)",
            "warning types::Thing.c: new field: String (breaks literals without `..`)",
        ];
        assert_eq!(lines(&old, &new), expected);
    }

    #[test]
    fn members_go_with_their_type_and_methods_with_their_call() {
        let full = surface(CLIENT, "pub struct Thing { pub a: i64 }");
        let empty = surface("", "");
        let gone = lines(&full, &empty);
        assert_eq!(
            gone,
            [
                "breaking Client::thing_list: gone (was () -> ThingList)",
                "breaking operations::ThingList: gone (was call)",
                "breaking types::Thing: gone (was struct)",
            ]
        );
        assert!(lines(&empty, &full).iter().all(|line| line.starts_with("info ")));
    }

    #[test]
    fn a_new_variant_breaks_nobody_as_enums_are_open() {
        let with = |values: &str| {
            surface("", &format!("string_enum! {{ /// Doc.\n pub enum Kind {{ {values} }} }}"))
        };
        let (old, new) = (with("Bind = \"bind\","), with("Bind = \"bind\", Image = \"image\","));
        assert_eq!(lines(&old, &new), ["info types::Kind::Image: new: \"image\""]);
        assert_eq!(lines(&new, &old), ["breaking types::Kind::Image: gone (was \"image\")"]);
    }

    #[test]
    fn a_broken_file_is_named() {
        let broken = surface("impl {", "");
        let error = Surface::read(&broken).err().unwrap();
        assert!(error.to_string().contains("a/operations.rs"), "{error}");
    }
}
