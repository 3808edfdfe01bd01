//! Fields separated by commas, in the syntax of a line of a CSV file.

/// A field and its position in bytes.
pub(crate) struct Field {
    pub(crate) at: usize,
    pub(crate) value: String,
}

/// The first place where a line does not have the syntax of fields.
pub(crate) struct InvalidField {
    /// The position in bytes.
    pub(crate) at: usize,
    /// The number of the field, counted from 1.
    pub(crate) number: usize,
    pub(crate) expected: &'static str,
}

/// Splits a line at its commas.
///
/// A field that is enclosed in double quotes may contain commas, and double quotes that are written twice.
pub(crate) fn fields(line: &str) -> Result<Vec<Field>, InvalidField> {
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let rest = &line[at..];
        let invalid = |at, expected| InvalidField { at, number: fields.len() + 1, expected };
        let (field, end) = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (Field { at, value: rest[..end].to_owned() }, at + end)
            }
            Some(quoted) => {
                let (value, length) =
                    unquoted(quoted).ok_or_else(|| invalid(at, "expected a closing quote"))?;
                (Field { at: at + 1, value }, at + 1 + length)
            }
        };
        let next = line[end..].chars().next();
        if next.is_some_and(|next| next != ',') {
            return Err(invalid(end, "expected a comma after the closing quote"));
        }
        fields.push(field);
        if next.is_none() {
            return Ok(fields);
        }
        at = end + 1;
    }
}

/// Returns the content up to the closing quote, and the length including that quote.
pub(super) fn unquoted(text: &str) -> Option<(String, usize)> {
    let mut field = String::new();
    let mut at = 0;
    loop {
        let end = at + text[at..].find('"')?;
        field.push_str(&text[at..end]);
        if !text[end + 1..].starts_with('"') {
            return Some((field, end + 1));
        }
        field.push('"');
        at = end + 2;
    }
}
