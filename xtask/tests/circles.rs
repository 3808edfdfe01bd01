//! No module depends on a module that depends on it in turn, neither directly nor through others.
//!
//! A module is a file. It depends on another one if it names something that is defined there, in its own code; a re-export
//! alone is not a dependency, and neither is a test. The same holds for the directories directly below `src`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, UseTree, Visibility};

/// The segments of a path below the root of a crate.
type Segments = Vec<String>;

type Graph = BTreeMap<Segments, BTreeSet<Segments>>;

#[derive(Default)]
struct Module {
    /// What `use` brings into the module: the name, what it stands for, and whether it is re-exported.
    uses: Vec<(String, Segments, bool)>,
    /// The paths that the code names.
    paths: BTreeSet<Segments>,
    /// The single words of the code.
    words: BTreeSet<String>,
}

#[test]
fn no_module_depends_on_itself_through_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut crates: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").is_file() && path.join("src").is_dir())
        .collect();
    crates.sort();
    let mut circles = Vec::new();
    for path in crates {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (files, directories) = dependencies(&path.join("src"));
        let found: Vec<String> = [&files, &directories]
            .into_iter()
            .flat_map(|graph| components(graph).into_iter().map(|circle| describe(graph, &circle)))
            .collect();
        circles.extend(found.into_iter().map(|circle| format!("{name}: {circle}")));
    }
    assert!(circles.is_empty(), "modules that depend on each other:\n{}", circles.join("\n"));
}

/// The dependencies between the files below `src`, and between the directories that they are in.
fn dependencies(src: &Path) -> (Graph, Graph) {
    let mut modules = BTreeMap::new();
    for root in ["lib.rs", "main.rs"].map(|name| src.join(name)) {
        if root.is_file() {
            read(&root, src, Vec::new(), &mut modules);
        }
    }
    let mut files = Graph::new();
    let mut directories = Graph::new();
    for (at, module) in &modules {
        let own = |(name, _, exported): &&(String, Segments, bool)| {
            !exported || module.words.contains(name)
        };
        let used = module.uses.iter().filter(own).map(|(_, path, _)| path);
        for path in used.chain(&module.paths) {
            let Some(target) = resolve(&modules, at, path, 0) else { continue };
            if target != *at && !target.is_empty() {
                files.entry(at.clone()).or_default().insert(target.clone());
            }
            if let (Some(from), Some(to)) = (at.first(), target.first())
                && from != to
            {
                directories.entry(vec![from.clone()]).or_default().insert(vec![to.clone()]);
            }
        }
    }
    (files, directories)
}

fn read(file: &Path, directory: &Path, at: Segments, modules: &mut BTreeMap<Segments, Module>) {
    let text = std::fs::read_to_string(file).unwrap();
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    let mut module = Module::default();
    for item in parsed.items {
        if attributes(&item).iter().any(is_test) {
            continue;
        }
        match item {
            Item::Mod(child) if child.content.is_none() => {
                let name = child.ident.to_string();
                let below = directory.join(&name);
                let path = [directory.join(format!("{name}.rs")), below.join("mod.rs")];
                if let Some(path) = path.iter().find(|path| path.is_file()) {
                    let at = at.iter().cloned().chain([name]).collect();
                    read(path, &below, at, modules);
                }
            }
            Item::Use(item) => {
                let exported = !matches!(item.vis, Visibility::Inherited);
                flatten(&item.tree, &mut Vec::new(), &mut |name, path| {
                    module.uses.push((name, path, exported));
                });
            }
            item => walk(item.to_token_stream(), &mut module),
        }
    }
    modules.entry(at).or_insert(module);
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attribute: &Attribute) -> bool {
    let text = attribute.meta.to_token_stream().to_string();
    text.starts_with("cfg") && (text.contains("(test") || text.contains("(doctest"))
}

fn flatten(tree: &UseTree, before: &mut Segments, found: &mut impl FnMut(String, Segments)) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            found(before.last().cloned().unwrap_or_default(), before.clone());
        }
        UseTree::Name(name) => {
            let path = before.iter().cloned().chain([name.ident.to_string()]).collect();
            found(name.ident.to_string(), path);
        }
        UseTree::Rename(rename) => {
            let path = before.iter().cloned().chain([rename.ident.to_string()]).collect();
            found(rename.rename.to_string(), path);
        }
        UseTree::Glob(_) => found("*".to_owned(), before.clone()),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before, found);
            }
        }
    }
}

