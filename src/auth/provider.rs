//! What jsonwebtoken checks signatures with: as its own provider does, by aws-lc, but with keys that were read before.
//!
//! Its provider reads a key's numbers anew for each token, which takes an eighth of the time of a check. A verifier is made by a
//! plain function for the whole process, so what it knows stands in a `static`: the keys that somebody has in use as a
//! [`VerifyingKey`]. With any other key, and for all that is no RS256, it does what jsonwebtoken's own provider does.

use std::sync::{Arc, LazyLock, Weak};

use arc_swap::ArcSwap;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, aws_lc};
use jsonwebtoken::signature::Verifier;
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, errors, signature};

/// It signs, and reads keys for others, as jsonwebtoken's own does.
static PROVIDER: LazyLock<CryptoProvider> = LazyLock::new(|| CryptoProvider {
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    ..aws_lc::DEFAULT_PROVIDER.clone()
});

/// The keys that were read, by their modulus, as long as somebody has them in use.
static READ_KEYS: LazyLock<ArcSwap<ReadKeys>> = LazyLock::new(ArcSwap::default);

/// They are few: Microsoft publishes some ten, of which most differ in their first bytes.
type ReadKeys = Vec<(Box<[u8]>, Weak<ParsedPublicKey>)>;

/// The public exponent of every key that Microsoft publishes: 65537. Keys with another one are not kept.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// Installs the provider for the whole process, which jsonwebtoken takes once. Where it comes too late, signatures are checked as
/// strictly, and more slowly.
pub fn install_provider() {
    // An error says that there is one already: this one, or what somebody else has asked for first.
    let _ = LazyLock::force(&PROVIDER).install_default();
}

/// A public key of which the provider keeps what it has read, as long as this lives.
pub(super) struct VerifyingKey {
    numbers: DecodingKey,
    _read: Option<Arc<ParsedPublicKey>>,
}

/// A signature. jsonwebtoken's verifiers want it in a vector.
pub(super) struct Signature(pub(super) Vec<u8>);

impl VerifyingKey {
    /// A key of these numbers, big-endian. If they are no RSA key of 2048 to 8192 bits, it verifies nothing.
    pub(super) fn new(modulus: &[u8], exponent: &[u8]) -> Self {
        let read = if exponent == EXPONENT { keep(modulus) } else { None };
        Self { numbers: DecodingKey::from_rsa_raw_components(modulus, exponent), _read: read }
    }

    /// Whether `signature` is the key's over `message` by RS256 (RFC 7518, section 3.3).
    ///
    /// It asks the provider itself: jsonwebtoken's own function of this name would decode the signature from base64 once more.
    pub(super) fn verifies(&self, Signature(signature): &Signature, message: &[u8]) -> bool {
        let verifier = (PROVIDER.verifier_factory)(&Algorithm::RS256, &self.numbers);
        verifier.is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }
}

/// Makes what a signature is checked with.
fn verifier(algorithm: Algorithm, key: &DecodingKey) -> errors::Result<Box<dyn JwtVerifier>> {
    match (algorithm, key.kind()) {
        (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) if *e == EXPONENT => match read_key(n) {
            Some(key) => Ok(Box::new(Rs256(key))),
            None => (aws_lc::DEFAULT_PROVIDER.verifier_factory)(&algorithm, key),
        },
        _ => (aws_lc::DEFAULT_PROVIDER.verifier_factory)(&algorithm, key),
    }
}

/// The key of this modulus, if it was read.
fn read_key(modulus: &[u8]) -> Option<Arc<ParsedPublicKey>> {
    let keys = READ_KEYS.load();
    keys.iter().find(|(known, _)| **known == *modulus)?.1.upgrade()
}

