//! Compares two schemas at one place: structure, allowed values, defaults, limits and facts.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use super::{Comparer, Position, rename};
use crate::{
    change::Subject,
    model::{Field, Schema},
    rules::{self, Rule},
};

impl Comparer<'_> {
    /// Compares the schemas at `position` of both documents.
    pub(super) fn schema(&mut self, old: &Schema, new: &Schema, position: &Position) {
        if old.exact() == new.exact() {
            return;
        }
        let place = position;
        let position = self.enter(old, new, position.clone());
        let same_types = self.types(old, new, &position);
        // A fact that is stated beside a reference belongs to the place and not to the schema.
        let remarked = old.remarked || new.remarked;
        self.facts(old, new, if remarked { place } else { &position }, same_types);
        if old.is_record() && new.is_record() {
            self.fields(old, new, &position);
        } else if same_types {
            self.contents(old, new, &position);
        }
        match (&old.items, &new.items) {
            (Some(old), Some(new)) => self.schema(old, new, &position.down("[]")),
            (Some(_), None) if same_types => {
                self.record(rules::TYPE_DROPPED, &position, old.describe_type(), "")
            }
            (None, Some(_)) if same_types => {
                self.record(rules::TYPE_STATED, &position, "", new.describe_type())
            }
            _ => {}
        }
    }

    /// Returns the place as that of the named schema, if it is one in either document, and records that its name has
    /// changed.
    fn enter(&mut self, old: &Schema, new: &Schema, position: Position) -> Position {
        let Some(name) = new.name.as_ref().or(old.name.as_ref()) else { return position };
        let was = old.name.as_ref().filter(|was| *was != name).cloned();
        let position = position.within(name.clone(), was, "");
        if let Some(was) = &position.was
            && !self.new.schemas.contains_key(was)
            && !self.old.schemas.contains_key(name)
        {
            self.record(rules::SCHEMA_RENAMED, &position, was, name);
        }
        position
    }

    /// Compares the JSON types, and returns whether they are the same.
    fn types(&mut self, old: &Schema, new: &Schema, position: &Position) -> bool {
        if old.types == new.types {
            return true;
        }
        let in_url = matches!(position.subject, Subject::Parameter { .. } | Subject::Header { .. });
        let rule = if old.types.is_empty() {
            rules::TYPE_STATED
        } else if new.types.is_empty() {
            rules::TYPE_DROPPED
        } else if widens(&old.types, &new.types) || (in_url && covers(new, old)) {
            rules::TYPE_WIDENED
        } else if widens(&new.types, &old.types) || (in_url && covers(old, new)) {
            rules::TYPE_NARROWED
        } else {
            rules::TYPE_CHANGED
        };
        self.record(rule, position, old.describe_type(), new.describe_type());
        false
    }

    /// Compares objects of which one has no named fields.
    fn contents(&mut self, old: &Schema, new: &Schema, position: &Position) {
        let names = |schema: &Schema| {
            let names: Vec<&str> = schema.fields.keys().map(String::as_str).collect();
            names.join(", ")
        };
        match (old.is_record(), &old.values, new.is_record(), &new.values) {
            (false, Some(old), false, Some(new)) => self.schema(old, new, &position.down("{}")),
            (true, _, false, Some(_)) => {
                self.record(rules::OBJECT_BECAME_MAP, position, names(old), new.describe_type());
            }
            (false, Some(_), true, _) => {
                self.record(rules::MAP_BECAME_OBJECT, position, old.describe_type(), names(new));
            }
            (true, ..) | (_, Some(_), ..) => {
                self.record(rules::TYPE_DROPPED, position, contents(old), "")
            }
            (.., true, _) | (.., Some(_)) => {
                self.record(rules::TYPE_STATED, position, "", contents(new))
            }
            (false, None, false, None) => {}
        }
    }

    fn fields(&mut self, old: &Schema, new: &Schema, position: &Position) {
        let gone: Vec<(&str, &Schema)> = only_in(&old.fields, &new.fields);
        let come: Vec<(&str, &Schema)> = only_in(&new.fields, &old.fields);
        let renamed: BTreeMap<&str, &str> =
            rename::pairs(&gone, &come).into_iter().map(|(from, to)| (to, from)).collect();
        let was_renamed: BTreeSet<&str> = renamed.values().copied().collect();
        for (name, field) in &old.fields {
            if !new.fields.contains_key(name) && !was_renamed.contains(name.as_str()) {
                let rule = if field.required {
                    rules::REQUIRED_FIELD_REMOVED
                } else {
                    rules::FIELD_REMOVED
                };
                self.record(
                    rule,
                    &at_field(position, name, None, Some(field)),
                    field.schema.describe(),
                    "",
                );
            }
        }
        for (name, field) in &new.fields {
            let from = renamed.get(name.as_str()).copied();
            let before = old.fields.get(from.unwrap_or(name));
            let position = at_field(position, name, before, Some(field));
            let Some(before) = before else {
                let rule =
                    if field.required { rules::REQUIRED_FIELD_ADDED } else { rules::FIELD_ADDED };
                self.record(rule, &position, "", field.schema.describe());
                continue;
            };
            if let Some(from) = from {
                self.record(rules::FIELD_RENAMED, &position, from, name);
            }
            match (before.required, field.required) {
                (false, true) => self.record(rules::FIELD_BECAME_REQUIRED, &position, "", ""),
                (true, false) => self.record(rules::FIELD_BECAME_OPTIONAL, &position, "", ""),
                _ => {}
            }
            self.schema(&before.schema, &field.schema, &position);
        }
    }

    /// Compares the facts about a value besides its structure.
    fn facts(&mut self, old: &Schema, new: &Schema, position: &Position, same_types: bool) {
        if same_types {
            let rules = [rules::FORMAT_DROPPED, rules::FORMAT_STATED, rules::FORMAT_CHANGED];
            self.option(rules, position, old.format.as_deref(), new.format.as_deref());
        }
        match (&old.allowed, &new.allowed) {
            (Some(old), Some(new)) => {
                self.sets([rules::VALUE_REMOVED, rules::VALUE_ADDED], position, old, new)
            }
            (Some(old), None) => self.record(rules::VALUES_DROPPED, position, joined(old), ""),
            (None, Some(new)) => self.record(rules::VALUES_STATED, position, "", joined(new)),
            (None, None) => {}
        }
        self.option(
            [rules::DEFAULT_CHANGED; 3],
            position,
            old.default.as_deref(),
            new.default.as_deref(),
        );
        match (old.nullable, new.nullable) {
            (false, true) => self.record(rules::BECAME_NULLABLE, position, "", ""),
            (true, false) => self.record(rules::BECAME_NOT_NULLABLE, position, "", ""),
            _ => {}
        }
        self.limits(old, new, position);
        let rules = [rules::UNDEPRECATED, rules::DEPRECATED, rules::DEPRECATION_CHANGED];
        self.option(rules, position, old.deprecated.as_deref(), new.deprecated.as_deref());
        let rules = [rules::UNIT_DROPPED, rules::UNIT_STATED, rules::UNIT_CHANGED];
        self.option(rules, position, old.unit.as_deref(), new.unit.as_deref());
        self.option(
            [rules::PLATFORM_CHANGED; 3],
            position,
            old.platform.as_deref(),
            new.platform.as_deref(),
        );
    }

    /// Records that a fact is no longer stated, is newly stated, or has changed.
    pub(super) fn option(
        &mut self,
        [dropped, stated, changed]: [&'static Rule; 3],
        position: &Position,
        old: Option<&str>,
        new: Option<&str>,
    ) {
        match (old, new) {
            (Some(old), None) => self.record(dropped, position, old, ""),
            (None, Some(new)) => self.record(stated, position, "", new),
            (Some(old), Some(new)) if old != new => self.record(changed, position, old, new),
            _ => {}
        }
    }

    /// Records each value that was removed or added.
    pub(super) fn sets(
        &mut self,
        [gone, come]: [&'static Rule; 2],
        position: &Position,
        old: &BTreeSet<String>,
        new: &BTreeSet<String>,
    ) {
        for value in old.difference(new) {
            self.record(gone, position, value, "");
        }
        for value in new.difference(old) {
            self.record(come, position, "", value);
        }
    }

    fn limits(&mut self, old: &Schema, new: &Schema, position: &Position) {
        let keys: BTreeSet<&str> = old.limits.keys().chain(new.limits.keys()).copied().collect();
        for key in keys {
            let (before, after) = (old.limits.get(key), new.limits.get(key));
            let rule = match tightness(key, before.map(String::as_str), after.map(String::as_str)) {
                Some(Ordering::Equal) => continue,
                Some(Ordering::Greater) => rules::LIMIT_TIGHTENED,
                Some(Ordering::Less) => rules::LIMIT_LOOSENED,
                None if key == "pattern" => rules::PATTERN_CHANGED,
                None => rules::LIMIT_CHANGED,
            };
            let text = |limit: Option<&String>| match limit {
                Some(limit) if rule == rules::PATTERN_CHANGED => limit.clone(),
                Some(limit) => format!("{key} {limit}"),
                None => String::new(),
            };
            self.record(rule, position, text(before), text(after));
        }
    }
}

/// Compares the limit `after` with `before`: greater is tighter. Returns `None` if they cannot be compared.
fn tightness(key: &str, before: Option<&str>, after: Option<&str>) -> Option<Ordering> {
    let (Some(before), Some(after)) = (before, after) else {
        return Some(after.is_some().cmp(&before.is_some()));
    };
    if before == after {
        return Some(Ordering::Equal);
    }
    let number = |text: &str| match text {
        "true" => Some(1.0),
        "false" => Some(0.0),
        text => text.parse::<f64>().ok(),
    };
    let (after, before) = (number(after)?, number(before)?);
    if key == "multipleOf" {
        // Every multiple of 6 is one of 3.
        return match (after % before == 0.0, before % after == 0.0) {
            (true, _) => Some(Ordering::Greater),
            (_, true) => Some(Ordering::Less),
            _ => None,
        };
    }
    let order = after.partial_cmp(&before)?;
    Some(if key.starts_with("max") { order.reverse() } else { order })
}

/// Returns the place of a field. A field that comes from another schema through `allOf` has its place there.
fn at_field(position: &Position, name: &str, old: Option<&Field>, new: Option<&Field>) -> Position {
    let down = position.down(name);
    let owner = |field: Option<&Field>| field.and_then(|field| field.owner.clone());
    match (owner(old), owner(new)) {
        (None, None) => down,
        (old, Some(new)) => {
            let was = old.filter(|old| *old != new);
            down.within(new, was, name)
        }
        (Some(old), None) => down.within(old, None, name),
    }
}

fn only_in<'a>(
    fields: &'a BTreeMap<String, Field>,
    others: &BTreeMap<String, Field>,
) -> Vec<(&'a str, &'a Schema)> {
    fields
        .iter()
        .filter(|(name, _)| !others.contains_key(*name))
        .map(|(name, field)| (name.as_str(), field.schema.as_ref()))
        .collect()
}

fn contents(schema: &Schema) -> String {
    if schema.is_record() {
        let names: Vec<&str> = schema.fields.keys().map(String::as_str).collect();
        format!("object with the fields {}", names.join(", "))
    } else {
        schema.describe_type()
    }
}

fn joined(values: &BTreeSet<String>) -> String {
    values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
}

/// Returns whether every value of `narrow` is also one of `wide` in a URL or a header, where all values are strings and
/// a single value is an array of one.
fn covers(wide: &Schema, narrow: &Schema) -> bool {
    let is = |schema: &Schema, kind| schema.types.len() == 1 && schema.types.contains(kind);
    match &wide.items {
        Some(items) => items.types == narrow.types || covers(items, narrow),
        None => is(wide, "string") && !is(narrow, "array"),
    }
}

/// Returns whether every value of the types `narrow` is also one of the types `wide`.
fn widens(narrow: &BTreeSet<String>, wide: &BTreeSet<String>) -> bool {
    narrow.iter().all(|kind| wide.contains(kind) || (kind == "integer" && wide.contains("number")))
}
