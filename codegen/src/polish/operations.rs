//! The operations: progenitor's builders with bodies that call the runtime, `docker-core`.
//!
//! progenitor determines which parameters there are and of which types; its forty lines of request and response
//! handling per operation become one call. What an operation cannot be called without is an argument of
//! the client's method, all else is a setter, so that a new parameter never breaks a caller.

use std::collections::BTreeMap;

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::filters::filters;
use super::piece::Piece;
use super::{docs, facts, paths};
use crate::{
    casing,
    error::Error,
    model::{Location, Operation, Parameter, Reply, RequestBody},
    versions::ApiVersion,
};

/// An operation of the generated crate.
#[derive(Debug)]
pub struct Code {
    /// The client's method.
    pub method: syn::ImplItem,
    /// The builder, and the types of its filters.
    pub builder: Vec<Piece>,
    /// The names of the types that it uses.
    pub uses: Vec<String>,
    /// The tag, which names the file.
    pub tag: String,
    /// The operation's name in the spec.
    pub id: String,
    /// The type that a JSON reply is decoded to, named as in `mod operations`.
    pub reply: Option<String>,
}

/// Makes the code of an operation.
///
/// # Errors
///
/// A type is missing, or two keys of a filter come to the same name.
pub fn code(operation: &Operation, docs: &docs::Docs) -> Result<Code, Error> {
    let mut uses = Vec::new();
    let name = format_ident!("{}", casing::pascal(&operation.id));
    let method_name = format_ident!("{}", casing::snake(&operation.id));

    let mut parameters = Vec::new();
    let mut path_calls = Vec::new();
    let mut calls = Vec::new();
    for parameter in operation.arguments() {
        let ty = parameter_type(operation, parameter)?;
        let (kind, value) = value(&ty, parameter, &mut uses);
        let ident = format_ident!("{}", casing::snake(&parameter.name));
        parameters.push(quote!(#ident: #kind));
        let wire = &parameter.name;
        match (parameter.location, is_list(&ty)) {
            (Location::Path, _) => path_calls.push(quote!(path(#wire, #value))),
            (Location::Query, true) => calls.push(quote!(query_all(#wire, #value))),
            (Location::Query, false) => calls.push(quote!(query(#wire, #value))),
            (Location::Header, _) => calls.push(quote!(header(#wire, #value))),
        }
    }
    let mut setters = Vec::new();
    let mut narrowed = Vec::new();
    if let Some(body) = &operation.body {
        let (kind, call) = body_value(operation, body, &mut uses)?;
        if body.required {
            parameters.push(quote!(body: #kind));
            calls.push(call);
        } else {
            setters.push(quote! {
                /// Sets the body of the request.
                pub fn body(mut self, body: #kind) -> Self {
                    self.request.#call;
                    self
                }
            });
        }
    }
    // A required header has a setter, too, so that a program can replace the value that its method was given.
    for parameter in operation.arguments().filter(|one| one.location == Location::Header) {
        setters.push(setter(operation, parameter, None, docs, &mut uses)?);
    }
    for parameter in operation.setters() {
        let filters = filters(operation, parameter)?;
        let own = filters.as_ref().map(|filters| filters.name.as_str());
        setters.push(setter(operation, parameter, own, docs, &mut uses)?);
        narrowed.extend(filters.map(|filters| filters.code));
    }

    let mutable = (!calls.is_empty()).then(|| quote!(mut));
    let request = quote! {
        let #mutable request = self.request(&#name::OPERATION)#(.#path_calls)*;
        #(request.#calls;)*
    };
    let (ty, terminal) = terminal(operation, &mut uses)?;
    let returns = returns(operation, &ty);
    let doc = docs::attributes(&docs.of_operation(operation, returns.as_deref()));
    let aliases = docs.words.aliases.get(&operation.id).into_iter().flatten();
    let method = syn::parse_quote! {
        #(#doc)*
        #(#[doc(alias = #aliases)])*
        pub fn #method_name(&self, #(#parameters),*) -> #name {
            #request
            #name { request }
        }
    };

    let facts = facts(operation, docs);
    let doc = docs::attributes(&docs.of_builder(operation, returns.as_deref()));
    let sends = match operation.reply {
        Reply::Json => " and decodes the response",
        Reply::Empty => "",
        Reply::Stream => " and returns the body of the response as it arrives",
        Reply::Upgrade => " and returns the upgraded connection",
    };
    let send = docs::attributes(&docs.of_send(operation, sends, &terminal.to_string()));
    let response = match operation.reply {
        Reply::Json | Reply::Empty => quote!(Response),
        Reply::Stream | Reply::Upgrade => quote!(StreamingResponse),
    };
    let builder: syn::File = syn::parse_quote! {
        #(#doc)*
        #[derive(Debug)]
        #[must_use = "a request does nothing until it is sent"]
        pub struct #name { request: Request }

        impl #name {
            /// The facts about the operation.
            pub const OPERATION: Operation = #facts;
            #(#setters)*
            #(#send)*
            pub async fn send(self) -> Result<#response<#ty>, Error> {
                self.request.#terminal().await
            }
        }

        impl From<#name> for Request {
            fn from(call: #name) -> Self {
                call.request
            }
        }
    };
    Ok(Code {
        method,
        builder: builder.items.into_iter().map(Piece::item).chain(narrowed).collect(),
        uses,
        tag: operation.tag.clone(),
        id: operation.id.clone(),
        reply: (operation.reply == Reply::Json).then(|| quote!(#ty).to_string()),
    })
}

/// The constant that has the facts about an operation.
fn facts(operation: &Operation, docs: &docs::Docs) -> TokenStream {
    let (id, verb, path) = (&operation.id, &operation.method, &operation.path);
    let upgrade = operation.facts.get("x-upgrade").and_then(Value::as_str).unwrap_or("tcp");
    let response = match operation.reply {
        Reply::Json => quote!(ResponseKind::Json),
        Reply::Empty => quote!(ResponseKind::Empty),
        Reply::Stream => quote!(ResponseKind::Stream),
        Reply::Upgrade => quote!(ResponseKind::Upgrade(#upgrade)),
    };
    let body = operation.body.as_ref().map(|body| {
        let media_type = &body.media_type;
        quote!(.body(#media_type))
    });
    let (slow, credentials) = (facts::slow(operation), facts::credentials(operation));
    let since = |version: ApiVersion| {
        let (major, minor) = numbers(version);
        quote!(.since(#major, #minor))
    };
    let own = docs.since(id, None).map(since);
    let mut parameters: BTreeMap<&str, (Location, bool, Option<ApiVersion>)> = operation
        .parameters
        .iter()
        .map(|one| (&*one.name, (one.location, one.required, docs.since(id, Some(&one.name)))))
        .collect();
    let later = docs.later_parameters(id);
    parameters.extend(later.map(|(name, version)| (name, (Location::Query, false, Some(version)))));
    let parameters = parameters.into_iter().map(|(name, (location, required, version))| {
        let since = version.map(since);
        let new = match location {
            Location::Path => quote!(path),
            Location::Query => quote!(new),
            Location::Header => quote!(header),
        };
        let required = (required && location != Location::Path).then(|| quote!(.required()));
        quote!(Parameter::#new(#name)#required #since)
    });
    let fields = docs.later_fields(id).into_iter().map(|(path, version)| {
        let (major, minor) = numbers(version);
        quote!(BodyField::new(#path, #major, #minor))
    });
    let (parameters, fields) = (list("parameters", parameters), list("fields", fields));
    let types = facts::media_types(operation).iter().map(|ty| quote!(#ty));
    let (types, process) = (list("media_types", types), facts::process(operation));
    let not_modified = operation.not_modified.then(|| quote!(.not_modified()));
    let object = facts::object(operation);
    let response = quote!(.response(#response) #types #not_modified #process);
    let variables = facts::variables(operation);
    let own = quote!(#own #body #response #slow #credentials #variables);
    quote!(Operation::new(#id, #verb, #path) #own #parameters #object #fields)
}

/// `.name(&[items])`, or nothing where there are no items.
fn list(name: &str, items: impl Iterator<Item = TokenStream>) -> Option<TokenStream> {
    let (name, items) = (format_ident!("{name}"), items.collect::<Vec<_>>());
    (!items.is_empty()).then(|| quote!(.#name(&[#(#items),*])))
}

fn numbers(version: ApiVersion) -> (Literal, Literal) {
    (Literal::u32_unsuffixed(version.major), Literal::u32_unsuffixed(version.minor))
}

/// The setter of a parameter, which takes a type of its `own` or the one that progenitor says.
fn setter(
    operation: &Operation,
    parameter: &Parameter,
    own: Option<&str>,
    docs: &docs::Docs,
    uses: &mut Vec<String>,
) -> Result<TokenStream, Error> {
    let ty = parameter_type(operation, parameter)?;
    let ident = format_ident!("{}", casing::snake(&parameter.name));
    let (kind, value) = match own.map(|own| format_ident!("{own}")) {
        Some(own) => (quote!(impl Into<#own>), quote!(Into::<#own>::into(#ident))),
        None => value(&ty, parameter, uses),
    };
    let wire = &parameter.name;
    let call = match (parameter.location, is_list(&ty)) {
        (Location::Header, _) => quote!(header(#wire, #value)),
        (_, true) => quote!(query_all(#wire, #value)),
        (_, false) => quote!(query(#wire, #value)),
    };
    let doc = docs::attributes(&docs.of_parameter(operation, parameter));
    Ok(quote! {
        #(#doc)*
        pub fn #ident(mut self, #ident: #kind) -> Self {
            self.request.#call;
            self
        }
    })
}

fn parameter_type(operation: &Operation, parameter: &Parameter) -> Result<syn::Type, Error> {
    known(&parameter.rust, || format!("parameter `{}` of `{}`", parameter.name, operation.id))
}

/// A type that progenitor has determined.
fn known(ty: &Option<syn::Type>, of: impl FnOnce() -> String) -> Result<syn::Type, Error> {
    let missing = || Error::Unexpected { what: format!("no {} in progenitor's output", of()) };
    ty.clone().ok_or_else(missing)
}

fn is_list(ty: &syn::Type) -> bool {
    paths::outer(ty).as_deref() == Some("Vec")
}

/// Returns the type that a parameter accepts, and the expression that passes it on.
fn value(
    ty: &syn::Type,
    parameter: &Parameter,
    uses: &mut Vec<String>,
) -> (TokenStream, TokenStream) {
    let ident = format_ident!("{}", casing::snake(&parameter.name));
    if is_list(ty)
        && let Some(item) = paths::argument(ty, 0)
    {
        let item = used(item, uses);
        return (
            quote!(impl IntoIterator<Item = impl Into<#item>>),
            quote!(#ident.into_iter().map(Into::<#item>::into)),
        );
    }
    if parameter.is_time() {
        return (quote!(impl Into<UnixTime>), quote!(Into::<UnixTime>::into(#ident)));
    }
    let ty = used(ty, uses);
    match paths::outer(&ty).as_deref() {
        Some("bool" | "i64" | "u64" | "f64") => (quote!(#ty), quote!(#ident)),
        Some("String") if parameter.location != Location::Query => {
            (quote!(impl Into<String>), quote!(#ident))
        }
        _ => (quote!(impl Into<#ty>), quote!(Into::<#ty>::into(#ident))),
    }
}

fn body_value(
    operation: &Operation,
    body: &RequestBody,
    uses: &mut Vec<String>,
) -> Result<(TokenStream, TokenStream), Error> {
    if body.media_type != "application/json" {
        let media_type = &body.media_type;
        return Ok((quote!(impl Into<Body>), quote!(body(#media_type, body))));
    }
    let ty = used(&known(&body.rust, || format!("body of `{}`", operation.id))?, uses);
    Ok((quote!(impl Borrow<#ty>), quote!(json(body.borrow()))))
}

/// Notes the names of a type, and names it from `mod operations`.
fn used(ty: &syn::Type, uses: &mut Vec<String>) -> syn::Type {
    paths::each_name(ty, &mut |name| uses.push(name.to_owned()));
    let mut ty = ty.clone();
    paths::qualify(&mut ty);
    ty
}

/// What `send` returns, with a link to the type; none where there is nothing to return.
fn returns(operation: &Operation, ty: &syn::Type) -> Option<String> {
    match operation.reply {
        Reply::Json => Some(described(ty)),
        Reply::Empty => None,
        Reply::Stream | Reply::Upgrade => Some(facts::returns_stream(operation).to_owned()),
    }
}

/// A type of `mod types`, or a collection of such, in words.
fn described(ty: &syn::Type) -> String {
    let argument = |index| paths::argument(ty, index);
    match paths::outer(ty).as_deref() {
        Some("Option") => argument(0).map(described),
        Some("Vec") => argument(0).map(|item| match paths::outer(item).as_deref() {
            Some("String") => "a list of strings".to_owned(),
            _ => format!("a list of {}", described(item)),
        }),
        Some("BTreeMap") => argument(1).map(|item| match paths::outer(item).as_deref() {
            Some("String") => "a map of strings to strings".to_owned(),
            _ => format!("a map of strings to {}", described(item)),
        }),
        Some("Map") => Some("a JSON object".to_owned()),
        Some("Value") => Some("a JSON value".to_owned()),
        Some("String") => Some("a string".to_owned()),
        Some("bool") => Some("a boolean".to_owned()),
        Some("i64" | "u64" | "f64") => Some("a number".to_owned()),
        Some(name) => Some(format!("[`{name}`](types::{name})")),
        None => None,
    }
    .unwrap_or_else(|| "a JSON value".to_owned())
}

/// The type that `send` returns, and the method of the runtime that it calls.
fn terminal(
    operation: &Operation,
    uses: &mut Vec<String>,
) -> Result<(syn::Type, syn::Ident), Error> {
    let method = |name: &str| format_ident!("{name}");
    Ok(match operation.reply {
        Reply::Json => {
            let ty = known(&operation.returns, || format!("response of `{}`", operation.id))?;
            (used(&ty, uses), method("decode"))
        }
        Reply::Empty => (syn::parse_quote!(()), method("discard")),
        Reply::Stream => (syn::parse_quote!(ByteStream), method("stream")),
        Reply::Upgrade => (syn::parse_quote!(Upgraded), method("upgrade")),
    })
}
