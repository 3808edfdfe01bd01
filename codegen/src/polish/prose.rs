//! Upstream's Markdown as rustdoc takes it without a warning.

/// The lines of a description, safe for rustdoc.
///
/// Placeholders such as `<id>` are escaped, bare addresses become links, brackets that link nowhere are
/// escaped, and code blocks are marked as text, because rustdoc would compile them.
pub(super) fn lines(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut fence = Fence::None;
    for line in text.trim().lines() {
        let line = line.trim_end();
        let trimmed = line.trim_start();
        let indented = line.len() - trimmed.len() >= 4 && !trimmed.is_empty();
        match fence {
            Fence::None if trimmed.starts_with("```") => {
                fence = Fence::Marked;
                out.push("```text".to_owned());
            }
            Fence::None if indented && out.last().is_none_or(String::is_empty) => {
                fence = Fence::Indented;
                out.push("```text".to_owned());
                out.push(line[4..].to_owned());
            }
            Fence::None => out.push(inline(trimmed_list(line))),
            Fence::Marked if trimmed.starts_with("```") => {
                fence = Fence::None;
                out.push("```".to_owned());
            }
            Fence::Indented if !indented && !trimmed.is_empty() => {
                fence = Fence::None;
                close_indented(&mut out);
                out.push(inline(line));
            }
            Fence::Marked => out.push(line.to_owned()),
            Fence::Indented => out.push(line.get(4..).unwrap_or("").to_owned()),
        }
    }
    match fence {
        Fence::None => {}
        Fence::Marked => out.push("```".to_owned()),
        Fence::Indented => close_indented(&mut out),
    }
    out
}

#[derive(Clone, Copy)]
enum Fence {
    None,
    Marked,
    Indented,
}

/// Ends an indented block before the empty lines that trail it.
fn close_indented(out: &mut Vec<String>) {
    let empty = out.iter().rev().take_while(|line| line.is_empty()).count();
    out.insert(out.len() - empty, "```".to_owned());
}

/// A line that continues a paragraph or list, with at most three blanks before it.
fn trimmed_list(line: &str) -> &str {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    if indent >= 4 { &line[indent - 2..] } else { line }
}

/// Escapes what rustdoc would warn of, outside of code spans and links.
fn inline(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let whole = code_span(rest).or_else(|| link(rest)).unwrap_or(0);
        if whole > 0 {
            out.push_str(&rest[..whole]);
            rest = &rest[whole..];
            continue;
        }
        if rest.starts_with("http://") || rest.starts_with("https://") {
            let end = rest
                .find(|c: char| {
                    c.is_whitespace() || matches!(c, ')' | '>' | '"' | '\'' | ']' | ',' | '`')
                })
                .unwrap_or(rest.len());
            let url = rest[..end].trim_end_matches(['.', ':', ';']);
            let marked = out.ends_with('<');
            out.push_str(&if marked { url.to_owned() } else { format!("<{url}>") });
            rest = &rest[url.len()..];
            continue;
        }
        match first {
            '<' if rest[1..].starts_with("http") => out.push('<'),
            '<' | '[' => out.extend(['\\', first]),
            c => out.push(c),
        }
        rest = &rest[first.len_utf8()..];
    }
    out
}

/// The length of the code span at the start of `rest`, marks included.
fn code_span(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('`')?;
    Some(inner.find('`')? + 2)
}

/// The length of the link to an address at the start of `rest`: `[label](https://…)`.
fn link(rest: &str) -> Option<usize> {
    let (label, tail) = rest.strip_prefix('[')?.split_once("](")?;
    (!label.contains(']') && tail.starts_with("http")).then_some(())?;
    Some(1 + label.len() + 2 + tail.find(')')? + 1)
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn rustdoc_takes_it() {
        assert_eq!(lines("Give <id>.\n"), ["Give \\<id>."]);
        assert_eq!(lines("`<id>` stays"), ["`<id>` stays"]);
        assert_eq!(lines("See https://example.com/a."), ["See <https://example.com/a>."]);
        assert_eq!(lines("[a](https://example.com)"), ["[a](https://example.com)"]);
        assert_eq!(lines("[`A_B`](https://example.com/a_b)"), ["[`A_B`](https://example.com/a_b)"]);
        assert_eq!(lines("(https://example.com)"), ["(<https://example.com>)"]);
        assert_eq!(lines("[a](#section) [x]"), ["\\[a](#section) \\[x]"]);
        assert_eq!(
            lines("a\n\n    code <x>\n\nb"),
            ["a", "", "```text", "code <x>", "```", "", "b"]
        );
        assert_eq!(lines("```\nx\n```"), ["```text", "x", "```"]);
        assert_eq!(lines("```json\nx"), ["```text", "x", "```"]);
    }
}
