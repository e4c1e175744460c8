//! Where the simulator is reached.

/// The listener that was asked: everything in an answer is under its base.
pub(crate) struct Base {
    pub(crate) own: String,
    pub(crate) http: String,
}

impl Base {
    /// Whether the plain listener was asked.
    pub(crate) fn is_plain(&self) -> bool {
        self.own == self.http
    }
}
