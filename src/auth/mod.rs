//! Authentication: from an `Authorization` header to a user or an API key.
