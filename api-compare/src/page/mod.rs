//! All versions in one HTML page to search and browse, which needs neither a network nor a server.
//!
//! The page is `page.html`, `page.css` and `page.js`; this module adds the data. Equal subtrees of fields are stored
//! once, and so is a change, with all pairs of versions that have it: the page shows any pair without comparing.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::{
    change::{Change, Place},
    diff::compare,
    history::{Facts, History, Presence, ValueHistory},
    model::Api,
    report::order,
    rules::Level,
};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a page shows besides the documents.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The name of the API, for the title.
    pub title: &'a str,
    /// Returns the name of an operation, parameter or field in a Rust client that is generated from the documents.
    /// Without it, the page shows no Rust names.
    pub rust: Option<&'a dyn Fn(&str) -> String>,
}

impl std::fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("title", &self.title).finish_non_exhaustive()
    }
}

/// Renders the page of these versions, oldest first.
///
/// # Errors
///
/// Returns an error if the data cannot be written as JSON, which is not expected to happen.
pub fn render(apis: &[&Api], settings: Settings<'_>) -> Result<String, serde_json::Error> {
    let data = serde_json::to_string(&data(apis, settings))?;
    // Nothing in the data may end the element that holds it.
    let data = data.replace('<', "\\u003c");
    let title = match apis {
        [first, .., last] => format!("{} {} to {}", settings.title, first.label, last.label),
        _ => settings.title.to_owned(),
    };
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    Ok(PAGE
        .replace("{{title}}", &title)
        .replace("{{style}}", STYLE.trim_end())
        .replace("{{script}}", SCRIPT.trim_end())
        .replace("{{data}}", &data))
}

/// The data of the page. Keys are short and most values are indices into tables, because there are ten thousand of most
/// things.
#[derive(Serialize)]
struct Data {
    versions: Vec<String>,
    /// Runs of versions, by their positions.
    spans: Vec<Vec<(usize, usize)>>,
    nodes: Vec<Node>,
    operations: Vec<Operation>,
    paths: Vec<String>,
    rules: Vec<&'static str>,
    changes: Vec<Record>,
    /// The name in Rust, where that differs.
    rust: BTreeMap<String, String>,
}

/// A parameter or field.
#[derive(Serialize, PartialEq, Eq, Hash, Clone)]
struct Node {
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "s")]
    spans: usize,
    #[serde(rename = "k")]
    kind: String,
    /// The named schema that declares it.
    #[serde(rename = "o", skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// The facts about it in words.
    #[serde(rename = "f", skip_serializing_if = "Vec::is_empty")]
    facts: Vec<String>,
    #[serde(rename = "v", skip_serializing_if = "Vec::is_empty")]
    values: Vec<(String, usize)>,
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    children: Vec<usize>,
}

#[derive(Serialize)]
struct Operation {
    id: String,
    method: String,
    path: String,
    tag: String,
    #[serde(rename = "s")]
    spans: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    former: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rust: Option<String>,
    parameters: Vec<usize>,
    body: Vec<usize>,
    reply: Vec<usize>,
}

#[derive(Serialize)]
struct Record {
    id: String,
    #[serde(rename = "r")]
    rule: usize,
    #[serde(rename = "l")]
    level: usize,
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "t")]
    text: String,
    /// Operation, level there, part, path.
    #[serde(rename = "a")]
    at: Vec<(usize, usize, char, usize)>,
    /// Rectangles of pairs: from the first to the second position, to the third to the fourth.
    #[serde(rename = "p")]
    pairs: Vec<(usize, usize, usize, usize)>,
}

/// A table that holds each item once.
struct Table<T> {
    items: Vec<T>,
    known: HashMap<T, usize>,
}

impl<T: Clone + Eq + std::hash::Hash> Table<T> {
    fn new() -> Self {
        Self { items: Vec::new(), known: HashMap::new() }
    }

    fn add(&mut self, item: T) -> usize {
        let next = self.items.len();
        let index = *self.known.entry(item.clone()).or_insert(next);
        if index == next {
            self.items.push(item);
        }
        index
    }
}

struct Builder<'a> {
    settings: Settings<'a>,
    spans: Table<Vec<(usize, usize)>>,
    nodes: Table<Node>,
    paths: Table<String>,
    rust: BTreeMap<String, String>,
}

