//! Pieces of generated code before they are printed, and the imports that they need.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};

use crate::render;

/// A piece of a generated file.
#[derive(Debug)]
pub enum Piece {
    /// An item.
    Item(Box<syn::Item>),
    /// A call of a macro of the runtime, as text, because prettyplease does not format inside of macros.
    Macro {
        /// The name of the macro.
        name: &'static str,
        /// The text of the call.
        text: String,
    },
}

impl Piece {
    /// Makes a piece of an item.
    pub(super) fn item(item: syn::Item) -> Self {
        Self::Item(Box::new(item))
    }

    /// The code as it is in a file, with an empty line in front of each piece.
    pub(super) fn print(pieces: &[Self]) -> String {
        let mut text = String::new();
        for piece in pieces {
            text.push('\n');
            match piece {
                Self::Item(item) => {
                    let mut file: syn::File = syn::parse_quote!();
                    file.items.push((**item).clone());
                    text.push_str(&render::unparse(&file));
                }
                Self::Macro { text: call, .. } => text.push_str(call),
            }
        }
        text
    }
}

/// Where each name is that generated code uses without a path.
const IMPORTS: &[(&str, &[&str])] = &[
    ("std::borrow", &["Borrow"]),
    ("std::collections", &["BTreeMap", "BTreeSet"]),
    ("serde_json", &["Map", "Value"]),
    ("crate", &["Client", "types"]),
    (
        "docker_core",
        &[
            "Body",
            "BodyField",
            "ByteStream",
            "Error",
            "Operation",
            "Parameter",
            "RegistryCredentials",
            "Request",
            "Response",
            "ResponseKind",
            "StreamingResponse",
            "UnixTime",
            "Upgraded",
            "Variables",
        ],
    ),
    ("docker_core::generated", &["Hidden", "Masked", "filters", "members", "string_enum"]),
];

/// The `use` lines that the pieces of a file need. With `all_types`, the types of the API are in scope by their names.
pub(super) fn imports(pieces: &[Piece], all_types: bool) -> String {
    let mut names = Names(BTreeSet::new());
    for piece in pieces {
        match piece {
            Piece::Item(item) => names.visit_item(item),
            Piece::Macro { name, .. } => drop(names.0.insert((*name).to_owned())),
        }
    }
    let mut lines = Vec::new();
    for (module, known) in IMPORTS {
        let used: Vec<&str> = known.iter().copied().filter(|it| names.0.contains(*it)).collect();
        match used.as_slice() {
            [] => {}
            [one] => lines.push(format!("use {module}::{one};")),
            many => lines.push(format!("use {module}::{{{}}};", many.join(", "))),
        }
    }
    if all_types {
        lines.push("use crate::types::*;".to_owned());
    }
    if lines.is_empty() { String::new() } else { format!("\n{}\n", lines.join("\n")) }
}

/// The first names of all paths.
struct Names(BTreeSet<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.extend(path.segments.first().map(|segment| segment.ident.to_string()));
        visit::visit_path(self, path);
    }
}
