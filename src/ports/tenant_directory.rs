//! Whether a Microsoft Entra tenant exists.

use async_trait::async_trait;

use crate::domain::guid::Guid;

/// Knows which tenants there are.
#[async_trait]
pub trait TenantDirectory: Send + Sync {
    /// Asks once whether there is such a tenant. It answers within seconds, whatever the other side does.
    async fn exists(&self, tenant: Guid) -> TenantExistence;
}

/// What is known of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantExistence {
    /// It exists.
    Known,
    /// The authority says that it does not exist.
    Unknown,
    /// No clear answer could be had.
    NotReached,
}
