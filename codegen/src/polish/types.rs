//! The types: from what typify made to plain structs, open enums and aliases.

use std::collections::BTreeMap;

use quote::{format_ident, quote};
use serde_json::Value;

use super::{docs, paths, secrets};
use crate::{casing, generate::Error};

/// A type of the generated crate.
#[derive(Debug)]
pub struct Type {
    /// Its Rust name, which is the name of its schema.
    pub name: String,
    /// Its text, formatted.
    pub text: String,
    /// The names of the types that it uses.
    pub uses: Vec<String>,
    /// Its fields: the name in the spec and in Rust.
    pub fields: Vec<(String, String)>,
}

/// Makes the types of the generated crate from progenitor's `mod types`.
pub fn types(file: &syn::File, schemas: &Value, docs: &docs::Docs) -> Result<Vec<Type>, Error> {
    let items = module(&file.items, "types").ok_or_else(|| Error::Unexpected {
        what: "no `mod types` in progenitor's output".into(),
    })?;
    let mut types = Vec::new();
    for item in items {
        match item {
            syn::Item::Struct(item) => types.push(structure(item, schemas, docs)?),
            syn::Item::Enum(item) => types.push(enumeration(item, schemas, docs)?),
            // Conversions and builders, which the plain structs need not.
            syn::Item::Impl(_) | syn::Item::Mod(_) | syn::Item::Fn(_) | syn::Item::Use(_) => {}
            other => {
                return Err(Error::Unexpected {
                    what: format!("an item in `mod types`: {}", quote!(#other)),
                });
            }
        }
    }
    types.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(types)
}

/// The items of the module `name`.
pub fn module<'a>(items: &'a [syn::Item], name: &str) -> Option<&'a [syn::Item]> {
    items.iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == name => {
            module.content.as_ref().map(|(_, items)| items.as_slice())
        }
        _ => None,
    })
}

fn structure(item: &syn::ItemStruct, schemas: &Value, docs: &docs::Docs) -> Result<Type, Error> {
    let name = item.ident.to_string();
    let schema = schemas.get(&name).unwrap_or(&Value::Null);
    match &item.fields {
        syn::Fields::Named(fields) => named(&name, fields, schema, docs),
        syn::Fields::Unnamed(fields) => match fields.unnamed.first() {
            Some(field) if fields.unnamed.len() == 1 => Ok(alias(&name, &field.ty, schema, docs)),
            _ => Err(Error::Unexpected { what: format!("the tuple struct `{name}`") }),
        },
        syn::Fields::Unit => Err(Error::Unexpected { what: format!("the unit struct `{name}`") }),
    }
}

