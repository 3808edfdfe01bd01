//! Splits the generated code into files by what it is about.

use std::collections::{BTreeMap, BTreeSet};

use super::operations::Code;
use super::piece::{Piece, imports};
use super::types::Type;
use super::{docs, paths, root};
use crate::{
    casing, render,
    versions::{ApiVersion, OLDEST_DOCUMENT},
};

/// Where types go that several subjects use, or none.
const SHARED: &str = "shared";

/// Divides operations and types into files: a directory for each tag, with its operations and the types that only they use.
pub fn files(
    docs: &docs::Docs,
    command: &str,
    operations: Vec<Code>,
    types: Vec<Type>,
) -> BTreeMap<String, String> {
    let version = docs.version;
    let subjects = subjects(&operations, &types);
    let mut by_subject: BTreeMap<String, Subject> = BTreeMap::new();
    for (ty, subject) in types.into_iter().zip(subjects) {
        by_subject.entry(subject).or_default().types.push(ty);
    }
    for code in operations {
        by_subject.entry(casing::snake(&code.tag)).or_default().operations.push(code);
    }
    let mut files = BTreeMap::from([
        ("lib.rs".to_owned(), root::lib(version, command)),
        ("generated/client.rs".to_owned(), root::client(version, command)),
    ]);
    let mut modules = String::new();
    let mut all_types = String::new();
    let mut all_operations = String::new();
    for (name, Subject { operations, types }) in by_subject {
        let name = name.as_str();
        modules.push_str(&format!("mod {name};\n"));
        let mut parts = String::new();
        if !operations.is_empty() {
            parts.push_str("pub(super) mod operations;\n");
            all_operations.push_str(&format!("    pub use super::{name}::operations::*;\n"));
            files.insert(
                format!("generated/{name}/operations.rs"),
                operations_file(operations, name, docs, command),
            );
        }
        if !types.is_empty() {
            parts.push_str("pub(super) mod types;\n");
            all_types.push_str(&format!("    pub use super::{name}::types::*;\n"));
            files.insert(format!("generated/{name}/types.rs"), types_file(types, name, command));
        }
        let head = render::header(&format!("{} operations and types.", title(name)), command);
        files.insert(format!("generated/{name}/mod.rs"), format!("{head}\n{parts}"));
    }
    modules.push_str("mod client;\n\npub use client::Client;\n");
    let head = render::header(&format!("Version {version} of the Docker Engine API."), command);
    files.insert(
        "generated/mod.rs".to_owned(),
        format!(
            "{head}\n{modules}\n/// The version of the API that this crate is generated from.\n\
             pub const API_VERSION: &str = \"{version}\";\n\n\
             /// The requests of all operations.\npub mod operations {{\n{all_operations}}}\n\n\
             /// The types of all requests and responses.\npub mod types {{\n{all_types}}}\n\n{}",
            since_macro(version, docs.newest())
        ),
    );
    files
}

/// The macro `since!`, by which code for several API versions selects a block by the version that it is compiled with.
fn since_macro(version: ApiVersion, newest: ApiVersion) -> String {
    let (major, oldest) = (version.major, OLDEST_DOCUMENT.minor);
    let mut text = format!(
        "/// Expands to the first block if this crate is generated from the given API version or a later one, and otherwise to\n\
         /// the second, which may be omitted.\n\
         ///\n\
         /// ```\n\
         /// let names: &[&str] = docker_api::since!({major}.{oldest}, {{ &[\"new\"] }} else {{ &[\"old\"] }});\n\
         /// assert_eq!(names, [\"new\"]);\n\
         /// ```\n\
         ///\n\
         /// Anything but a version from {major}.{oldest} to {newest} does not compile:\n\
         ///\n\
         /// ```compile_fail\n\
         /// docker_api::since!(\"1.42\", {{}} else {{}});\n\
         /// ```\n\
         ///\n\
         /// ```compile_fail\n\
         /// docker_api::since!(1.5, {{}} else {{}});\n\
         /// ```\n\
         #[macro_export]\nmacro_rules! since {{\n"
    );
    for minor in oldest..=newest.minor {
        let block = if minor <= version.minor { "$($yes)*" } else { "$($($no)*)?" };
        text.push_str(&format!(
            "    ({major}.{minor}, {{ $($yes:tt)* }} $(else {{ $($no:tt)* }})?) => {{ {block} }};\n"
        ));
    }
    text.push_str(&format!(
        "    ($other:tt $($rest:tt)*) => {{\n        ::core::compile_error! {{\n            \
         concat!(\"expected an API version from {major}.{oldest} to {newest}, found `\", stringify!($other), \"`\")\n        \
         }}\n    }};\n}}\n"
    ));
    text
}

/// The name of a subject at the start of a sentence.
fn title(name: &str) -> String {
    casing::pascal(name)
}

/// What is about one subject.
#[derive(Default)]
struct Subject {
    operations: Vec<Code>,
    types: Vec<Type>,
}

fn operations_file(all: Vec<Code>, name: &str, docs: &docs::Docs, command: &str) -> String {
    let doc = docs::attributes(&docs.of_area(name));
    let (mut methods, mut pieces) = (Vec::new(), Vec::new());
    for code in all {
        methods.push(code.method);
        pieces.extend(code.builder);
    }
    let client = syn::parse_quote!(#(#doc)* impl Client { #(#methods)* });
    pieces.insert(0, Piece::item(client));
    let head = render::header(&format!("{} operations.", title(name)), command);
    head + &imports(&pieces, false) + &Piece::print(&pieces)
}

fn types_file(all: Vec<Type>, name: &str, command: &str) -> String {
    let own: BTreeSet<&str> = all.iter().map(|ty| ty.name.as_str()).collect();
    let mut used = all.iter().flat_map(|ty| &ty.uses);
    let others = used.any(|name| !paths::is_std(name) && !own.contains(name.as_str()));
    let pieces: Vec<Piece> = all.into_iter().flat_map(|ty| ty.code).collect();
    let head = render::header(&format!("{} types.", title(name)), command);
    head + &imports(&pieces, others) + &Piece::print(&pieces)
}

/// The subject of each type, in the order of the types: the one whose operations reach it, else [`SHARED`].
fn subjects(operations: &[Code], types: &[Type]) -> Vec<String> {
    let uses: BTreeMap<&str, &Type> = types.iter().map(|ty| (ty.name.as_str(), ty)).collect();
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for code in operations {
        let mut open: Vec<&str> = code.uses.iter().map(String::as_str).collect();
        while let Some(name) = open.pop() {
            let Some(ty) = uses.get(name) else { continue };
            if reached.entry(ty.name.as_str()).or_default().insert(&code.tag) {
                open.extend(ty.uses.iter().map(String::as_str));
            }
        }
    }
    types
        .iter()
        .map(|ty| {
            let mut tags = reached.get(ty.name.as_str()).into_iter().flatten();
            match (tags.next(), tags.next()) {
                (Some(tag), None) => casing::snake(tag),
                _ => SHARED.to_owned(),
            }
        })
        .collect()
}
