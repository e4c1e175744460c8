//! What is plugged into what: from the settings to a running service.

use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use tokio::signal::unix::Signal;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::access::Access;
use crate::api_keys::ApiKeys;
use crate::audit::Audit;
use crate::auth::{ApiRegistration, CacheError, SigningKeys, TokenPolicy, TokenValidator, install_provider};
use crate::config::{Limits, Settings, TlsFiles};
use crate::consent::{ConsentLinks, Consents, FirstSignIns};
use crate::entra::EntraKeySetClient;
use crate::export::Exporter;
use crate::http::console_config::ConsoleConfig;
use crate::http::drain::Drain;
use crate::http::limits::{AttemptLimits, CallerSlots, FailedAttempts, GroupSlots};
use crate::http::metrics::Metrics;
use crate::http::server::Connections;
use crate::http::services::Services;
use crate::http::tls::{ListenerTls, TlsError};
use crate::http::{open_files, server};
use crate::import::Importer;
use crate::maintenance::Maintenance;
use crate::mappings::{Lines, Resolver, SignInChecks};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::line_watch::LineWatch;
use crate::ports::store_error::StoreError;
use crate::ports::temporary_folder;
use crate::store;
use crate::store::Stores;
use crate::tenants::TenantLinks;

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database could not be opened or migrated.
    #[error(transparent)]
    Database(#[from] store::OpenError),
    /// The database could not be brought to this program's schema.
    #[error("the database could not be migrated: {0}")]
    Migration(StoreError),
    /// The address could not be listened on.
    #[error("SIGNLINE_LISTEN: {address} can't be listened on: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        cause: io::Error,
    },
    /// The client for Microsoft's keys could not be built.
    #[error("the client for the signing keys could not be built: {0}")]
    KeyClient(String),
    /// The cache of validated tokens could not be made.
    #[error(transparent)]
    TokenCache(#[from] CacheError),
    /// The certificate of the listener could not be taken.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The metrics could not be registered.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// The workers could not be started.
    #[error(transparent)]
    Server(#[from] io::Error),
}

/// How long the database may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// A service that listens, and serves once it is run.
pub struct Service {
    services: Data<Services>,
    maintenance: Maintenance,
    stores: Stores,
    listener: TcpListener,
    address: SocketAddr,
    connections: Connections,
    hangups: Option<Signal>,
}

impl Service {
    /// Opens the database, applies pending migrations, and listens.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn open(settings: &Settings) -> Result<Self, StartError> {
        install_provider();
        let tls = listener_tls(&settings.tls)?;
        tell_of_temporary_files();
        let stores = open_stores(settings).await?;
        let fault = |cause| StartError::Listen { address: settings.listen, cause };
        let listener = server::listen(settings.listen).map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        let services = Data::new(plug(settings, &stores, address)?);
        let consents = Arc::clone(&services.consents);
        let maintenance = Maintenance::new(
            Arc::clone(&stores.imports),
            Arc::clone(&stores.history),
            consents,
            Arc::clone(&services.clock),
            settings.history_age,
        );
        let most = open_files::room_for_connections(settings.limits.connections);
        let connections =
            Connections { most, keep_alive: settings.limits.keep_alive, answer_limit: settings.limits.answer, tls };
        Ok(Self { services, maintenance, stores, listener, address, connections, hangups: None })
    }

    /// Reads the certificate again at each SIGHUP of `hangups`, also at one that came since that was made. Without it,
    /// as in a service inside of another program, SIGHUP is that program's.
    #[must_use]
    pub fn read_again_at(mut self, hangups: Signal) -> Self {
        self.hangups = Some(hangups);
        self
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The API keys, for whoever needs a first one.
    #[must_use]
    pub fn api_keys(&self) -> &ApiKeys {
        &self.services.api_keys
    }

    /// Serves until `stop` is ready, lets the calls under way finish, and closes the database.
    ///
    /// # Errors
    /// [`StartError::Server`]
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let (stopped, stop_of_tasks) = watch::channel(());
        let refresh = tokio::spawn(Arc::clone(&self.services.signing_keys).run_refresh(stop_of_tasks.clone()));
        let maintenance = tokio::spawn(self.maintenance.run(stop_of_tasks.clone()));
        let listening = tokio::spawn(listen(Arc::clone(&self.stores.line_watch), stop_of_tasks));
        let tls = self.connections.tls.clone();
        info!(address = %self.address, tls = tls.is_some(), "listening");
        let reading_again = self.hangups.map(|hangups| tokio::spawn(read_again(hangups, tls)));
        let served = server::serve(self.listener, self.services, self.connections, stop).await;
        drop(stopped);
        if let Some(reading_again) = reading_again {
            reading_again.abort();
        }
        refresh.await.map_err(io::Error::other)?;
        maintenance.await.map_err(io::Error::other)?;
        listening.await.map_err(io::Error::other)?;
        if timeout(CLOSE_LIMIT, self.stores.health.close()).await.is_err() {
            warn!("the database was not closed in time: an export was still being read");
        }
        info!("stopped");
        Ok(served?)
    }
}

