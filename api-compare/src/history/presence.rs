//! The versions that have an item.

/// Consecutive versions, by their positions in [`History::versions`](super::History::versions); both ends are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The position of the first version.
    pub first: usize,
    /// The position of the last version.
    pub last: usize,
}

/// The versions that have an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    pub(super) spans: Vec<Span>,
    /// How many versions there are.
    pub(super) versions: usize,
}

impl Presence {
    /// Returns the position of the first version that has the item, or `None` if the oldest version has it.
    pub fn since(&self) -> Option<usize> {
        self.spans.first().map(|span| span.first).filter(|first| *first > 0)
    }

    /// Returns the position of the last version that has the item, or `None` if the newest version has it.
    pub fn until(&self) -> Option<usize> {
        self.spans.last().map(|span| span.last).filter(|last| last + 1 < self.versions)
    }

    /// Returns the spans of versions that have the item, oldest first.
    ///
    /// There is more than one span if the item was removed and added again.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Returns whether the version at this position has the item.
    pub fn has(&self, version: usize) -> bool {
        self.spans.iter().any(|span| span.first <= version && version <= span.last)
    }

    /// Returns whether all versions have the item.
    pub fn always(&self) -> bool {
        self.spans.len() == 1 && self.since().is_none() && self.until().is_none()
    }
}
