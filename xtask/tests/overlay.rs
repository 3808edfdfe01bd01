//! The methods of docker-client that the documentation of generated operations names exist.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Expr, ImplItem, Item, Lit, Meta, TraitItem, Visibility};

/// A builder of an operation, and a method of docker-client that its documentation names.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    operation: String,
    of: String,
    method: String,
}

/// What the sources of docker-client define.
#[derive(Default)]
struct Overlay {
    /// Public methods, by the name of their type or trait.
    methods: BTreeSet<(String, String)>,
    /// The identifiers of each file.
    files: Vec<BTreeSet<String>>,
}

#[test]
fn the_methods_that_the_documentation_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut named = BTreeSet::new();
    for file in sources(&root.join("docker-api/src/generated")) {
        collect(&file, &mut named);
    }
    let mut overlay = Overlay::default();
    for file in sources(&root.join("docker-client/src")) {
        overlay.add(&file);
    }
    assert!(named.len() > 40, "only {} methods are named in docker-api", named.len());
    let missing: Vec<&Named> = named.iter().filter(|named| !overlay.has(named)).collect();
    assert!(missing.is_empty(), "methods that docker-client does not have: {missing:#?}");
}

#[test]
fn a_method_that_does_not_exist_is_found() {
    let mut overlay = Overlay::default();
    overlay.add(&syn::parse_quote! {
        pub trait LogsExt { fn stream(self); }
        impl LogsExt for ContainerLogs { fn stream(self) {} }
        impl Docker { pub fn run(&self) {} fn private(&self) {} }
    });
    let named = |operation: &str, of: &str, method: &str| Named {
        operation: operation.to_owned(),
        of: of.to_owned(),
        method: method.to_owned(),
    };
    assert!(overlay.has(&named("ContainerLogs", "LogsExt", "stream")));
    assert!(overlay.has(&named("ContainerCreate", "Docker", "run")));
    assert!(!overlay.has(&named("ContainerLogs", "LogsExt", "lines")));
    assert!(!overlay.has(&named("TaskLogs", "LogsExt", "stream")));
    assert!(!overlay.has(&named("ContainerCreate", "Docker", "private")));
}

/// Adds the methods that the documentation of the builders in a file names, in lines such as ``- `LogsExt::stream` …``.
fn collect(file: &syn::File, named: &mut BTreeSet<Named>) {
    for item in &file.items {
        let Item::Struct(builder) = item else { continue };
        for attribute in &builder.attrs {
            let Meta::NameValue(doc) = &attribute.meta else { continue };
            let Expr::Lit(text) = &doc.value else { continue };
            let Lit::Str(text) = &text.lit else { continue };
            let text = text.value();
            let Some(rest) = text.trim().strip_prefix("- `") else { continue };
            let Some((of, method)) =
                rest.split_once('`').and_then(|(path, _)| path.split_once("::"))
            else {
                continue;
            };
            if of == "Docker" || of.ends_with("Ext") {
                named.insert(Named {
                    operation: builder.ident.to_string(),
                    of: of.to_owned(),
                    method: method.to_owned(),
                });
            }
        }
    }
}

impl Overlay {
    fn add(&mut self, file: &syn::File) {
        for item in &file.items {
            match item {
                Item::Trait(item) if matches!(item.vis, Visibility::Public(_)) => {
                    for member in &item.items {
                        if let TraitItem::Fn(method) = member {
                            let names = (item.ident.to_string(), method.sig.ident.to_string());
                            self.methods.insert(names);
                        }
                    }
                }
                Item::Impl(item) if item.trait_.is_none() => {
                    let syn::Type::Path(of) = &*item.self_ty else { continue };
                    let Some(of) = of.path.segments.last() else { continue };
                    for member in &item.items {
                        if let ImplItem::Fn(method) = member
                            && matches!(method.vis, Visibility::Public(_))
                        {
                            let names = (of.ident.to_string(), method.sig.ident.to_string());
                            self.methods.insert(names);
                        }
                    }
                }
                _ => {}
            }
        }
        let mut words = BTreeSet::new();
        add_words(quote::ToTokens::to_token_stream(file), &mut words);
        self.files.push(words);
    }

    /// Whether the method exists, and, for that of a trait, a file has both the trait and the builder: implementations are
    /// written by macros too.
    fn has(&self, named: &Named) -> bool {
        let implemented = |words: &BTreeSet<String>| {
            words.contains(&named.of) && words.contains(&named.operation)
        };
        self.methods.contains(&(named.of.clone(), named.method.clone()))
            && (named.of == "Docker" || self.files.iter().any(implemented))
    }
}

fn add_words(tokens: TokenStream, words: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => drop(words.insert(word.to_string())),
            TokenTree::Group(group) => add_words(group.stream(), words),
            _ => {}
        }
    }
}

/// Returns the parsed files of a directory and of those in it.
fn sources(directory: &Path) -> Vec<syn::File> {
    let mut directories: Vec<PathBuf> = vec![directory.to_owned()];
    let mut files = Vec::new();
    while let Some(next) = directories.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(syn::parse_file(&std::fs::read_to_string(path).unwrap()).unwrap());
            }
        }
    }
    files
}