fn data(apis: &[&Api], settings: Settings<'_>) -> Data {
    let history = History::new(apis);
    let mut builder = Builder {
        settings,
        spans: Table::new(),
        nodes: Table::new(),
        paths: Table::new(),
        rust: BTreeMap::new(),
    };
    let operations = builder.operations(&history);
    let indices: BTreeMap<String, usize> = operations
        .iter()
        .enumerate()
        .map(|(index, operation)| (operation.id.clone(), index))
        .collect();
    let index = |id: &str| indices.get(history.newest_id(id)?).copied();
    let mut rules = Table::new();
    let changes = changes(apis)
        .into_iter()
        .map(|(change, pairs)| Record {
            id: change.id(),
            rule: rules.add(change.rule.id),
            level: number(change.level),
            name: change.subject.to_string(),
            text: change.text(),
            at: change
                .sites
                .iter()
                .filter_map(|site| {
                    let part = match site.place {
                        Place::Whole => 'o',
                        Place::Parameter => 'p',
                        Place::Body => 'b',
                        Place::Reply(_) => 'r',
                    };
                    let path = builder.paths.add(site.path.clone());
                    Some((index(&site.operation)?, number(change.level_at(site)), part, path))
                })
                .collect(),
            pairs: rectangles(&pairs),
        })
        .collect();
    Data {
        versions: apis.iter().map(|api| api.label.clone()).collect(),
        spans: builder.spans.items,
        nodes: builder.nodes.items,
        operations,
        paths: builder.paths.items,
        rules: rules.items,
        changes,
        rust: builder.rust,
    }
}

fn number(level: Level) -> usize {
    match level {
        Level::Info => 0,
        Level::Warning => 1,
        Level::Breaking => 2,
    }
}

/// All changes between any two versions, each with the pairs that have it.
fn changes(apis: &[&Api]) -> Vec<(Change, Vec<(usize, usize)>)> {
    let mut pairs: HashMap<Change, Vec<(usize, usize)>> = HashMap::new();
    for (from, old) in apis.iter().enumerate() {
        for (to, new) in apis.iter().enumerate().skip(from + 1) {
            for change in compare(old, new) {
                pairs.entry(change).or_default().push((from, to));
            }
        }
    }
    let mut changes: Vec<(Change, Vec<(usize, usize)>)> = pairs.into_iter().collect();
    changes.sort_by(|(one, first), (other, second)| {
        order(one)
            .cmp(&order(other))
            .then_with(|| one.sites.cmp(&other.sites))
            .then_with(|| first.cmp(second))
    });
    changes
}

/// Covers sorted pairs with rectangles: rows with the same run of ends are put together.
fn rectangles(pairs: &[(usize, usize)]) -> Vec<(usize, usize, usize, usize)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for &(from, to) in pairs {
        match runs.last_mut() {
            Some((row, _, last)) if *row == from && *last + 1 == to => *last = to,
            _ => runs.push((from, to, to)),
        }
    }
    let mut rectangles: Vec<(usize, usize, usize, usize)> = Vec::new();
    for (row, first, last) in runs {
        let above = rectangles
            .iter_mut()
            .find(|(_, end, a, b)| *end + 1 == row && (*a, *b) == (first, last));
        match above {
            Some((_, end, _, _)) => *end = row,
            None => rectangles.push((row, row, first, last)),
        }
    }
    rectangles
}

