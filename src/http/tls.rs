//! TLS on the listener, with a certificate that can be changed while the service runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// The certificate of the listener, and where it came from.
pub struct ListenerTls {
    certificate: PathBuf,
    private_key: PathBuf,
    current: Arc<Current>,
}

/// The certificate could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{setting}: {} can't be read: {cause}", .path.display())]
    Unreadable {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file holds something else.
    #[error("{setting}: {} holds no {wanted} as PEM", .path.display())]
    Other {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// The two don't go together, or can't be used.
    #[error("SIGNLINE_TLS_CERTIFICATE and SIGNLINE_TLS_PRIVATE_KEY can't be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// What a handshake is answered with.
struct Current(ArcSwap<CertifiedKey>);

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current(..)")
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl ListenerTls {
    /// Reads a certificate chain and its private key, each from a PEM file.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn load(certificate: &Path, private_key: &Path) -> Result<Self, TlsError> {
        let current = read(certificate, private_key)?;
        let (certificate, private_key) = (certificate.to_owned(), private_key.to_owned());
        Ok(Self { certificate, private_key, current: Arc::new(Current(ArcSwap::from_pointee(current))) })
    }

    /// Reads the files again: new connections get the new certificate. If there is anything wrong with them, all stays
    /// as it is.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn reload(&self) -> Result<(), TlsError> {
        self.current.0.store(Arc::new(read(&self.certificate, &self.private_key)?));
        Ok(())
    }

    /// The listener's side: TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// None in fact: the library has both versions.
    pub(super) fn server_config(&self) -> Result<ServerConfig, rustls::Error> {
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let resolver = Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>;
        let mut config =
            config.with_safe_default_protocol_versions()?.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn read(certificate: &Path, private_key: &Path) -> Result<CertifiedKey, TlsError> {
    const CERTIFICATE: (&str, &str) = ("SIGNLINE_TLS_CERTIFICATE", "certificate");
    const PRIVATE_KEY: (&str, &str) = ("SIGNLINE_TLS_PRIVATE_KEY", "private key");
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| fault(CERTIFICATE, certificate, error))?;
    if chain.is_empty() {
        return Err(fault(CERTIFICATE, certificate, pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_file(private_key).map_err(|error| fault(PRIVATE_KEY, private_key, error))?;
    Ok(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?)
}

fn fault((setting, wanted): (&'static str, &'static str), path: &Path, error: pem::Error) -> TlsError {
    let path = path.to_owned();
    match error {
        pem::Error::Io(cause) => TlsError::Unreadable { setting, path, cause },
        _ => TlsError::Other { setting, path, wanted },
    }
}