/// Sign-ins need no temporary files, so the service starts without them.
fn tell_of_temporary_files() {
    if let Err(error) = temporary_folder::check() {
        let (folder, cause) = (temporary_folder::path(), error.source().map(ToString::to_string));
        warn!(folder = %folder.display(), cause, "{error}. Correct the folder, or name another in TMPDIR");
    }
}

/// The certificate of the listener, if it is to have one.
fn listener_tls(files: &TlsFiles) -> Result<Option<Arc<ListenerTls>>, StartError> {
    let (Some(certificate), Some(private_key)) = (&files.certificate, &files.private_key) else {
        return Ok(None);
    };
    Ok(Some(Arc::new(ListenerTls::load(certificate, private_key)?)))
}

/// Reads the certificate again, if there is one, at each SIGHUP.
async fn read_again(mut hangups: Signal, tls: Option<Arc<ListenerTls>>) {
    while hangups.recv().await.is_some() {
        match tls.as_ref().map(|tls| tls.reload()) {
            Some(Ok(())) => info!("the TLS certificate was read again: new connections get it"),
            Some(Err(error)) => error!(%error, "the TLS certificate was not changed"),
            None => info!("SIGHUP: there is no TLS certificate to read again, and nothing else is"),
        }
    }
}

/// Listens for changes that are made elsewhere, until `stopped` is closed.
async fn listen(watch: Arc<dyn LineWatch>, mut stopped: watch::Receiver<()>) {
    tokio::select! {
        never = watch.listen() => match never {},
        _ = stopped.changed() => {}
    }
}

/// Opens the database and applies pending migrations.
///
/// # Errors
/// [`StartError::Database`]
pub async fn open_stores(settings: &Settings) -> Result<Stores, StartError> {
    let listen_url = settings.listen_database_url.as_ref().map(|url| url.0.as_str());
    let stores = store::open_behind_pooler(&settings.database_url.0, listen_url, Arc::new(SystemClock)).await?;
    for connection in stores.health.unverified() {
        warn!("{connection}");
    }
    stores.health.migrate().await.map_err(StartError::Migration)?;
    Ok(stores)
}

/// The API keys of a database, for the command line.
#[must_use]
pub fn api_keys(stores: &Stores) -> ApiKeys {
    ApiKeys::new(Arc::clone(&stores.api_keys), Arc::new(SystemClock))
}

