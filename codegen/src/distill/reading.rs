//! What a rule reads from the prose of a place.

/// What the prose of a place states about one kind of fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading<T> {
    /// It states the fact.
    Fact(T),
    /// It says nothing of it.
    Nothing,
    /// It seems to state one that the rules cannot read.
    Unread,
}
