//! Finds schemas and fields that were renamed: one is removed, and one of the same structure is added.
//!
//! Two fields of type string have the same structure, but may be unrelated. A pair counts only if its structure is
//! distinctive or its names are nearly the same, and if neither of the two could be paired with another.

use crate::model::Schema;

/// Returns the pairs of a removed and an added name that are the same thing.
pub(super) fn pairs<'a>(
    gone: &[(&'a str, &Schema)],
    come: &[(&'a str, &Schema)],
) -> Vec<(&'a str, &'a str)> {
    let fits = |from: &(&str, &Schema), to: &(&str, &Schema)| {
        from.1.shape() == to.1.shape() && (from.1.is_distinctive() || similar(from.0, to.0))
    };
    let only = |from, to| {
        fits(from, to)
            && gone.iter().filter(|other| fits(other, to)).count() == 1
            && come.iter().filter(|other| fits(from, other)).count() == 1
    };
    let mut pairs = Vec::new();
    for from in gone {
        pairs.extend(come.iter().filter(|to| only(from, to)).map(|to| (from.0, to.0)));
    }
    pairs
}

/// Returns whether two names differ only in case, punctuation or a plural.
pub(super) fn similar(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        let letters: String =
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        letters.strip_suffix('s').map(str::to_owned).unwrap_or(letters)
    };
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn names_are_similar_up_to_case_punctuation_and_plural() {
        assert!(similar("mediaType", "MediaType"));
        assert!(similar("Warning", "Warnings"));
        assert!(similar("keep-storage", "keepStorage"));
        assert!(!similar("KernelMemory", "KernelMemoryTCP"));
    }
}