fn plug(settings: &Settings, stores: &Stores, address: SocketAddr) -> Result<Services, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let key_source = EntraKeySetClient::new(&settings.authority);
    let key_source = key_source.map_err(|error| StartError::KeyClient(error.to_string()))?;
    let tenants = Arc::new(key_source.tenant_directory());
    let signing_keys = Arc::new(SigningKeys::new(Arc::new(key_source), Arc::clone(&clock)));
    let tokens = TokenValidator::new(token_policy(settings), Arc::clone(&signing_keys), Arc::clone(&clock));
    let tokens = tokens.with_cache(entries(settings.token_cache_capacity))?;
    Ok(Services {
        business_groups: Arc::clone(&stores.business_groups),
        tenant_links: TenantLinks::new(Arc::clone(&stores.business_groups), tenants),
        mappings: Arc::clone(&stores.mappings),
        sign_in_checks: SignInChecks::new(Arc::clone(&stores.mappings), settings.unproven_tenants),
        resolver: Resolver::new(lines(settings, stores), Arc::clone(&stores.mappings), Arc::clone(&clock))
            .with_unproven_tenants(settings.unproven_tenants),
        api_keys: ApiKeys::new(Arc::clone(&stores.api_keys), Arc::clone(&clock)).with_cache(Arc::clone(&stores.lines)),
        importer: Importer::new(Arc::clone(&stores.imports), settings.numbering_plan),
        imports: Arc::clone(&stores.imports),
        history: Arc::clone(&stores.history),
        consents: Arc::new(consents(settings, stores, address)),
        first_sign_ins: FirstSignIns::new(
            Arc::clone(&stores.consents),
            settings.applications.clone(),
            Arc::clone(&clock),
        ),
        audit: Audit::new(Arc::clone(&stores.audit)),
        clock,
        exporter: Exporter::new(Arc::clone(&stores.mappings), settings.numbering_plan),
        tokens,
        access: Access::new(Arc::clone(&stores.business_groups), settings.operator_tenant),
        signing_keys,
        store_health: Arc::clone(&stores.health),
        plan: settings.numbering_plan,
        max_import_bytes: settings.max_import_bytes,
        attempts: FailedAttempts::new(attempt_limits(&settings.limits)),
        import_slots: Arc::new(GroupSlots::of_imports(settings.limits.concurrent_imports)),
        export_slots: Arc::new(GroupSlots::of_exports()),
        cors_origins: settings.cors_origins.clone(),
        look_up_slots: Arc::new(CallerSlots::of_look_ups()),
        over_tls: settings.tls.certificate.is_some(),
        prefix: settings.public_url_at(address).map_or_else(String::new, |url| url.prefix().to_owned()),
        console: console_config(settings),
        metrics: Metrics::new()?,
        drain: Drain::default(),
    })
}

/// Consents, to which returns come back at `address` if nothing else was set.
fn consents(settings: &Settings, stores: &Stores, address: SocketAddr) -> Consents {
    let links = ConsentLinks {
        authority: settings.authority.clone(),
        api_client_id: settings.api_client_id,
        public_url: settings.public_url_at(address),
    };
    Consents::new(Arc::clone(&stores.consents), Arc::new(SystemClock), settings.applications.clone(), links)
}

fn console_config(settings: &Settings) -> ConsoleConfig {
    let scope = settings.api_client_id.map(|id| format!("api://{id}/{}", settings.api_scope));
    let application = settings.console_application.as_deref();
    let config =
        ConsoleConfig::new(&settings.authority, &settings.applications, application, scope, settings.numbering_plan);
    config.with_unproven_tenants(settings.unproven_tenants)
}

fn attempt_limits(limits: &Limits) -> AttemptLimits {
    AttemptLimits {
        per_address: limits.failures_per_address,
        per_credential: limits.failures_per_credential,
        proxies: limits.trusted_proxies.clone(),
    }
}

/// Where lines are looked up.
fn lines(settings: &Settings, stores: &Stores) -> Lines {
    let capacity = entries(settings.mapping_cache_capacity);
    Lines::new(Arc::clone(&stores.mappings), Arc::clone(&stores.lines), capacity)
}

/// A setting as a number of entries.
fn entries(capacity: u64) -> usize {
    usize::try_from(capacity).unwrap_or(usize::MAX)
}

fn token_policy(settings: &Settings) -> TokenPolicy {
    let api = (settings.api_client_id.is_some() || !settings.api_audiences.is_empty()).then(|| ApiRegistration {
        client_id: settings.api_client_id,
        app_id_uris: settings.api_audiences.clone(),
        scope: settings.api_scope.clone(),
    });
    TokenPolicy {
        authority: settings.authority.clone(),
        applications: settings.applications.clone(),
        api,
        email_claims: settings.email_claims.clone(),
        clock_skew: settings.clock_skew,
    }
}