impl Builder<'_> {
    fn operations(&mut self, history: &History) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (id, operation) in history.operations() {
            let parameters = operation
                .parameters
                .iter()
                .map(|(name, parameter)| {
                    self.name(name);
                    self.node(name, parameter, Vec::new())
                })
                .collect();
            operations.push(Operation {
                id: id.clone(),
                method: operation.method.clone(),
                path: operation.path.clone(),
                tag: operation.tag.clone(),
                spans: self.presence(&operation.presence),
                former: operation.former_ids.iter().cloned().collect(),
                rust: self.settings.rust.map(|rust| rust(id)),
                parameters,
                body: self.fields(&operation.body),
                reply: self.fields(&operation.reply),
            });
        }
        operations
    }

    /// The tree of the fields; its root is the only one of its level.
    fn fields(&mut self, fields: &BTreeMap<String, ValueHistory>) -> Vec<usize> {
        let mut tree: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for path in fields.keys().filter(|path| !path.is_empty()) {
            let (above, step) = split(path, fields);
            tree.entry(above).or_default().push((step, path));
        }
        fields.get("").map(|root| self.subtree("", "", root, fields, &tree)).into_iter().collect()
    }

    fn subtree(
        &mut self,
        step: &str,
        path: &str,
        value: &ValueHistory,
        fields: &BTreeMap<String, ValueHistory>,
        tree: &BTreeMap<&str, Vec<(&str, &str)>>,
    ) -> usize {
        let below = tree.get(path).into_iter().flatten();
        let children = below
            .filter_map(|(step, path)| {
                Some(self.subtree(step, path, fields.get(*path)?, fields, tree))
            })
            .collect();
        self.name(step);
        self.node(step, value, children)
    }

    fn node(&mut self, name: &str, value: &ValueHistory, children: Vec<usize>) -> usize {
        // An enum of one empty object states that it has no fields, as the type does.
        let values = value.values.iter().filter(|(value, _)| *value != "{}");
        let values =
            values.map(|(value, presence)| (value.clone(), self.presence(presence))).collect();
        let node = Node {
            name: name.to_owned(),
            spans: self.presence(&value.presence),
            kind: value.facts.kind.clone(),
            owner: value.owner.clone(),
            facts: words(&value.facts),
            values,
            children,
        };
        self.nodes.add(node)
    }

    fn presence(&mut self, presence: &Presence) -> usize {
        let spans = presence.spans().iter().map(|span| (span.first, span.last));
        self.spans.add(spans.collect())
    }

    fn name(&mut self, name: &str) {
        let Some(rust) = self.settings.rust.map(|rust| rust(name)) else { return };
        if !name.starts_with(['[', '{']) && !name.is_empty() && rust != name {
            self.rust.insert(name.to_owned(), rust);
        }
    }
}

/// Returns the path of what holds a field, and the last step to the field. A name may contain a dot: `os.version`.
fn split<'a>(path: &'a str, fields: &BTreeMap<String, ValueHistory>) -> (&'a str, &'a str) {
    let ends =
        path.char_indices().rev().filter(|(_, character)| matches!(character, '.' | '[' | '{'));
    for (end, character) in ends {
        let (above, rest) = path.split_at(end);
        let step = if character == '.' { rest.get(1..).unwrap_or_default() } else { rest };
        let holds = fields.get(above).is_some_and(|above| above.facts.kind != "string");
        if holds && !above.is_empty() || above.is_empty() && character != '.' {
            return (above, step);
        }
    }
    ("", path)
}

/// Returns the facts that are worth mentioning.
fn words(facts: &Facts) -> Vec<String> {
    let mut words = Vec::new();
    if facts.required {
        words.push("required".to_owned());
    }
    match facts.deprecated.as_deref() {
        Some("") => words.push("deprecated".to_owned()),
        Some(said) => words.push(format!("deprecated {said}")),
        None => {}
    }
    words.extend(facts.unit.iter().map(|unit| format!("in {unit}")));
    words.extend(facts.platform.iter().map(|platform| format!("{platform} only")));
    words.extend(facts.default.iter().map(|default| format!("default {default}")));
    words
}

#[cfg(test)]
mod tests {
    use super::rectangles;

    #[test]
    fn rectangles_cover_exactly_the_pairs() {
        // A change between the positions 1 and 2 of 5 versions, and one that is there for some pairs only.
        for pairs in [
            vec![(0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4)],
            vec![(0, 1), (0, 3), (2, 3)],
            vec![],
        ] {
            let found = rectangles(&pairs);
            let mut covered: Vec<(usize, usize)> = found
                .iter()
                .flat_map(|&(a, b, c, d)| {
                    (a..=b).flat_map(move |from| (c..=d).map(move |to| (from, to)))
                })
                .collect();
            covered.sort_unstable();
            assert_eq!(covered, pairs);
        }
        assert_eq!(rectangles(&[(0, 2), (0, 3), (1, 2), (1, 3)]), [(0, 1, 2, 3)]);
    }
}
