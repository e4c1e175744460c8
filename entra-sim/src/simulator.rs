//! The running simulator.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use serde_json::Value;
use uuid::Uuid;

use crate::base::Base;
use crate::config::Config;
use crate::fault::{Endpoint, Fault, Fetches};
use crate::keys::{KeyError, SigningKey};
use crate::state::State;
use crate::tls::{LocalTls, TlsError};
use crate::token::TokenBuilder;
use crate::{routes, token};

/// A simulator that listens, until it is dropped.
pub struct Simulator {
    state: Arc<State>,
    http_base: String,
    https_base: String,
    ca_pem: String,
    key_print: String,
    servers: [ServerHandle; 2],
}

/// Why the simulator did not start, or has no such user.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// A listener could not be opened.
    #[error("{0} can't be listened on: {1}")]
    Listen(SocketAddr, io::Error),
    /// A server could not be started.
    #[error(transparent)]
    Server(#[from] io::Error),
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No key could be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The configuration has no such tenant, user or application.
    #[error("the configuration has no {0}")]
    Unknown(String),
}

impl Simulator {
    /// Starts on ports that the system picks.
    ///
    /// # Errors
    /// [`SimulatorError`]
    pub async fn start(config: Config) -> Result<Self, SimulatorError> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_on(config, any, any).await
    }

    /// Starts on these addresses. Both listeners serve the same; each names itself in what it answers.
    ///
    /// # Errors
    /// [`SimulatorError`]
    #[expect(clippy::unused_async, reason = "it spawns its servers, which only works on a runtime")]
    pub async fn start_on(config: Config, http: SocketAddr, https: SocketAddr) -> Result<Self, SimulatorError> {
        let tls = LocalTls::make()?;
        let state = Arc::new(State::new(config)?);
        let (http, https) = (listen(http)?, listen(https)?);
        let http_base = format!("http://{}", http.local_addr()?);
        let https_base = format!("https://localhost:{}", https.local_addr()?.port());
        let data = |own: &str| {
            (Data::from(Arc::clone(&state)), Data::new(Base { own: own.to_owned(), http: http_base.clone() }))
        };
        let (state_data, base) = data(&http_base);
        let http_server = HttpServer::new(move || {
            App::new().app_data(state_data.clone()).app_data(base.clone()).configure(routes::routes)
        });
        let http_server = http_server.workers(1).disable_signals().listen(http)?.run();
        let (state_data, base) = data(&https_base);
        let https_server = HttpServer::new(move || {
            App::new().app_data(state_data.clone()).app_data(base.clone()).configure(routes::routes)
        });
        let https_server = https_server.workers(1).disable_signals().listen_rustls_0_23(https, tls.config)?.run();
        let servers = [http_server.handle(), https_server.handle()];
        tokio::spawn(http_server);
        tokio::spawn(https_server);
        Ok(Self { state, http_base, https_base, ca_pem: tls.ca_pem, key_print: tls.key_print, servers })
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn http_base(&self) -> &str {
        &self.http_base
    }

    /// `https://localhost:PORT`
    #[must_use]
    pub fn https_base(&self) -> &str {
        &self.https_base
    }

    /// The certificate of the development CA, for clients to trust.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The SHA-256 of the public key of the TLS listener's certificate, in base64: Chromium trusts that certificate,
    /// and no other, with `--ignore-certificate-errors-spki-list`.
    #[must_use]
    pub fn key_print(&self) -> &str {
        &self.key_print
    }

    /// What it was configured with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.state.config
    }

    /// Begins a token: that of a user (name or address) of a tenant (domain or GUID) who signs in to an application
    /// (name). It is issued by the http listener.
    ///
    /// # Errors
    /// [`SimulatorError::Unknown`]
    pub fn token(&self, tenant: &str, user: &str, application: &str) -> Result<TokenBuilder, SimulatorError> {
        let unknown = |what: &str| SimulatorError::Unknown(what.to_owned());
        let config = &self.state.config;
        let tenant = config.tenant(tenant).ok_or_else(|| unknown(tenant))?;
        let user = tenant.user(user).ok_or_else(|| unknown(user))?;
        let application = config.application_named(application).ok_or_else(|| unknown(application))?;
        Ok(TokenBuilder::new(&self.http_base, tenant, user, application, self.state.signing_key()))
    }

    /// Signs a header and a payload as they stand.
    #[must_use]
    pub fn sign_raw(&self, header: &str, payload: &str) -> String {
        token::sign(&self.state.signing_key(), header, payload)
    }

    /// The key that signs now.
    #[must_use]
    pub fn signing_key(&self) -> SigningKey {
        self.state.signing_key()
    }

    /// The key of personal accounts, which is published beside the organizations'.
    #[must_use]
    pub fn personal_key(&self) -> SigningKey {
        self.state.personal_key()
    }

    /// Signs with a new key from now on; the old one stays published.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn rotate_keys(&self) -> Result<SigningKey, KeyError> {
        self.state.rotate_keys()
    }

    /// Takes a key out of the published set.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn withdraw_key(&self, kid: &str) -> Result<bool, KeyError> {
        self.state.withdraw_key(kid)
    }

    /// Adds a key to the published set as it stands.
    pub fn publish_jwk(&self, jwk: Value) {
        self.state.publish(jwk);
    }

    /// Lets an endpoint fail from now on.
    pub fn set_fault(&self, endpoint: Endpoint, fault: Fault) {
        self.state.set_fault(endpoint, fault);
    }

    /// Lets everything work again.
    pub fn clear_faults(&self) {
        self.state.clear_faults();
    }

    /// The `Cache-Control` of discovery documents and key sets; `None`: none.
    pub fn set_cache_control(&self, text: Option<&str>) {
        self.state.set_cache_control(text.map(str::to_owned));
    }

    /// How often was asked for discovery documents and key sets.
    #[must_use]
    pub fn fetches(&self) -> Fetches {
        self.state.fetches()
    }

    /// Counts from nought again.
    pub fn reset_fetches(&self) {
        self.state.reset_fetches();
    }

    /// The object id of a user of a tenant.
    ///
    /// # Errors
    /// [`SimulatorError::Unknown`]
    pub fn object_id(&self, tenant: &str, user: &str) -> Result<Uuid, SimulatorError> {
        let found = self.state.config.tenant(tenant).and_then(|tenant| tenant.user(user));
        found.map(|user| user.oid).ok_or_else(|| SimulatorError::Unknown(user.to_owned()))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        for server in &self.servers {
            // The order to stop is given by the call; nobody need wait for its end.
            drop(server.stop(false));
        }
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, SimulatorError> {
    TcpListener::bind(address).map_err(|error| SimulatorError::Listen(address, error))
}