/// Reads the key of this modulus and keeps it as long as what is given here lives; `None` if it is no key.
fn keep(modulus: &[u8]) -> Option<Arc<ParsedPublicKey>> {
    if let Some(known) = read_key(modulus) {
        return Some(known);
    }
    let numbers = RsaPublicKeyComponents { n: modulus, e: &EXPONENT };
    let key = Arc::new(numbers.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?);
    READ_KEYS.rcu(|known| {
        // Those that nobody uses any more go, so that there are never more than are published.
        let in_use = known.iter().filter(|(_, key)| key.strong_count() > 0);
        let mut keys: ReadKeys = in_use.map(|(modulus, key)| (modulus.clone(), Weak::clone(key))).collect();
        keys.push((modulus.into(), Arc::downgrade(&key)));
        keys
    });
    Some(key)
}

/// RS256 with a key that was read before.
struct Rs256(Arc<ParsedPublicKey>);

impl Verifier<Vec<u8>> for Rs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.verify_sig(message, signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::KeyPair as _;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::{EncodingKey, Header, crypto};

    use super::*;

    fn pair() -> (KeyPair, Vec<u8>) {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let modulus = pair.public_key().modulus().big_endian_without_leading_zero().to_vec();
        (pair, modulus)
    }

    #[test]
    fn what_it_signs_it_verifies_with_keys_that_are_in_use_and_with_others() {
        install_provider();
        let (pair, modulus) = pair();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        // Without what PKCS #8 puts around a key of this length.
        let signing = EncodingKey::from_rsa_der(&der.as_ref()[26..]);
        let header = Header::new(Algorithm::RS256);
        let token = jsonwebtoken::encode(&header, &serde_json::json!({"a": 1}), &signing).unwrap();
        let (message, text) = token.rsplit_once('.').unwrap();
        let signature = Signature(URL_SAFE_NO_PAD.decode(text).unwrap());
        let stranger = DecodingKey::from_rsa_raw_components(&modulus, &EXPONENT);
        assert!(crypto::verify(text, message.as_bytes(), &stranger, Algorithm::RS256).unwrap());
        let key = VerifyingKey::new(&modulus, &EXPONENT);
        assert!(crypto::verify(text, message.as_bytes(), &stranger, Algorithm::RS256).unwrap());
        assert!(key.verifies(&signature, message.as_bytes()));
        assert!(!key.verifies(&signature, b"another message"));
        assert!(!key.verifies(&Signature(signature.0[1..].to_vec()), message.as_bytes()));
        let (_, other) = self::pair();
        assert!(!VerifyingKey::new(&other, &EXPONENT).verifies(&signature, message.as_bytes()));
    }

    #[test]
    fn a_key_is_read_once_for_all_who_use_it_and_forgotten_with_them() {
        let (_, modulus) = pair();
        assert!(read_key(&modulus).is_none());
        let one = VerifyingKey::new(&modulus, &EXPONENT);
        let read = Arc::downgrade(&read_key(&modulus).unwrap());
        let other = VerifyingKey::new(&modulus, &EXPONENT);
        assert!(Weak::ptr_eq(&read, &Arc::downgrade(&read_key(&modulus).unwrap())));
        drop(one);
        assert!(read_key(&modulus).is_some());
        drop(other);
        assert!(read_key(&modulus).is_none());
        // Its place goes with the next key that is read.
        let next = VerifyingKey::new(&pair().1, &EXPONENT);
        assert!(!READ_KEYS.load().iter().any(|(known, _)| **known == *modulus));
        drop(next);
    }

    #[test]
    fn a_key_of_another_exponent_is_not_kept_and_one_that_is_none_verifies_nothing() {
        let (_, modulus) = pair();
        let _other = VerifyingKey::new(&modulus, &[3]);
        assert!(read_key(&modulus).is_none());
        for numbers in [vec![], vec![0xff], vec![0xff; 128], vec![0xff; 2048]] {
            let key = VerifyingKey::new(&numbers, &EXPONENT);
            assert!(!key.verifies(&Signature(vec![1; numbers.len()]), b"message"));
        }
    }
}
