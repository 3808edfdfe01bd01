//! Finds by name what the sources of a Rust program use of docker-api and docker-client.
//!
//! Types are not resolved: a method call of the name `container_list` is taken for the operation, and a field of the name
//! `state` for every field `State` of what the operations that are called send and return. This reports too much rather than too
//! little.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use api_compare::model::{Api, Operation, Schema};
use api_compare::usage::{Fields, OperationUsage, Usage};
use codegen::casing::snake;
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::exit::bad_call;
use crate::files;

/// The operations that docker-client's own methods call.
const VERBS: &[(&str, &[&str])] = &[
    ("build", &["ImageBuild"]),
    ("copy_from", &["ContainerArchive", "ContainerArchiveInfo"]),
    ("copy_to", &["PutContainerArchive"]),
    ("events", &["SystemEvents"]),
    ("exec", &["ContainerExec", "ExecStart", "ExecInspect", "ExecResize"]),
    ("pull", &["ImageCreate"]),
    ("push", &["ImagePush"]),
    ("tag", &["ImageTag"]),
    (
        "run",
        &[
            "ContainerCreate",
            "ImageCreate",
            "ContainerAttach",
            "ContainerStart",
            "ContainerWait",
            "ContainerDelete",
            "ContainerResize",
        ],
    ),
    ("wait_healthy", &["ContainerInspect", "SystemEvents"]),
];

/// The operations of the methods of `docker_client::Container`, which a program gets from `container`.
const HANDLE: &[(&str, &str)] = &[
    ("attach", "ContainerAttach"),
    ("inspect", "ContainerInspect"),
    ("kill", "ContainerKill"),
    ("logs", "ContainerLogs"),
    ("remove", "ContainerDelete"),
    ("restart", "ContainerRestart"),
    ("start", "ContainerStart"),
    ("stop", "ContainerStop"),
    ("wait", "ContainerWait"),
];

/// The names in the sources of a program.
#[derive(Default)]
struct Names {
    /// The names of methods that are called.
    methods: BTreeSet<String>,
    /// The names of fields that are read, matched or set.
    fields: BTreeSet<String>,
}

/// Reads a Rust file, or the Rust files of a directory and those below it.
pub(super) fn read(path: &Path, apis: &[Api]) -> Result<Usage> {
    let mut names = Names::default();
    let sources = sources(path)?;
    if sources.is_empty() {
        return Err(bad_call(format!("--used-in {}: there is no Rust file", path.display())));
    }
    for file in sources {
        let text = files::read(&file)?;
        let code = syn::parse_file(&text).with_context(|| file.display().to_string())?;
        names.visit_file(&code);
    }
    Ok(names.usage(apis))
}

/// Returns the Rust files at `path`. Build directories and hidden ones are left out.
fn sources(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                found.extend(sources(&path)?);
            }
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

impl Names {
    fn usage(&self, apis: &[Api]) -> Usage {
        let mut usage = Usage::default();
        for operation in apis.iter().flat_map(|api| api.operations.values()) {
            let by_verb = VERBS.iter().any(|(verb, operations)| {
                self.methods.contains(*verb) && operations.contains(&operation.id.as_str())
            });
            let by_handle = self.methods.contains("container")
                && HANDLE
                    .iter()
                    .any(|(method, id)| self.methods.contains(*method) && *id == operation.id);
            if by_verb || by_handle || self.methods.contains(&snake(&operation.id)) {
                let used = usage.operations.entry(operation.id.clone()).or_insert_with(|| {
                    let reply = Fields::Paths(BTreeSet::new());
                    OperationUsage { reply, ..OperationUsage::default() }
                });
                self.add(operation, used);
            }
        }
        usage
    }

    /// Adds what the program uses of the operation in one version.
    fn add(&self, operation: &Operation, used: &mut OperationUsage) {
        for parameter in &operation.parameters {
            let filters = parameter.filters.iter().filter(|key| self.methods.contains(&snake(key)));
            used.filters.extend(filters.cloned());
            if parameter.required || self.methods.contains(&snake(&parameter.name)) {
                used.parameters.insert(parameter.name.clone());
            }
        }
        if let Some(body) = &operation.body
            && let Fields::Paths(paths) =
                used.body.get_or_insert_with(|| Fields::Paths(BTreeSet::new()))
        {
            self.paths(&body.schema, String::new(), paths);
        }
        for reply in operation.replies.values() {
            if let (Some(schema), Fields::Paths(paths)) = (&reply.schema, &mut used.reply) {
                self.paths(schema, String::new(), paths);
            }
        }
    }

    /// Adds the paths of the fields below `schema` whose names are all used.
    fn paths(&self, schema: &Schema, path: String, paths: &mut BTreeSet<String>) {
        for (name, field) in &schema.fields {
            if self.fields.contains(&snake(name)) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                self.paths(&field.schema, path.clone(), paths);
                paths.insert(path);
            }
        }
        for (inner, step) in [(&schema.items, "[]"), (&schema.values, "{}")] {
            if let Some(inner) = inner {
                self.paths(inner, format!("{path}{step}"), paths);
            }
        }
    }

    /// Adds the names behind dots in the arguments of a macro, which are no expressions to syn.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut after_dot = false;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let was = after_dot;
            after_dot = matches!(&token, TokenTree::Punct(dot) if dot.as_char() == '.');
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(name) if was => {
                    let called = matches!(tokens.peek(), Some(TokenTree::Group(_)));
                    let names = if called { &mut self.methods } else { &mut self.fields };
                    names.insert(name.to_string());
                }
                _ => {}
            }
        }
    }

    fn member(&mut self, member: &syn::Member) {
        if let syn::Member::Named(name) = member {
            self.fields.insert(name.to_string());
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.methods.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        // `Client::container_list` names a method as well.
        if let Some(name) = path.path.segments.last().filter(|_| path.path.segments.len() > 1) {
            self.methods.insert(name.ident.to_string());
        }
        visit::visit_expr_path(self, path);
    }

    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        self.member(&field.member);
        visit::visit_expr_field(self, field);
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        self.member(&field.member);
        visit::visit_field_value(self, field);
    }

    fn visit_field_pat(&mut self, field: &'ast syn::FieldPat) {
        self.member(&field.member);
        visit::visit_field_pat(self, field);
    }

    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        self.tokens(found.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_expressions_patterns_and_macros() {
        let code = "fn main() {
            let body = Body { image: None, ..x };
            let Config { labels, .. } = docker.container_create(body).name(\"a\");
            println!(\"{}\", container.state.unwrap().status);
            let list = Client::container_list;
        }";
        let mut names = Names::default();
        names.visit_file(&syn::parse_file(code).unwrap());
        assert_eq!(names.fields, ["image", "labels", "state", "status"].map(String::from).into());
        assert_eq!(
            names.methods,
            ["container_create", "container_list", "name", "unwrap"].map(String::from).into()
        );
    }

    #[test]
    fn every_operation_of_a_verb_exists() {
        let root = crate::workspace::root();
        let newest = *crate::package::versions(&root).unwrap().last().unwrap();
        let document = crate::package::document(&root, newest).unwrap();
        let api = Api::read("newest", &document).unwrap();
        for (method, id) in HANDLE {
            assert!(api.operations.contains_key(*id), "{method}: {id}");
        }
        for (verb, operations) in VERBS {
            for id in *operations {
                assert!(api.operations.contains_key(*id), "{verb}: {id}");
            }
        }
    }
}
