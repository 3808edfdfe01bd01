//! A pattern of a `.dockerignore` file.
//!
//! The syntax is that of Go's `filepath.Match`, with `**` for any number of directories.
//! Ref: <https://pkg.go.dev/github.com/moby/patternmatcher>, <https://pkg.go.dev/path/filepath#Match>

/// A pattern without the leading `!`.
#[derive(Debug)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Debug, PartialEq)]
enum Token {
    Char(char),
    /// `?`
    OneOfName,
    /// `*`
    Name,
    /// `[a-z]`
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `**` or `**/` before something else: any number of whole directories.
    Directories,
    /// `**` at the end: anything.
    Rest,
}

impl Pattern {
    /// Parses a path that was simplified. The error is a message.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let text: Vec<char> = text.chars().collect();
        let special = |c: &char| matches!(c, '*' | '?' | '[' | '\\');
        let mut tokens = Vec::new();
        let mut rest = &text[..];
        while let [first, after @ ..] = rest {
            rest = after;
            tokens.push(match first {
                '*' if rest.first() == Some(&'*') => {
                    rest = &rest[1..];
                    if rest.first() == Some(&'/') {
                        rest = &rest[1..];
                        directories(rest)
                    } else if tokens.is_empty() && !rest.iter().any(special) {
                        // `**name` matches every path that ends with `name`, as in moby.
                        Token::Rest
                    } else {
                        directories(rest)
                    }
                }
                '*' => Token::Name,
                '?' => Token::OneOfName,
                '[' => {
                    let (class, after) = class(rest)?;
                    rest = after;
                    class
                }
                '\\' if !cfg!(windows) => {
                    let [escaped, after @ ..] = rest else {
                        return Err("expected a character after the `\\` at the end");
                    };
                    rest = after;
                    Token::Char(*escaped)
                }
                '\\' => Token::Char('/'),
                other => Token::Char(*other),
            });
        }
        Ok(Self(tokens))
    }

    /// Returns whether the pattern matches a path or one of its parent directories.
    pub(super) fn matches(&self, path: &[char]) -> bool {
        let ends = self.0.iter().fold(begin(path), |ends, token| token.after(&ends, path));
        (1..=path.len()).any(|at| ends[at] && (at == path.len() || path[at] == '/'))
    }

    /// Returns whether the pattern may match something in a directory other than by matching the directory.
    pub(super) fn may_match_in(&self, directory: &[char]) -> bool {
        let inside = [directory, &['/']].concat();
        let mut ends = begin(&inside);
        // A part of the pattern must be left after the slash.
        self.0.iter().any(|token| {
            let left = ends[inside.len()];
            ends = token.after(&ends, &inside);
            left
        })
    }
}

/// Returns where an empty pattern can end in a path: before its first character.
fn begin(path: &[char]) -> Vec<bool> {
    let mut ends = vec![false; path.len() + 1];
    ends[0] = true;
    ends
}

impl Token {
    /// Returns where the pattern up to and including this token can end in a path. `ends` is the same without this
    /// token, so that each token takes one pass, however many `*` there are.
    fn after(&self, ends: &[bool], path: &[char]) -> Vec<bool> {
        let mut next = vec![false; path.len() + 1];
        let mut reached = false;
        for at in 0..=path.len() {
            reached |= ends[at];
            match self {
                Self::Rest => next[at] = reached,
                Self::Directories => {
                    next[at] |= ends[at];
                    if reached && path.get(at) == Some(&'/') {
                        next[at + 1] = true;
                    }
                }
                Self::Name => {
                    next[at] = reached;
                    reached &= path.get(at) != Some(&'/');
                }
                one => {
                    if ends[at] && path.get(at).is_some_and(|c| one.is(*c)) {
                        next[at + 1] = true;
                    }
                }
            }
        }
        next
    }

    fn is(&self, c: char) -> bool {
        match self {
            Self::Char(wanted) => c == *wanted,
            Self::OneOfName => c != '/',
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
            Self::Name | Self::Directories | Self::Rest => false,
        }
    }
}

fn directories(rest: &[char]) -> Token {
    if rest.is_empty() { Token::Rest } else { Token::Directories }
}

/// Parses a class after its `[`. Returns the class and the remainder after its `]`.
fn class(text: &[char]) -> Result<(Token, &[char]), &'static str> {
    const OPEN: &str = "expected `]` after `[`";
    let negated = text.first() == Some(&'^');
    let mut rest = if negated { &text[1..] } else { text };
    let mut ranges = Vec::new();
    loop {
        if rest.first() == Some(&']') && !ranges.is_empty() {
            return Ok((Token::Class { negated, ranges }, &rest[1..]));
        }
        let (low, after) = member(rest).ok_or(OPEN)??;
        rest = after;
        let mut high = low;
        if rest.first() == Some(&'-') {
            (high, rest) = member(&rest[1..]).ok_or(OPEN)??;
        }
        ranges.push((low, high));
    }
}

