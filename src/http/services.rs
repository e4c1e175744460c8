//! What handlers call.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::Data;

use crate::access::Access;
use crate::api_keys::ApiKeys;
use crate::audit::Audit;
use crate::auth::{SigningKeys, TokenValidator};
use crate::consent::{Consents, FirstSignIns};
use crate::domain::cors_origins::CorsOrigins;
use crate::domain::phone_number::NumberingPlan;
use crate::export::Exporter;
use crate::http::console_config::ConsoleConfig;
use crate::http::drain::Drain;
use crate::http::limits::{CallerSlots, FailedAttempts, GroupSlots};
use crate::http::metrics::Metrics;
use crate::http::problem::Problem;
use crate::import::Importer;
use crate::mappings::{Resolver, SignInChecks};
use crate::ports::business_group_store::BusinessGroupStore;
use crate::ports::clock::Clock;
use crate::ports::history_store::HistoryStore;
use crate::ports::import_store::ImportStore;
use crate::ports::mapping_store::MappingStore;
use crate::ports::store_health::StoreHealth;
use crate::tenants::TenantLinks;

/// What handlers call: one of each, shared by all workers.
pub struct Services {
    /// Business groups.
    pub business_groups: Arc<dyn BusinessGroupStore>,
    /// Links between business groups and tenants.
    pub tenant_links: TenantLinks,
    /// Single mappings.
    pub mappings: Arc<dyn MappingStore>,
    /// Why an address gets no line.
    pub sign_in_checks: SignInChecks,
    /// From a sign-in to a line.
    pub resolver: Resolver,
    /// API keys.
    pub api_keys: ApiKeys,
    /// Uploads.
    pub importer: Importer,
    /// Imports that were uploaded.
    pub imports: Arc<dyn ImportStore>,
    /// The history of mappings.
    pub history: Arc<dyn HistoryStore>,
    /// Admin consent.
    pub consents: Arc<Consents>,
    /// What proves it.
    pub first_sign_ins: FirstSignIns,
    /// Exports.
    pub exporter: Exporter,
    /// Token validation.
    pub tokens: TokenValidator,
    /// What signed-in people may administer.
    pub access: Access,
    /// The signing keys, for `/readyz` and metrics.
    pub signing_keys: Arc<SigningKeys>,
    /// The store's health, for `/readyz`.
    pub store_health: Arc<dyn StoreHealth>,
    /// The audit log.
    pub audit: Audit,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How numbers are read and written.
    pub plan: NumberingPlan,
    /// The largest file that is imported, in bytes.
    pub max_import_bytes: u64,
    /// The limits for credentials that are not good.
    pub attempts: FailedAttempts,
    /// The imports under way.
    pub import_slots: Arc<GroupSlots>,
    /// The exports under way.
    pub export_slots: Arc<GroupSlots>,
    /// The origins whose pages may call.
    pub cors_origins: CorsOrigins,
    /// The look-ups under way.
    pub look_up_slots: Arc<CallerSlots>,
    /// Whether callers come over TLS to the service itself.
    pub over_tls: bool,
    /// The path below which a proxy serves it all, such as `/signline`; empty: none. Requests come without it.
    pub prefix: String,
    /// What the console has to know.
    pub console: ConsoleConfig,
    /// What `/metrics` shows.
    pub metrics: Metrics,
    /// Whether the service is about to stop.
    pub drain: Drain,
}

impl Services {
    /// A path of the service, as whoever called it must be told of it.
    pub(super) fn public_path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The services of the application that got a request.
    pub(super) fn of(request: &HttpRequest) -> Result<&Data<Self>, Problem> {
        request.app_data::<Data<Self>>().ok_or_else(|| Problem::internal("the application has no services"))
    }
}
