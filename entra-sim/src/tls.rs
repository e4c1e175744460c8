//! The development CA, made anew at each start and kept in memory, and the certificate of `localhost` that it signs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData, SanType, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, crypto};

use crate::clock;

/// TLS for this machine.
pub(crate) struct LocalTls {
    /// The CA's certificate, for clients to trust.
    pub(crate) ca_pem: String,
    /// The SHA-256 of the server's public key, in base64, as browsers pin it.
    pub(crate) key_print: String,
    /// The listener's side.
    pub(crate) config: ServerConfig,
}

/// TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate could not be made.
    #[error("no certificate could be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate was not taken.
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] rustls::Error),
}

impl LocalTls {
    pub(crate) fn make() -> Result<Self, TlsError> {
        let ca_key = KeyPair::generate()?;
        let mut ca = valid_for_a_year(CertificateParams::new(Vec::new())?);
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        ca.distinguished_name.push(DnType::CommonName, "entra-sim development CA");
        let ca_pem = ca.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate()?;
        let certificate = leaf()?.signed_by(&key, &issuer)?;
        let key_print = STANDARD.encode(digest::digest(&digest::SHA256, &key.subject_public_key_info()));

        let secret = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], secret)?;
        Ok(Self { ca_pem, key_print, config })
    }
}

/// The certificate of `localhost`, such as systems that are strict with servers' take it.
fn leaf() -> Result<CertificateParams, rcgen::Error> {
    let mut leaf = valid_for_a_year(CertificateParams::new(vec!["localhost".to_owned()])?);
    leaf.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    leaf.subject_alt_names.push(SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    leaf.distinguished_name.push(DnType::CommonName, "localhost");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    Ok(leaf)
}

/// From yesterday, for clocks that are behind, and for a year: some systems refuse a server that is good for longer.
fn valid_for_a_year(mut params: CertificateParams) -> CertificateParams {
    let day = |from_now: i64| {
        let date = clock::date(from_now);
        // A month and a day are never negative.
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(-1);
    params.not_after = day(365);
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_is_a_servers_and_good_for_a_year() {
        let leaf = leaf().unwrap();
        assert_eq!(leaf.extended_key_usages, [ExtendedKeyUsagePurpose::ServerAuth]);
        let good_for = leaf.not_after - leaf.not_before;
        assert_eq!(good_for.whole_days(), 366);
    }
}
