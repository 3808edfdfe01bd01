//! The project's own words about the API, from the files of `spec/docs`.

use serde::Deserialize;
use std::collections::BTreeMap;

use crate::error::Error;

/// What `spec/docs` says about operations, parameters, types and their members.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// By `operationId`.
    #[serde(default)]
    pub operations: BTreeMap<String, String>,
    /// Other names under which the search of the docs finds an operation, by `operationId`.
    #[serde(default)]
    pub aliases: BTreeMap<String, Vec<String>>,
    /// By `Operation.name`, or by `name` for every operation that has none of its own.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// By the area of the client, which is the name of its module.
    #[serde(default)]
    pub areas: BTreeMap<String, Area>,
    /// By the name of the type in the generated crate.
    #[serde(default)]
    pub types: BTreeMap<String, Type>,
}

/// What `spec/docs` says about a type.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Type {
    /// About the type itself.
    #[serde(rename = "_")]
    pub about: Option<String>,
    /// The types whose words hold for the members that have none here.
    #[serde(rename = "_like", default)]
    pub like: Vec<String>,
    /// By field of a struct or value of an enum, in the spelling of the spec.
    #[serde(flatten)]
    pub members: BTreeMap<String, String>,
}

/// What `spec/docs` says about an area of the client.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// What the operations are about.
    pub about: String,
    /// Lines of code that call some of them on a `client`.
    pub example: String,
}

impl Words {
    /// Reads files of `spec/docs`, each given by its name and its text.
    ///
    /// # Errors
    ///
    /// A file is not valid TOML or has a table of an unknown name, or two files describe the same thing.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let mut all = Self::default();
        for (file, text) in files {
            let fault = |message| Error::Words { file: file.to_owned(), message };
            let words: Self = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
            let twice = |key| fault(format!("`{key}` is described in another file too"));
            add(&mut all.operations, words.operations).map_err(twice)?;
            add(&mut all.aliases, words.aliases).map_err(twice)?;
            add(&mut all.areas, words.areas).map_err(twice)?;
            add(&mut all.parameters, words.parameters).map_err(twice)?;
            add(&mut all.types, words.types).map_err(twice)?;
        }
        Ok(all)
    }

    /// The words about a parameter of an operation.
    pub fn parameter(&self, operation: &str, name: &str) -> Option<&str> {
        let own = self.parameters.get(&format!("{operation}.{name}"));
        own.or_else(|| self.parameters.get(name)).map(String::as_str)
    }

    /// The words about a type.
    pub fn about(&self, name: &str) -> Option<&str> {
        self.types.get(name)?.about.as_deref()
    }

    /// The words about a field of a struct or a value of an enum.
    pub fn member(&self, owner: &str, member: &str) -> Option<&str> {
        let words = self.types.get(owner)?;
        let others = words.like.iter().filter_map(|other| self.types.get(other));
        std::iter::once(words)
            .chain(others)
            .find_map(|words| words.members.get(member))
            .map(String::as_str)
    }
}

/// Moves the entries of `more` into `all`, and returns the first key that is there already.
fn add<T>(all: &mut BTreeMap<String, T>, more: BTreeMap<String, T>) -> Result<(), String> {
    for (key, value) in more {
        if all.contains_key(&key) {
            return Err(key);
        }
        all.insert(key, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn a_type_takes_the_words_of_the_types_it_is_like() {
        let words = Words::read([
            ("a.toml", "[types.Dog]\n_ = \"A dog.\"\n_like = [\"Cat\"]\nName = \"Of a dog.\"\n"),
            ("b.toml", "[types.Cat]\nName = \"Of a cat.\"\nAge = \"In years.\"\n"),
        ])
        .unwrap();
        assert_eq!(words.about("Dog"), Some("A dog."));
        assert_eq!(words.member("Dog", "Name"), Some("Of a dog."));
        assert_eq!(words.member("Dog", "Age"), Some("In years."));
        assert_eq!(words.member("Cat", "Bark"), None);
    }

    #[test]
    fn two_files_cannot_describe_the_same_thing() {
        let file = "[parameters]\nid = \"The id.\"\n";
        let error = Words::read([("a.toml", file), ("b.toml", file)]).unwrap_err().to_string();
        assert_eq!(error, "cannot read spec/docs/b.toml: `id` is described in another file too");
    }
}
