//! The key fetcher against endpoints that tell the truth, lie, or fall silent.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use signline::domain::authority::Authority;
use signline::entra::EntraKeySetClient;
use signline::ports::key_set_source::{FetchedKeySet, KeySetError, KeySetSource};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::minting::{encode, public_modulus};

/// An HTTP endpoint on this machine whose answers the test writes. It ends with the test.
struct Endpoint {
    authority: Authority,
    serving: JoinHandle<()>,
}

impl Endpoint {
    /// `answer` gives the bytes of the whole answer, from the path asked for and the endpoint's own base.
    async fn answering(answer: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let authority = Authority::parse(&base).expect("an authority");
        let answer = Arc::new(answer);
        let serving = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&answer), base.clone()));
            }
        });
        Self { authority, serving }
    }

    async fn fetch(&self) -> Result<FetchedKeySet, KeySetError> {
        EntraKeySetClient::new(&self.authority).expect("a client").fetch().await
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve<A: Fn(&str, &str) -> Vec<u8>>(mut connection: TcpStream, answer: Arc<A>, base: String) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match connection.read_buf(&mut request).await {
            Ok(1..) => {}
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    // The client may hang up in the middle of an answer that is too long.
    drop(connection.write_all(&answer(path, &base)).await);
}

const DISCOVERY: &str = "/organizations/v2.0/.well-known/openid-configuration";
const KEYS: &str = "/organizations/discovery/v2.0/keys";

fn answer(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body.as_ref()].concat()
}

fn discovery(base: &str) -> Vec<u8> {
    discovery_with(&format!("{base}/{{tenantid}}/v2.0"), &format!("{base}{KEYS}"))
}

fn discovery_with(issuer: &str, jwks_uri: &str) -> Vec<u8> {
    let document = json!({"issuer": issuer, "jwks_uri": jwks_uri, "tenant_region_scope": null});
    answer("200 OK\r\nContent-Type: application/json", document.to_string())
}

fn key_set() -> String {
    let key = json!({
        "kty": "RSA", "use": "sig", "kid": "k", "x5t": "k", "n": encode(public_modulus()), "e": "AQAB", "x5c": ["MIIC"],
        "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
    });
    json!({"keys": [key]}).to_string()
}

/// The discovery document is good; the keys' answer is the test's.
async fn with_keys(keys: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Endpoint {
    Endpoint::answering(move |path, base| if path == DISCOVERY { discovery(base) } else { keys() }).await
}

#[tokio::test]
async fn keys_and_how_long_they_may_be_kept_are_read() {
    for (cache_control, expected) in [
        ("max-age=86400, private", Some(86_400)),
        ("private, MAX-AGE=\"60\"", Some(60)),
        ("no-store", Some(0)),
        ("max-age=x", None),
        ("private", None),
    ] {
        let head = format!("200 OK\r\nCache-Control: {cache_control}");
        let endpoint = with_keys(move || answer(&head, key_set())).await;
        let fetched = endpoint.fetch().await.unwrap();
        assert_eq!(fetched.max_age, expected.map(Duration::from_secs), "{cache_control}");
        assert_eq!((fetched.keys.len(), fetched.keys[0].kid.as_str()), (1, "k"));
        assert_eq!(fetched.keys[0].modulus, public_modulus());
    }
}

// proves T-10
#[tokio::test]
async fn keys_on_another_host_are_not_fetched() {
    let other = Endpoint::answering(|_, _| answer("200 OK", key_set())).await;
    let elsewhere = format!("{}{KEYS}", other.authority);
    let endpoint =
        Endpoint::answering(move |_, base| discovery_with(&format!("{base}/{{tenantid}}/v2.0"), &elsewhere)).await;
    assert!(matches!(endpoint.fetch().await, Err(KeySetError::Malformed { .. })));
}

// proves T-10
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other =
        Endpoint::answering(|path, base| if path == DISCOVERY { discovery(base) } else { answer("200 OK", key_set()) })
            .await;
    for (status, from) in [(301, DISCOVERY), (302, DISCOVERY), (307, KEYS), (308, KEYS)] {
        let location = other.authority.to_string();
        let endpoint = Endpoint::answering(move |path, base| {
            let redirect = || answer(&format!("{status} Elsewhere\r\nLocation: {location}{path}"), "");
            if path == from { redirect() } else { discovery(base) }
        })
        .await;
        assert!(matches!(endpoint.fetch().await, Err(KeySetError::Status { status: s, .. }) if s == status));
    }
}

// proves T-10
#[tokio::test]
async fn no_more_than_a_mebibyte_is_read_whatever_the_answer_says_of_its_length() {
    let endless = || vec![b' '; 1024 * 1024 + 1];
    let endpoint = with_keys(move || answer("200 OK", endless())).await;
    assert!(matches!(endpoint.fetch().await, Err(KeySetError::TooLarge { limit: 1_048_576, .. })));
    let endpoint = Endpoint::answering(move |_, _| answer("200 OK\r\nContent-Length: 1048577", endless())).await;
    assert!(matches!(endpoint.fetch().await, Err(KeySetError::TooLarge { .. })));
}

// proves T-10
#[tokio::test]
async fn an_answer_that_is_no_key_set_is_refused() {
    for body in ["", "{}", "<html>", r#"{"keys":{}}"#, r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AA"}]}"#] {
        let endpoint = with_keys(move || answer("200 OK", body)).await;
        assert!(matches!(endpoint.fetch().await, Err(KeySetError::Malformed { .. })), "{body}");
    }
}

// proves T-10
#[tokio::test]
async fn another_clouds_document_is_refused() {
    let endpoint = Endpoint::answering(|_, base| {
        discovery_with("https://login.microsoftonline.com/{tenantid}/v2.0", &format!("{base}{KEYS}"))
    })
    .await;
    assert!(matches!(endpoint.fetch().await, Err(KeySetError::Malformed { .. })));
}

#[tokio::test]
async fn a_failing_endpoint_is_told_by_its_status() {
    for status in [400, 404, 429, 500, 503] {
        let endpoint = with_keys(move || answer(&format!("{status} No"), "{}")).await;
        assert!(matches!(endpoint.fetch().await, Err(KeySetError::Status { status: s, .. }) if s == status));
    }
}

#[tokio::test]
async fn an_endpoint_that_hangs_up_is_unreachable() {
    let endpoint = Endpoint::answering(|_, _| Vec::new()).await;
    assert!(matches!(endpoint.fetch().await, Err(KeySetError::Unreachable { .. })));
    let cut_short = with_keys(|| answer("200 OK\r\nContent-Length: 5000", key_set())).await;
    assert!(matches!(cut_short.fetch().await, Err(KeySetError::Unreachable { .. })));
}