/// A schema that is no object is another name for its type, not a wrapper around it.
fn alias(name: &str, ty: &syn::Type, schema: &Value, docs: &docs::Docs) -> Type {
    let mut ty = ty.clone();
    paths::shorten(&mut ty);
    let ident = format_ident!("{name}");
    let doc = docs::attributes(&docs.of_type(name, schema));
    let item = quote!(#(#doc)* pub type #ident = #ty;);
    Type { name: name.to_owned(), text: super::format(item), uses: names(&ty), fields: Vec::new() }
}

fn named(
    name: &str,
    fields: &syn::FieldsNamed,
    schema: &Value,
    docs: &docs::Docs,
) -> Result<Type, Error> {
    let mut read = Vec::new();
    for field in &fields.named {
        read.push(Field::read(name, field)?);
    }
    let case = Case::of(&read);
    let mut seen = BTreeMap::new();
    let mut uses = Vec::new();
    let mut tokens = Vec::new();
    for field in &read {
        if let Some(other) = seen.insert(field.rust.clone(), &field.wire) {
            return Err(Error::Collision {
                what: format!("fields of `{name}`"),
                rust: field.rust.clone(),
                first: other.clone(),
                second: field.wire.clone(),
            });
        }
        uses.extend(names(&field.ty));
        let property = schema.get("properties").and_then(|all| all.get(&field.wire));
        tokens.push(field.tokens(name, case, property.unwrap_or(&Value::Null), docs));
    }
    let ident = format_ident!("{name}");
    let doc = docs::attributes(&docs.of_type(name, schema));
    let case = case.serde();
    let debug = secrets::debug(name, read.iter().map(|field| (&*field.wire, &*field.rust)));
    let derived = debug.is_none().then(|| quote!(Debug,));
    let item = quote! {
        #(#doc)*
        #[derive(#derived Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default #case)]
        pub struct #ident { #(#tokens)* }
        #debug
    };
    Ok(Type {
        name: name.to_owned(),
        text: super::format(item),
        uses,
        fields: read
            .into_iter()
            .filter(|field| !field.flatten)
            .map(|field| (field.wire, field.rust))
            .collect(),
    })
}

struct Field {
    wire: String,
    rust: String,
    ty: syn::Type,
    flatten: bool,
}

impl Field {
    fn read(owner: &str, field: &syn::Field) -> Result<Self, Error> {
        let ident = field.ident.as_ref().ok_or_else(|| Error::Unexpected {
            what: format!("a field of `{owner}` without a name"),
        })?;
        let mut wire = ident.to_string();
        let mut flatten = false;
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("serde")) {
            let parsed = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("flatten") {
                    flatten = true;
                } else if meta.input.peek(syn::Token![=]) {
                    let text: syn::LitStr = meta.value()?.parse()?;
                    if meta.path.is_ident("rename") {
                        wire = text.value();
                    }
                }
                Ok(())
            });
            parsed.map_err(|error| Error::Unexpected {
                what: format!("an attribute of `{owner}.{wire}`: {error}"),
            })?;
        }
        let mut ty = field.ty.clone();
        paths::shorten(&mut ty);
        Ok(Self { rust: casing::snake(&wire), wire, ty, flatten })
    }

    fn tokens(
        &self,
        owner: &str,
        case: Case,
        property: &Value,
        docs: &docs::Docs,
    ) -> proc_macro2::TokenStream {
        let doc = if self.flatten {
            vec!["Members that this version of the API does not name, kept so that an update sends them back.".into()]
        } else {
            docs.of_field(owner, &self.wire, property)
        };
        let doc = docs::attributes(&doc);
        let (ident, ty) = (format_ident!("{}", self.rust), &self.ty);
        let mut serde = Vec::new();
        if self.flatten {
            serde.push(quote!(flatten));
        } else {
            let wire = &self.wire;
            if case.apply(&self.rust) != *wire {
                serde.push(quote!(rename = #wire));
            }
            let empty = match paths::outer(ty).as_deref() {
                Some("Option") => Some("Option::is_none"),
                Some("Vec") => Some("Vec::is_empty"),
                Some("BTreeMap") => Some("BTreeMap::is_empty"),
                Some("Map") => Some("Map::is_empty"),
                _ => None,
            };
            if empty != Some("Option::is_none") {
                let texts = empty == Some("Vec::is_empty")
                    && paths::argument(ty, 0).and_then(paths::outer).as_deref() == Some("String");
                let read = if texts { "text_list" } else { "null_default" };
                serde.push(quote!(deserialize_with = #read));
            }
            if let Some(empty) = empty {
                serde.push(quote!(skip_serializing_if = #empty));
            }
        }
        let serde = (!serde.is_empty()).then(|| quote!(#[serde(#(#serde),*)]));
        quote!(#(#doc)* #serde pub #ident: #ty,)
    }
}

/// How serde turns a field's name into the name on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Same,
    Pascal,
    Camel,
}

impl Case {
    /// The case that spares most fields a `rename` of their own.
    fn of(fields: &[Field]) -> Self {
        let hits = |case: &Case| fields.iter().filter(|f| case.apply(&f.rust) == f.wire).count();
        // `max_by_key` takes the last of equals: no attribute at all is the plainest.
        [Self::Camel, Self::Pascal, Self::Same].into_iter().max_by_key(hits).unwrap_or(Self::Same)
    }

    /// What serde's `rename_all` makes of a field's name.
    fn apply(self, rust: &str) -> String {
        if self == Self::Same {
            return rust.to_owned();
        }
        let mut out = String::new();
        let mut capital = self == Self::Pascal;
        for c in rust.chars() {
            match c {
                '_' => capital = true,
                c if capital => {
                    out.push(c.to_ascii_uppercase());
                    capital = false;
                }
                c => out.push(c),
            }
        }
        out
    }

    fn serde(self) -> proc_macro2::TokenStream {
        match self {
            Self::Same => quote!(),
            Self::Pascal => quote!(, rename_all = "PascalCase"),
            Self::Camel => quote!(, rename_all = "camelCase"),
        }
    }
}

/// A string enum, written as a call of `string_enum!`: prettyplease does not format inside macros.
fn enumeration(item: &syn::ItemEnum, schemas: &Value, docs: &docs::Docs) -> Result<Type, Error> {
    let name = item.ident.to_string();
    let schema = schemas.get(&name).unwrap_or(&Value::Null);
    let mut seen = BTreeMap::from([("Other".to_owned(), "any other value".to_owned())]);
    let mut text = String::from("string_enum! {\n");
    for line in docs.of_type(&name, schema) {
        text.push_str(&doc_line("    ", &line));
    }
    text.push_str(&format!("    pub enum {name} {{\n"));
    for variant in &item.variants {
        if !matches!(variant.fields, syn::Fields::Unit) {
            return Err(Error::Unexpected {
                what: format!("the variant `{name}::{}`, which is no string", variant.ident),
            });
        }
        let wire = renamed(variant)?.unwrap_or_else(|| variant.ident.to_string());
        let rust = if wire.is_empty() { "Empty".to_owned() } else { casing::pascal(&wire) };
        if let Some(first) = seen.insert(rust.clone(), wire.clone()) {
            return Err(Error::Collision {
                what: format!("values of `{name}`"),
                rust,
                first,
                second: wire,
            });
        }
        text.push_str(&format!("        /// `{wire:?}`\n        {rust} = {wire:?},\n"));
    }
    text.push_str("    }\n}\n");
    let fields = seen.into_iter().filter(|(rust, _)| rust != "Other");
    Ok(Type {
        name,
        text,
        uses: Vec::new(),
        fields: fields.map(|(rust, wire)| (wire, rust)).collect(),
    })
}

fn renamed(variant: &syn::Variant) -> Result<Option<String>, Error> {
    let mut wire = None;
    for attribute in variant.attrs.iter().filter(|a| a.path().is_ident("serde")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let text: syn::LitStr = meta.value()?.parse()?;
            if meta.path.is_ident("rename") {
                wire = Some(text.value());
            }
            Ok(())
        });
        parsed.map_err(|error| Error::Unexpected {
            what: format!("an attribute of the variant `{}`: {error}", variant.ident),
        })?;
    }
    Ok(wire)
}

fn doc_line(indent: &str, line: &str) -> String {
    if line.is_empty() { format!("{indent}///\n") } else { format!("{indent}/// {line}\n") }
}

fn names(ty: &syn::Type) -> Vec<String> {
    let mut names = Vec::new();
    paths::each_name(ty, &mut |name| names.push(name.to_owned()));
    names
}
