//! Markdown as the rules read it: paragraphs and list items, cut into plain sentences.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

/// A rule's pattern, without regard to case.
///
/// Patterns are constants of this crate; the tests of each rule compile them.
#[allow(clippy::expect_used, reason = "a constant of this crate, compiled by its tests")]
pub(super) fn pattern(text: &'static str) -> Regex {
    RegexBuilder::new(text).case_insensitive(true).build().expect("a constant pattern")
}

/// A description, cut up.
#[derive(Debug, Default)]
pub(super) struct Prose {
    pub(super) blocks: Vec<Block>,
}

/// A paragraph, or an item of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// Whether it is an item of a list.
    pub(super) item: bool,
    /// The text on one line, markup and all, without the item's bullet.
    pub(super) markdown: String,
    /// The sentences, without markup.
    pub(super) sentences: Vec<String>,
}

impl Prose {
    /// Cuts up Markdown; block quotes count as text, code blocks and tables are left out.
    pub(super) fn parse(markdown: &str) -> Self {
        static BREAK: LazyLock<Regex> = LazyLock::new(|| pattern(r"</?p>|<br\s*/?>"));
        let mut blocks: Vec<Block> = Vec::new();
        let mut open = false;
        let mut code = false;
        for line in BREAK.replace_all(markdown, "\n\n").lines() {
            // This skips code blocks too: they follow an empty line, and the text of an item does not.
            if !open && line.starts_with("    ") {
                continue;
            }
            let line = line.trim_start_matches(|c: char| c == '>' || c.is_whitespace()).trim_end();
            if line.starts_with("```") {
                code = !code;
                open = false;
            } else if code || line.starts_with('|') || line.is_empty() {
                open = false;
            } else if let Some(item) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
                blocks.push(Block {
                    item: true,
                    markdown: item.trim_start().to_owned(),
                    sentences: Vec::new(),
                });
                open = true;
            } else {
                match blocks.last_mut() {
                    Some(block) if open => {
                        block.markdown.push(' ');
                        block.markdown.push_str(line);
                    }
                    _ => blocks.push(Block { markdown: line.to_owned(), ..Block::default() }),
                }
                open = true;
            }
        }
        for block in &mut blocks {
            block.sentences = sentences(&block.markdown);
        }
        Self { blocks }
    }

    /// The sentences of all blocks.
    pub(super) fn sentences(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().flat_map(|block| &block.sentences).map(String::as_str)
    }

    /// The sentences of the paragraphs; those of list items describe the items.
    pub(super) fn outside_lists(&self) -> impl Iterator<Item = &str> {
        self.blocks
            .iter()
            .filter(|block| !block.item)
            .flat_map(|block| &block.sentences)
            .map(String::as_str)
    }
}

fn sentences(markdown: &str) -> Vec<String> {
    static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[([^\]]*)\]\([^)]*\)"));
    static MARKUP: LazyLock<Regex> = LazyLock::new(|| pattern(r"</?(?:sup|kbd)>|[*`]"));
    static END: LazyLock<Regex> = LazyLock::new(|| pattern(r#"[.!?]["')]*\s+"#));
    let text = LINK.replace_all(markdown, "$1");
    let text = MARKUP.replace_all(&text, "");
    let mut sentences = Vec::new();
    let mut start = 0;
    for end in END.find_iter(&text) {
        // "e.g. this" goes on; a sentence starts with a capital, a digit or a quote.
        if text[end.end()..].starts_with(|c: char| !c.is_lowercase()) {
            sentences.push(text[start..end.end()].trim().to_owned());
            start = end.end();
        }
    }
    let rest = text[start..].trim();
    if !rest.is_empty() {
        sentences.push(rest.to_owned());
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(markdown: &str) -> Vec<(bool, Vec<String>)> {
        Prose::parse(markdown)
            .blocks
            .into_iter()
            .map(|block| (block.item, block.sentences))
            .collect()
    }

    #[test]
    fn lines_of_a_paragraph_are_joined_and_cut_into_sentences() {
        let found =
            blocks("A b\nc, e.g. d. **E** `f`! G\n\n> **H**: see\n> [i](http://j/).\n>\n> K.\n");
        let expected = [vec!["A b c, e.g. d.", "E f!", "G"], vec!["H: see i."], vec!["K."]];
        assert_eq!(
            found,
            expected.map(|sentences| (false, sentences.into_iter().map(str::to_owned).collect()))
        );
    }

    #[test]
    fn list_items_stand_apart_and_keep_their_markup() {
        let prose = Prose::parse("Keys:\n- `a=<x>` one\n  more\n- `b`\n\nEnd.");
        let markdown: Vec<_> =
            prose.blocks.iter().map(|block| (block.item, block.markdown.as_str())).collect();
        assert_eq!(
            markdown,
            [(false, "Keys:"), (true, "`a=<x>` one more"), (true, "`b`"), (false, "End.")]
        );
    }

    #[test]
    fn code_and_tables_are_left_out_and_tags_are_markup() {
        let found = blocks(
            "A.<br />B 10<sup>-9</sup>.\n```\nC.\n```\n| D. |\n<p>E.</p>\n    F.\n\n    G.\n",
        );
        let sentences: Vec<String> =
            found.into_iter().flat_map(|(_, sentences)| sentences).collect();
        assert_eq!(sentences, ["A.", "B 10-9.", "E."]);
    }
}
