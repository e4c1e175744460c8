//! What a signed-in person may administer: from her tenant and the roles in her token to a grant.

mod rights;

pub use rights::Access;
pub use rights::AccessDenied;
pub use rights::AdminAccess;