/// Collects the words and the paths of some code, those in macros too.
fn walk(tokens: TokenStream, module: &mut Module) {
    let mut path = Segments::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(word) => {
                if colons != 2 {
                    finish(&mut path, module);
                }
                module.words.insert(word.to_string());
                path.push(word.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                finish(&mut path, module);
                colons = 0;
                walk(group.stream(), module);
            }
            _ => {
                finish(&mut path, module);
                colons = 0;
            }
        }
    }
    finish(&mut path, module);
}

fn finish(path: &mut Segments, module: &mut Module) {
    let path = std::mem::take(path);
    if path.len() > 1 {
        module.paths.insert(path);
    }
}

/// The module that defines what `path` names in the module `at`, if it is one of this crate.
fn resolve(
    modules: &BTreeMap<Segments, Module>,
    at: &Segments,
    path: &[String],
    depth: usize,
) -> Option<Segments> {
    let mut current = at.clone();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => {
            current.clear();
            rest = &path[1..];
        }
        "self" => rest = &path[1..],
        "super" => {
            while rest.first().is_some_and(|first| first == "super") {
                current.pop();
                rest = &rest[1..];
            }
        }
        first => {
            let child: Segments = current.iter().cloned().chain([first.to_owned()]).collect();
            if !modules.contains_key(&child) {
                return None;
            }
        }
    }
    for (index, name) in rest.iter().enumerate() {
        let child: Segments = current.iter().cloned().chain([name.clone()]).collect();
        if modules.contains_key(&child) {
            current = child;
            continue;
        }
        let module = modules.get(&current)?;
        if let Some((_, path, _)) = module.uses.iter().find(|(known, _, _)| known == name) {
            // A name that a module imports may itself be one that another module imports.
            if depth > 8 || path == rest {
                return None;
            }
            let path: Segments = path.iter().chain(&rest[index + 1..]).cloned().collect();
            return resolve(modules, &current, &path, depth + 1);
        }
        return Some(current);
    }
    Some(current)
}

/// The groups of nodes that can all reach each other.
fn components(graph: &Graph) -> Vec<BTreeSet<Segments>> {
    let reachable: BTreeMap<&Segments, BTreeSet<&Segments>> = graph
        .keys()
        .map(|start| {
            let mut seen = BTreeSet::new();
            let mut open = vec![start];
            while let Some(node) = open.pop() {
                open.extend(
                    graph.get(node).into_iter().flatten().filter(|next| seen.insert(*next)),
                );
            }
            (start, seen)
        })
        .collect();
    let mut found = BTreeSet::new();
    for (start, seen) in &reachable {
        let group: BTreeSet<Segments> = seen
            .iter()
            .filter(|node| reachable.get(*node).is_some_and(|back| back.contains(start)))
            .map(|node| (*node).clone())
            .collect();
        if !group.is_empty() {
            found.insert(group);
        }
    }
    found.into_iter().collect()
}

fn describe(graph: &Graph, circle: &BTreeSet<Segments>) -> String {
    let mut edges = Vec::new();
    for from in circle {
        for to in graph[from].intersection(circle) {
            edges.push(format!("{} -> {}", from.join("::"), to.join("::")));
        }
    }
    edges.join(", ")
}

#[test]
fn a_circle_is_found_and_a_re_export_is_not_one() {
    let directory = tempfile::tempdir().unwrap();
    let src = directory.path();
    let write = |name: &str, text: &str| {
        let path = src.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod a;\nmod b;\nmod room;");
    write("a.rs", "use crate::b::B;\npub struct A(B);");
    write("b.rs", "pub struct B;\nfn f() { let _ = crate::a::A; }");
    write("room/mod.rs", "mod c;\npub use self::c::C;\npub(crate) fn help() {}");
    write("room/c.rs", "use super::help;\npub struct C;");
    let (files, directories) = dependencies(src);
    let circle = |graph| components(graph).iter().map(|it| describe(graph, it)).collect::<Vec<_>>();
    assert_eq!(circle(&files), ["a -> b, b -> a"]);
    assert_eq!(circle(&directories), ["a -> b, b -> a"]);
}
