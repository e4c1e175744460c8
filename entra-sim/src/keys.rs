//! Signing keys, and the key set as Entra publishes it.

use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::CertificateParams;
use serde_json::{Value, json};

/// The tenant of all personal Microsoft accounts.
pub const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// An RSA key of 2048 bits that signs tokens. Cheap to clone.
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    pair: KeyPair,
    kid: String,
    certificate: String,
}

/// No key could be made: the machine gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no RSA key could be made")]
pub struct KeyError;

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn generate() -> Result<Self, KeyError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError)?;
        let modulus = pair.public_key().modulus().big_endian_without_leading_zero().to_vec();
        let thumbprint = digest::digest(&digest::SHA256, &modulus);
        // As long as Entra's own, which are SHA-1 thumbprints.
        let kid = URL_SAFE_NO_PAD.encode(&thumbprint.as_ref()[..20]);
        let certificate = STANDARD.encode(certificate(&pair)?);
        Ok(Self(Arc::new(Inner { pair, kid, certificate })))
    }

    /// The key's name.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The signature over `message` by RS256, in base64url.
    pub(crate) fn sign(&self, message: &str) -> String {
        let mut signature = vec![0; self.0.pair.public_modulus_len()];
        let signed = self.0.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        // A key that was just made signs; if it ever did not, the signature would be wrong and be refused.
        if signed.is_err() {
            signature.clear();
        }
        URL_SAFE_NO_PAD.encode(signature)
    }

    /// The key as Entra publishes it: no `alg`, a certificate in plain base64, and whose tokens it may sign.
    #[must_use]
    pub fn to_jwk(&self, issuer: &str) -> Value {
        let public = self.0.pair.public_key();
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.0.kid,
            "x5t": self.0.kid,
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
            "x5c": [self.0.certificate],
            "cloud_instance_name": "microsoftonline.com",
            "issuer": issuer,
        })
    }
}

/// A certificate over the key, signed by itself, as Entra's `x5c` has.
fn certificate(pair: &KeyPair) -> Result<Vec<u8>, KeyError> {
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError)?;
    let der = rustls::pki_types::PrivatePkcs8KeyDer::from(der.as_ref());
    let pair = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256).map_err(|_| KeyError)?;
    let mut params = CertificateParams::new(Vec::new()).map_err(|_| KeyError)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, "accounts.accesscontrol.windows.net");
    Ok(params.self_signed(&pair).map_err(|_| KeyError)?.der().to_vec())
}
