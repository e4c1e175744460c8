//! What a signed-in person may administer: from their tenant and the roles in their token to a grant.

mod rights;

pub use rights::{Access, AccessDenied, AdminAccess};
