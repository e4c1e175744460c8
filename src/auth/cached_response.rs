//! Room for the answer that a token was given.

use std::any::Any;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Room for one thing that is made of a token, kept as long as the token is.
///
/// Whoever fills it has the one type that it reads; a thing of another type counts as none.
#[derive(Default)]
pub struct CachedResponse(Mutex<Option<Box<dyn Any + Send>>>);

impl CachedResponse {
    /// Reads what is there, if it is of this type.
    pub fn read<T: 'static, R>(&self, read: impl FnOnce(&T) -> R) -> Option<R> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().and_then(|kept| kept.downcast_ref()).map(read)
    }

    /// Puts something there in place of what was.
    pub fn keep<T: Send + 'static>(&self, thing: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(thing));
    }
}

impl fmt::Debug for CachedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CachedResponse")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_read_by_its_own_type_alone() {
        let response = CachedResponse::default();
        assert_eq!(response.read(|number: &u32| *number), None);
        response.keep(1_u32);
        response.keep(2_u32);
        assert_eq!(response.read(|number: &u32| *number), Some(2));
        assert_eq!(response.read(|text: &String| text.len()), None);
    }
}
