//! The parts of `allOf`, merged into one schema.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::types::{Field, Schema};

/// Adds a part of `allOf`: a value must satisfy all parts. Facts of a later part override those of an earlier one.
pub(super) fn merge(schema: &mut Schema, part: &Schema) {
    schema.types = common(std::mem::take(&mut schema.types), &part.types);
    for (name, field) in &part.fields {
        let owner = field.owner.clone().or_else(|| part.name.clone());
        let field = Field { owner, ..field.clone() };
        let field = match schema.fields.remove(name) {
            Some(earlier) => both(earlier, field),
            None => field,
        };
        schema.fields.insert(name.clone(), field);
    }
    let part = part.clone();
    schema.also_required.extend(part.also_required);
    schema.format = part.format.or(schema.format.take());
    schema.values = part.values.or(schema.values.take());
    schema.items = part.items.or(schema.items.take());
    schema.allowed = match (schema.allowed.take(), part.allowed) {
        (Some(earlier), Some(later)) => Some(common(earlier, &later)),
        (earlier, later) => later.or(earlier),
    };
    schema.default = part.default.or(schema.default.take());
    schema.nullable |= part.nullable;
    schema.limits.extend(part.limits);
    schema.deprecated = part.deprecated.or(schema.deprecated.take());
    schema.unit = part.unit.or(schema.unit.take());
    schema.platform = part.platform.or(schema.platform.take());
    schema.recursion = part.recursion.or(schema.recursion.take());
}

/// Returns a field that two parts of `allOf` declare.
pub(super) fn both(earlier: Field, later: Field) -> Field {
    let required = earlier.required || later.required;
    if earlier.schema.exact() == later.schema.exact() {
        return Field { required, ..later };
    }
    let mut schema = Schema::clone(&earlier.schema);
    merge(&mut schema, &later.schema);
    schema.name = later.schema.name.clone().or(schema.name);
    schema.remarked = schema.name.is_some();
    Field { required, owner: later.owner, schema: Arc::new(schema.with_fingerprints()) }
}

/// Returns the values that both sets allow. An empty set allows all values. Of disjoint sets, the later one is used.
fn common(earlier: BTreeSet<String>, later: &BTreeSet<String>) -> BTreeSet<String> {
    let common: BTreeSet<String> = earlier.intersection(later).cloned().collect();
    match (common.is_empty(), later.is_empty()) {
        (false, _) => common,
        (true, true) => earlier,
        (true, false) => later.clone(),
    }
}
