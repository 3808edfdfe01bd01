//! The types: from what typify made to plain structs, open enums and aliases.

use std::collections::BTreeMap;

use quote::{format_ident, quote};
use serde_json::Value;

use super::piece::Piece;
use super::{docs, paths, secrets};
use crate::{casing, error::Error};

/// A type of the generated crate.
#[derive(Debug)]
pub struct Type {
    /// Its Rust name, which is the name of its schema.
    pub name: String,
    /// Its code.
    pub code: Vec<Piece>,
    /// The names of the types that it uses.
    pub uses: Vec<String>,
    /// Its fields: the name in the spec and in Rust.
    pub fields: Vec<(String, String)>,
}

/// Makes the types of the generated crate from the items of progenitor's `mod types`.
pub fn types(items: &[syn::Item], schemas: &Value, docs: &docs::Docs) -> Result<Vec<Type>, Error> {
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

/// A schema other than an object becomes an alias of its type, not a wrapper around it.
fn alias(name: &str, ty: &syn::Type, schema: &Value, docs: &docs::Docs) -> Type {
    let mut ty = ty.clone();
    paths::shorten(&mut ty);
    let ident = format_ident!("{name}");
    let doc = docs::attributes(&docs.of_type(name, schema));
    let item: syn::Item = syn::parse_quote!(#(#doc)* pub type #ident = #ty;);
    let code = vec![Piece::item(item)];
    Type { name: name.to_owned(), code, uses: names(&ty), fields: Vec::new() }
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
        tokens.push(field.tokens(name, property.unwrap_or(&Value::Null), docs));
    }
    let ident = format_ident!("{name}");
    let doc = docs::attributes(&docs.of_type(name, schema));
    let shown: Vec<_> = read.iter().map(Field::shown).collect();
    let debug = secrets::debug(name, &shown);
    let derived = debug.is_none().then(|| quote!(Debug,));
    let item: syn::Item = syn::parse_quote! {
        #(#doc)*
        #[derive(#derived Clone, Default, PartialEq)]
        pub struct #ident { #(#tokens)* }
    };
    let mut code = vec![Piece::item(item)];
    code.extend(debug.map(Piece::item));
    code.push(members(name, &read));
    Ok(Type {
        name: name.to_owned(),
        code,
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
        // A map to empty objects is how the engine writes a set.
        if ty == syn::parse_quote!(BTreeMap<String, Map<String, Value>>) {
            ty = syn::parse_quote!(BTreeSet<String>);
        }
        Ok(Self { rust: casing::snake(&wire), wire, ty, flatten })
    }

    /// What matters of it for `Debug`.
    fn shown(&self) -> secrets::Field<'_> {
        secrets::Field { wire: &self.wire, rust: &self.rust, ty: &self.ty, unnamed: self.flatten }
    }

    fn tokens(&self, owner: &str, property: &Value, docs: &docs::Docs) -> proc_macro2::TokenStream {
        let doc = if self.flatten {
            vec!["Fields that this version of the API does not define, kept so that an update sends them back.".into()]
        } else {
            docs.of_field(owner, &self.wire, property)
        };
        let doc = docs::attributes(&doc);
        let (ident, ty) = (format_ident!("{}", self.rust), &self.ty);
        quote!(#(#doc)* pub #ident: #ty,)
    }

    /// How the field is read and written, in the words of `members!`.
    fn how(&self) -> &'static str {
        match paths::outer(&self.ty).as_deref() {
            Some("Vec")
                if paths::argument(&self.ty, 0).and_then(paths::outer).as_deref()
                    == Some("String") =>
            {
                " texts"
            }
            Some("BTreeSet") => " keys",
            Some("Option" | "Vec" | "BTreeMap" | "Map") => "",
            _ => " always",
        }
    }
}

/// Which member goes where, as a call of `members!`: prettyplease does not format inside macros.
fn members(name: &str, fields: &[Field]) -> Piece {
    let mut text = format!("members!({name} {{\n");
    for field in fields.iter().filter(|field| !field.flatten) {
        text.push_str(&format!("    {}: {:?}{},\n", field.rust, field.wire, field.how()));
    }
    text.push('}');
    for field in fields.iter().filter(|field| field.flatten) {
        text.push_str(&format!(" {}", field.rust));
    }
    text.push_str(");\n");
    Piece::Macro { name: "members", text }
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
        for line in docs.of_value(&name, &wire) {
            text.push_str(&doc_line("        ", &line));
        }
        text.push_str(&format!("        {rust} = {wire:?},\n"));
    }
    text.push_str("    }\n}\n");
    let fields = seen.into_iter().filter(|(rust, _)| rust != "Other");
    Ok(Type {
        name,
        code: vec![Piece::Macro { name: "string_enum", text }],
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
