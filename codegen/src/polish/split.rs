//! Splits the generated code into files by what it is about.

use std::collections::{BTreeMap, BTreeSet};

use super::{docs, operations::Code, paths, root, types::Type};
use crate::{casing, render, versions::ApiVersion};

/// Where types go that several subjects use, or none.
const SHARED: &str = "shared";

/// Lays operations and types out in files: a folder per tag with its operations and the types that only
/// they use.
pub fn files(
    docs: &docs::Docs,
    command: &str,
    operations: &[Code],
    types: &[Type],
) -> BTreeMap<String, String> {
    let version = docs.version;
    let subjects = subjects(operations, types);
    let mut rooms: BTreeMap<String, Room<'_>> = BTreeMap::new();
    for code in operations {
        rooms.entry(casing::snake(&code.tag)).or_default().operations.push(code);
    }
    for ty in types {
        rooms.entry(subjects[ty.name.as_str()].clone()).or_default().types.push(ty);
    }
    let mut files = BTreeMap::from([
        ("lib.rs".to_owned(), root::lib(version, command)),
        ("generated/client.rs".to_owned(), root::client(version, command)),
    ]);
    let mut modules = String::new();
    let mut all_types = String::new();
    let mut all_operations = String::new();
    for (name, room) in &rooms {
        modules.push_str(&format!("mod {name};\n"));
        let mut parts = String::new();
        if !room.operations.is_empty() {
            parts.push_str("pub(super) mod operations;\n");
            all_operations.push_str(&format!("    pub use super::{name}::operations::*;\n"));
            files.insert(
                format!("generated/{name}/operations.rs"),
                room.operations_file(name, docs, command),
            );
        }
        if !room.types.is_empty() {
            parts.push_str("pub(super) mod types;\n");
            all_types.push_str(&format!("    pub use super::{name}::types::*;\n"));
            files.insert(format!("generated/{name}/types.rs"), room.types_file(name, command));
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

/// The macro by which code for several API versions learns which one it got: it needs neither a cargo feature nor a
/// build script.
fn since_macro(version: ApiVersion, newest: ApiVersion) -> String {
    let (major, oldest) = (version.major, docs::OLDEST);
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

#[derive(Default)]
struct Room<'a> {
    operations: Vec<&'a Code>,
    types: Vec<&'a Type>,
}

impl Room<'_> {
    fn operations_file(&self, name: &str, docs: &docs::Docs, command: &str) -> String {
        let mut text = render::header(&format!("{} operations.", title(name)), command);
        let methods: String = self.operations.iter().map(|code| code.method.as_str()).collect();
        let builders: String =
            self.operations.iter().map(|code| format!("\n{}", code.builder)).collect();
        let body = merge_impls(&methods, &docs.of_area(name)) + &builders;
        text.push_str(&imports(&body, body.contains("types::").then_some("types")));
        text.push_str(&body);
        text
    }

    fn types_file(&self, name: &str, command: &str) -> String {
        let mut text = render::header(&format!("{} types.", title(name)), command);
        let body: String = self.types.iter().map(|ty| format!("\n{}", ty.text)).collect();
        let own: BTreeSet<&str> = self.types.iter().map(|ty| ty.name.as_str()).collect();
        let others = self
            .types
            .iter()
            .flat_map(|ty| &ty.uses)
            .any(|name| !paths::is_std(name) && !own.contains(name.as_str()));
        text.push_str(&imports(&body, others.then_some("types::*")));
        text.push_str(&body);
        text
    }
}

/// The methods of one subject stand in one `impl Client`, below lines of rustdoc.
fn merge_impls(methods: &str, doc: &[String]) -> String {
    let doc: String =
        doc.iter().map(|line| format!("/// {line}").trim_end().to_owned() + "\n").collect();
    methods.replace("}\nimpl Client {\n", "\n").replacen(
        "impl Client {\n",
        &format!("\n{doc}impl Client {{\n"),
        1,
    )
}

/// The `use` lines that `body` needs.
fn imports(body: &str, types: Option<&str>) -> String {
    let words: BTreeSet<&str> =
        body.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let pick = |names: &[&'static str]| -> Vec<&'static str> {
        names.iter().copied().filter(|name| words.contains(name)).collect()
    };
    let mut lines = Vec::new();
    for (path, names) in [
        ("std::borrow", pick(&["Borrow"])),
        ("std::collections", pick(&["BTreeMap", "BTreeSet"])),
        (
            "serde_json",
            pick(&["Map", "Value"]).into_iter().filter(|n| uses_name(body, n)).collect(),
        ),
    ] {
        if !names.is_empty() {
            lines.push(format!("use {path}::{};", braces(&names)));
        }
    }
    let runtime: Vec<&str> = [
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
        "Upgraded",
        "Variables",
    ]
    .into_iter()
    .filter(|name| body.contains("impl Client {") && uses_name(body, name))
    .collect();
    let macros = pick(&["Hidden", "Masked", "members", "string_enum"]);
    let macros: Vec<_> = macros.into_iter().filter(|name| uses_name(body, name)).collect();
    if let Some(types) = types {
        lines.push(format!("use crate::{types};"));
    }
    if body.contains("impl Client {") {
        lines.push("use crate::Client;".to_owned());
    }
    if !runtime.is_empty() {
        lines.push(format!("use docker_core::{};", braces(&runtime)));
    }
    if !macros.is_empty() {
        lines.push(format!("use docker_core::generated::{};", braces(&macros)));
    }
    if lines.is_empty() { String::new() } else { format!("\n{}\n", lines.join("\n")) }
}

/// Whether the name stands in code, not only in a comment or between quotes.
fn uses_name(body: &str, name: &str) -> bool {
    let code = body.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut words = code
        .flat_map(|line| line.split('"').step_by(2))
        .flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    words.any(|word| word == name)
}

fn braces(names: &[&str]) -> String {
    match names {
        [one] => (*one).to_owned(),
        many => format!("{{{}}}", many.join(", ")),
    }
}

/// The subject of each type: the one whose operations reach it, else [`SHARED`].
fn subjects<'a>(operations: &'a [Code], types: &'a [Type]) -> BTreeMap<&'a str, String> {
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
            let subject = match (tags.next(), tags.next()) {
                (Some(tag), None) => casing::snake(tag),
                _ => SHARED.to_owned(),
            };
            (ty.name.as_str(), subject)
        })
        .collect()
}
