//! Paging: lists are read forward by key, so that a page costs the same wherever it stands.

/// Which part of a list to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest<K> {
    /// How many items at most.
    pub limit: u32,
    /// The key of the last item already read; `None` from the start.
    pub after: Option<K>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Whether more come after the last.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// Makes a page from one item more than `limit`, which is how a store finds out whether more come.
    #[must_use]
    pub fn from_one_more(mut items: Vec<T>, limit: u32) -> Self {
        let limit = limit as usize;
        let has_more = items.len() > limit;
        items.truncate(limit);
        Self { items, has_more }
    }
}
