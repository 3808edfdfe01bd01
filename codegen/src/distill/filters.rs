//! `x-filters`: the keys that a `filters` parameter takes, sorted.
//!
//! The keys are the list items that follow a paragraph ending in "filters:", each item starting with its key in code
//! (`` `key=<value>` ``). A paragraph with nothing behind it names no key: `[]`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::prose::{Prose, pattern};
use super::reading::Reading;

static KEY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^`([a-z][a-z0-9_.-]*)[`=!]"));

/// Reads the keys of a `filters` parameter.
pub(super) fn read(prose: &Prose) -> Reading<BTreeSet<String>> {
    let announced = prose
        .blocks
        .iter()
        .position(|block| !block.item && block.markdown.to_lowercase().ends_with("filters:"));
    let Some(announced) = announced else { return Reading::Unread };
    let items = prose.blocks[announced + 1..].iter().take_while(|block| block.item);
    let keys: Option<BTreeSet<String>> =
        items.map(|item| Some(KEY.captures(&item.markdown)?.get(1)?.as_str().to_owned())).collect();
    keys.map_or(Reading::Unread, Reading::Fact)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(keys: &[&str]) -> Reading<BTreeSet<String>> {
        Reading::Fact(keys.iter().map(|&key| key.to_owned()).collect())
    }

    #[test]
    fn reads_the_list_behind_the_announcement() {
        for (text, expected) in [
            ("As JSON. Known filters:\n\n- `b=<x>` b\n- `a`=(`x`|`y`)\n", fact(&["a", "b"])),
            (
                "Filters:\n- `is-x=(true|false)`\n- `x.y` (`x.y!=z`)\n   more\n- `z!=z`",
                fact(&["is-x", "x.y", "z"]),
            ),
            ("Filters:\n- `a=x`\n\nThe rest:\n- `not-me`", fact(&["a"])),
            ("Filters:\n", fact(&[])),
        ] {
            assert_eq!(read(&Prose::parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_list_of_keys_is_listed() {
        for text in [
            "",
            "A JSON object.",
            "Filters:\n- a key",
            "Filters:\n- `a=x`\n- b",
            "Filters:\n- `<key>`",
        ] {
            assert_eq!(read(&Prose::parse(text)), Reading::Unread, "{text}");
        }
    }
}
