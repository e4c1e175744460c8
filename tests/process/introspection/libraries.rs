//! `oauth4webapi`, `openid-client` and `authlib` ask, with the key as HTTP Basic and in the form.
//!
//! The first two percent-encode what they send as Basic, as RFC 6749 has it: of `slk_…` they make `slk%5F…`. The third does not.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use test_support::app::client_id;

use super::world::{ADA, BOB, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oauth4webapi_is_told_about_tokens() {
    is_told_about_tokens(|| node("introspect_oauth4webapi.cjs")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_client_is_told_about_tokens() {
    is_told_about_tokens(|| node("introspect_openid_client.cjs")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authlib_is_told_about_tokens() {
    is_told_about_tokens(python).await;
}

fn node(script: &str) -> Command {
    let installed = installed();
    let mut command = Command::new(installed.join("node"));
    command.arg(source().join(script)).env("NODE_PATH", installed.join("node_modules"));
    command
}

fn python() -> Command {
    let mut command = Command::new(installed().join("python/bin/python"));
    command.arg(source().join("introspect_authlib.py"));
    command
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/introspection_clients")
}

/// Where the libraries are. Without them the test fails: it is never passed over.
fn installed() -> PathBuf {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/introspection-clients");
    assert!(
        place.join("installed").exists(),
        "the clients that ask for introspection are missing: run scripts/setup-introspection-clients"
    );
    place
}

/// Lets a library ask about tokens: its answers, by the way of authentication.
fn ask(world: &World, mut command: Command, path: &str, secret: &str, tokens: &Value) -> Value {
    let settings = json!({
        "issuer": world.entra.http_base(),
        "endpoint": world.url(path),
        "client_id": "a gateway",
        "secret": secret,
        "tokens": tokens,
        "ca_file": world.files.certificate,
    });
    command.env("NODE_EXTRA_CA_CERTS", &world.files.certificate).env("NO_PROXY", "127.0.0.1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(settings.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn is_told_about_tokens(command: impl Fn() -> Command) {
    let world = World::start().await;
    let bad = world.bad_tokens();
    let mut tokens = json!({
        "id_token": world.token(BOB),
        "access_token": world.access_token(),
        "no_mapping": world.token(ADA),
        "stranger": world.stranger(),
    });
    tokens.as_object_mut().unwrap().extend(bad.clone());
    let ask = |path: &str, secret: &str| ask(&world, command(), path, secret, &tokens);

    let everybodys = world.resolver(None).await;
    let mut expected = json!({
        "id_token": with(active(&world, &tokens["id_token"]), bobs_line()),
        "access_token": with(active(&world, &tokens["access_token"]), bobs_line()),
        "no_mapping": with(active(&world, &tokens["no_mapping"]), json!({
            "email": ADA, "business_group": "abccompany", "line": "no-mapping",
        })),
        "stranger": with(active(&world, &tokens["stranger"]), json!({
            "email": "admin@otherco.example", "line": "tenant-not-linked",
        })),
    });
    expected["access_token"]["scope"] = json!("Line.Read");
    expected = with(expected, inactive(bad.keys()));
    is_answered(&ask("/v1/introspect", &everybodys.secret), &expected);

    let without_a_line = ["no_mapping", "stranger"].map(str::to_owned);
    let wanting_a_line = with(expected.clone(), inactive(&without_a_line));
    is_answered(&ask("/v1/introspect?require=line", &everybodys.secret), &wanting_a_line);

    let others = world.resolver(Some("otherco")).await;
    is_answered(&ask("/v1/introspect", &others.secret), &inactive(tokens.as_object().unwrap().keys()));

    world.revoke(&everybodys).await;
    let refused =
        tokens.as_object().unwrap().keys().map(|name| (name.clone(), json!({"refused": 401, "scheme": "bearer"})));
    is_answered(&ask("/v1/introspect", &everybodys.secret), &refused.collect());
}

/// The same answers in either way of authentication.
fn is_answered(answers: &Value, expected: &Value) {
    for way in ["basic", "post"] {
        for (name, expected) in expected.as_object().unwrap() {
            assert_eq!(&answers[way][name], expected, "{name}, the key as {way}");
        }
    }
}

/// What is said of each good token, whatever its user has.
fn active(world: &World, token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let mut answer = json!({
        "active": true,
        "token_type": "Bearer",
        "client_id": client_id(&world.entra, "portal"),
        "username": claims["preferred_username"],
        "application": "portal",
    });
    for name in ["iss", "aud", "sub", "iat", "nbf", "exp", "tid", "oid"] {
        answer[name] = claims[name].clone();
    }
    answer
}

fn bobs_line() -> Value {
    json!({
        "email": BOB,
        "business_group": "abccompany",
        "phone_number": "+17635551111",
        "phone_number_national": "7635551111",
        "line": "ok",
    })
}

/// What is said of a token that is not good: that, and nothing else.
fn inactive<'a>(names: impl IntoIterator<Item = &'a String>) -> Value {
    names.into_iter().map(|name| (name.clone(), json!({"active": false}))).collect::<Map<_, _>>().into()
}

/// An object with the members of another.
fn with(mut object: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("no object: {members}") };
    object.as_object_mut().unwrap().extend(members);
    object
}
