//! Signing keys as the running service keeps them.

use entra_sim::{Endpoint, Fault};
use futures_util::future::join_all;
use test_support::app::{SAMPLE_SHEET, TENANT, TIMEOUT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem, text};

const BOB: &str = "bobsmith@abccompany.com";

async fn sample() -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app
}

#[tokio::test]
async fn keys_are_fetched_at_the_start_and_not_at_the_first_token() {
    let app = sample().await;
    let fetched = app.entra.fetches();
    // One of the discovery documents is that of the tenant that was linked.
    assert_eq!((fetched.discovery, fetched.keys), (2, 1));
    json(app.me(&app.token(BOB)).await, 200).await;
    assert_eq!(app.entra.fetches(), fetched);
}

#[tokio::test]
async fn the_first_token_of_a_new_key_passes_and_a_storm_of_unknown_keys_makes_no_fetch_after_that() {
    let app = sample().await;
    app.entra.reset_fetches();
    // The fetch of the start was a moment ago.
    app.entra.rotate_keys().unwrap();
    json(app.me(&app.token(BOB)).await, 200).await;
    assert_eq!(app.entra.fetches().keys, 1);
    let token = app.entra.token(TENANT, BOB, "portal").unwrap();
    let storm = (0..200).map(|number| {
        let token = token.clone().header("kid", format!("unknown-{number}")).mint();
        let app = &app;
        async move { problem(app.me(&token).await, 401, "invalid-token").await }
    });
    for problem in join_all(storm).await {
        assert!(problem["detail"].as_str().unwrap().starts_with("unknown-key: "));
    }
    assert_eq!(app.entra.fetches().keys, 1);
    json(app.me(&app.token(BOB)).await, 200).await;
}

#[tokio::test]
async fn tokens_are_still_taken_while_microsoft_is_down() {
    let app = sample().await;
    app.entra.set_fault(Endpoint::Discovery, Fault::Status(503));
    app.entra.set_fault(Endpoint::Keys, Fault::Status(503));
    json(app.me(&app.token(BOB)).await, 200).await;
    text(app.get("/readyz").send().await.unwrap(), 200).await;
}

#[tokio::test]
async fn without_any_keys_the_service_says_when_to_come_back_and_is_not_ready() {
    // Nothing listens on that port.
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.authority = signline::domain::authority::Authority::parse("http://127.0.0.1:9").unwrap();
    })
    .await;
    let answer = app.me(&app.token(BOB)).await;
    let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds));
    problem(answer, 503, "keys-unavailable").await;
    let lines = text(app.get("/readyz").send().await.unwrap(), 503).await;
    assert!(lines.contains("store: ok\n") && lines.contains("keys: none yet"), "{lines}");
    text(app.get("/livez").send().await.unwrap(), 200).await;
    // What needs no keys goes on.
    app.sample_company().await;
}

#[tokio::test]
async fn an_endpoint_that_lies_gives_no_keys() {
    for fault in [
        Fault::Garbage,
        Fault::BreakOff,
        Fault::Oversized,
        Fault::RedirectTo("http://127.0.0.1:9/keys".to_owned()),
        Fault::Body(r#"{"keys": []}"#.to_owned()),
        Fault::Status(500),
    ] {
        let liar = entra_sim::Simulator::start(entra_sim::Config::sample()).await.unwrap();
        liar.set_fault(Endpoint::Keys, fault.clone());
        let authority = signline::domain::authority::Authority::parse(liar.http_base()).unwrap();
        let app = TestApp::start_with(Engine::Sqlite, |settings| settings.authority = authority).await;
        let token = liar.token(TENANT, BOB, "portal").unwrap().mint();
        problem(app.me(&token).await, 503, "keys-unavailable").await;
        let metrics = text(app.get("/metrics").send().await.unwrap(), 200).await;
        assert!(metrics.contains("signline_signing_keys 0"), "{fault:?}: {metrics}");
    }
}

#[tokio::test]
async fn metrics_tell_how_it_stands_with_the_keys() {
    let app = sample().await;
    let wanted = [
        "signline_signing_keys 2",
        "signline_signing_keys_stale 0",
        "signline_signing_key_fetches_total{result=\"ok\"} 1",
    ];
    let deadline = tokio::time::Instant::now() + TIMEOUT;
    loop {
        let metrics = text(app.get("/metrics").send().await.unwrap(), 200).await;
        if wanted.iter().all(|line| metrics.contains(line)) {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{metrics}");
    }
}
