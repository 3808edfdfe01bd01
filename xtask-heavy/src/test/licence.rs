//! SPDX licence expressions.

/// Whether the expression is satisfied by licences that `allowed` accepts.
///
/// The old form of crates.io, which has `/` in place of `OR`, is understood. A licence with an exception
/// (`Apache-2.0 WITH LLVM-exception`) grants more than the licence alone, so that it is accepted where that is.
pub(super) fn is_satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut parser = Parser { tokens: spaced.split_whitespace().peekable(), allowed };
    let satisfied = parser.any();
    satisfied == Some(true) && parser.tokens.next().is_none()
}

struct Parser<'a, T: Iterator<Item = &'a str>> {
    tokens: std::iter::Peekable<T>,
    allowed: &'a dyn Fn(&str) -> bool,
}

/// Each method returns `None` where the expression is malformed.
impl<'a, T: Iterator<Item = &'a str>> Parser<'a, T> {
    fn any(&mut self) -> Option<bool> {
        let mut satisfied = self.all()?;
        while self.tokens.next_if_eq(&"OR").is_some() {
            satisfied |= self.all()?;
        }
        Some(satisfied)
    }

    fn all(&mut self) -> Option<bool> {
        let mut satisfied = self.one()?;
        while self.tokens.next_if_eq(&"AND").is_some() {
            satisfied &= self.one()?;
        }
        Some(satisfied)
    }

    fn one(&mut self) -> Option<bool> {
        let token = self.tokens.next()?;
        if token == "(" {
            let satisfied = self.any()?;
            return self.tokens.next_if_eq(&")").map(|_| satisfied);
        }
        if self.tokens.next_if_eq(&"WITH").is_some() {
            self.tokens.next()?;
        }
        Some((self.allowed)(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_defines_them() {
        let mit = |licence: &str| licence == "MIT";
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0/MIT", true),
            ("MIT AND GPL-3.0", false),
            // AND binds more tightly than OR.
            ("MIT OR GPL-3.0 AND BSL-1.0", true),
            ("(MIT OR GPL-3.0) AND BSL-1.0", false),
            ("MIT WITH some-exception", true),
            ("MIT OR", false),
            ("MIT MIT", false),
            ("(MIT", false),
            ("", false),
        ] {
            assert_eq!(is_satisfied(expression, &mit), expected, "{expression}");
        }
    }
}