/// Parses a character of a class. Returns `None` at the end of the pattern.
fn member(text: &[char]) -> Option<Result<(char, &[char]), &'static str>> {
    Some(match text {
        [] => return None,
        ['-' | ']', ..] => Err("a `-` or `]` in `[…]` must be escaped with `\\`"),
        ['\\', escaped, rest @ ..] if !cfg!(windows) => Ok((*escaped, rest)),
        ['\\'] if !cfg!(windows) => return None,
        [plain, rest @ ..] => Ok((*plain, rest)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).matches(&path)
    }

    /// Pattern, paths that it matches, paths that it does not.
    const CASES: &[(&str, &[&str], &[&str])] = &[
        ("abc", &["abc", "abc/d", "abc/d/e"], &["ab", "abcd", "d/abc"]),
        ("abc.def", &["abc.def"], &["abcdef", "abcZdef"]),
        ("abc?def", &["abcZdef", "abc\u{263a}def"], &["abcdef", "abc/def"]),
        ("*", &["a", ".a", "a/b"], &[]),
        ("*c", &["abc", "c"], &["abd", "a/bc"]),
        ("a*", &["a", "abc", "ab/c"], &["ba"]),
        (".*", &[".foo"], &["foo"]),
        ("a*/b", &["abc/b", "a/b"], &["a/c/b"]),
        ("a*b*c*/f", &["axbxc/f", "abc/f", "abcx/f"], &["axbxc/x/f", "abx/f"]),
        ("a/*.txt", &["a/file.txt"], &["a/dir/file.txt"]),
        ("dist/*.whl", &["dist/proxy.py-2.4.0+g08-none-any.whl"], &["dist/proxy.py"]),
        ("a*b?c*x", &["abxbbxdbxebxczzx"], &["abxbbxdbxebxczzy"]),
        ("**", &["file", "dir/file", "."], &[]),
        ("**/", &["file", "dir/file"], &[]),
        ("**/**", &["file", "dir/file"], &[]),
        ("dir/**", &["dir/file", "dir/dir2/file"], &["dir", "dirs/file"]),
        ("**/dir", &["dir", "dir/file", "a/dir", "a/b/dir/c"], &["adir", "a/adir"]),
        ("**/dir2/*", &["dir2/file", "dir/dir2/file", "dir/dir2/a/b"], &["dir2", "dir/dir2"]),
        ("**/dir2/**", &["dir/dir2/dir3/file", "dir2/x"], &["dir2"]),
        ("**file", &["file", "dir/file", "dir/dir/file", "xfile"], &["filex"]),
        ("**file*", &["file.txt", "dir/file"], &["xfile"]),
        ("**/file*.txt", &["dir/dir/file.txt", "file1.txt"], &["dir/xfile.txt"]),
        ("**/**/*.txt", &["file.txt", "dir/dir/file.txt"], &["dir/file.txt2"]),
        ("a**/*.txt", &["a/file.txt", "a/dir/dir/file.txt"], &["b/file.txt"]),
        ("a/*.txt**", &["a/file.txt", "a/file.txtx"], &["a/file.tx"]),
        ("a**", &["a", "ab", "a/b", "ab/c"], &["b"]),
        ("**/.foo", &[".foo", "a/.foo"], &["bar.foo"]),
        ("**/foo/bar", &["foo/bar", "dir/dir2/foo/bar"], &["foo/x/bar"]),
        ("a[b-d]e", &["ace"], &["ae", "aae"]),
        ("a[^b-d]e", &["aze"], &["ace"]),
        ("a[^a]b", &["a\u{263a}b"], &["aab"]),
        ("[a-\u{3b6}]*", &["\u{3b1}"], &["A"]),
        ("[\\]a]", &["]", "a"], &["b"]),
        ("[x\\-]", &["x", "-"], &["z"]),
        ("a\\*b", &["a*b"], &["ab", "axb"]),
        ("a\\\\", &["a\\"], &["a"]),
        ("a(b)c/def", &["a(b)c/def"], &["a(b)c/xyz"]),
        ("a.|)$(}+{bc", &["a.|)$(}+{bc"], &[]),
    ];

    #[cfg(unix)]
    #[test]
    fn patterns_match_as_mobys_do() {
        for (pattern, yes, no) in CASES {
            for path in *yes {
                assert!(matches(pattern, path), "{pattern} matches {path}");
            }
            for path in *no {
                assert!(!matches(pattern, path), "{pattern} does not match {path}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["[", "[a", "[]a]", "[-]", "[x-]", "[-x]", "[^", "a[", "a\\", "[\\", "[a-"] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn many_stars_take_no_longer() {
        let pattern = "*a".repeat(40) + "b";
        assert!(!matches(&pattern, &"a".repeat(2_000)));
    }

    #[test]
    fn a_directory_is_entered_only_where_something_may_match() {
        let may = |pattern: &str, directory: &str| {
            let directory: Vec<char> = directory.chars().collect();
            Pattern::parse(pattern).unwrap().may_match_in(&directory)
        };
        for (pattern, directory, expected) in [
            ("docs/README.md", "docs", true),
            ("docs/README.md", "doc", false),
            ("docs/README.md", "other", false),
            ("docs", "docs/deep", false),
            ("docs/**", "docs", true),
            ("docs/**", "docs/deep", false),
            ("docs/*/x", "docs", true),
            ("docs/*/x", "docs/deep", true),
            ("docs/*/x", "src", false),
            ("docs/a*", "docs", true),
            ("*.md", "anything", false),
            ("*.md", "a.md", false),
            ("*", "anything", false),
            ("*/*.md", "anything", true),
            ("*/*.md", "any/thing", false),
            ("**.md", "anything", true),
            ("**", "anything", false),
            ("[a-c]*/x?", "any", true),
            ("**/keep", "any/thing", true),
        ] {
            assert_eq!(may(pattern, directory), expected, "{pattern} in {directory}");
        }
    }
}
