//! The same token again and again, through HTTP: as fresh as the first time, with and without the caches.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use test_support::app::{TENANT, TIMEOUT, TestApp};
use test_support::database::Engine;
use tokio::time::{sleep, timeout};

use crate::support::{json, problem, services_with_caches, text};

const BOB: &str = "bobsmith@abccompany.com";
const GROUP: &str = "/v1/business-groups/abccompany";
const TENANT_LINK: &str = "/v1/business-groups/abccompany/tenant";
const MAPPING: &str = "/v1/business-groups/abccompany/mappings/+17635551111";

/// A service on each engine, with caches of this size.
async fn services(capacity: u64) -> Vec<TestApp> {
    services_with_caches(&[(Engine::Sqlite, capacity), (Engine::Postgres, capacity)]).await
}

async fn figure(app: &TestApp, name: &str) -> u64 {
    let metrics = text(app.get("/metrics").send().await.unwrap(), 200).await;
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse().unwrap()
}

/// Waits until lines are cached, if any ever are.
async fn wait_until_trusted(app: &TestApp, capacity: u64) {
    let trusted = async {
        while capacity > 0 && figure(app, "signline_line_cache_trusted").await == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(TIMEOUT, trusted).await.expect("changes are heard");
}

#[tokio::test]
async fn a_user_who_is_removed_or_moved_is_answered_so_by_the_next_call() {
    for capacity in [0, 1000] {
        for app in services(capacity).await {
            let token = app.token(BOB);
            let number = |answer: serde_json::Value| answer["phone_number"].as_str().unwrap().to_owned();
            wait_until_trusted(&app, capacity).await;
            for _ in 0..3 {
                assert_eq!(number(json(app.me(&token).await, 200).await), "+17635551111");
            }
            assert_eq!(app.operate(Method::DELETE, MAPPING).send().await.unwrap().status(), 204);
            problem(app.me(&token).await, 404, "no-mapping").await;
            let moved = "PhoneNumber,MEEmailAddress\n7635554444,bobsmith@abccompany.com\n";
            json(app.import("&mode=merge", moved).await, 200).await;
            assert_eq!(number(json(app.me(&token).await, 200).await), "+17635554444");
            assert_eq!(app.operate(Method::DELETE, TENANT_LINK).send().await.unwrap().status(), 204);
            problem(app.me(&token).await, 403, "tenant-not-linked").await;
            let linked = app.operate_json(Method::PUT, TENANT_LINK, &json!({"tenant_id": TENANT})).await;
            assert_eq!(linked.status(), 200);
            assert_eq!(number(json(app.me(&token).await, 200).await), "+17635554444");
        }
    }
}

#[tokio::test]
async fn a_guest_who_is_not_allowed_any_more_is_refused_by_the_next_call() {
    for app in services(1000).await {
        let token = app.entra.token(TENANT, BOB, "portal").unwrap().claim("acct", 1).mint();
        for (allowed, status) in [(false, 403), (true, 200), (false, 403)] {
            app.operate_json(Method::PATCH, GROUP, &json!({"allow_guests": allowed})).await;
            assert_eq!(app.me(&token).await.status(), status);
            assert_eq!(app.me(&token).await.status(), status);
        }
    }
}

#[tokio::test]
async fn the_metrics_tell_what_is_cached() {
    for app in services(1000).await {
        let token = app.token(BOB);
        let cached = async {
            while figure(&app, "signline_line_cache_trusted").await == 0
                || figure(&app, "signline_line_cache_entries").await == 0
            {
                json(app.me(&token).await, 200).await;
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(TIMEOUT, cached).await.expect("the line is cached");
        assert_eq!(figure(&app, "signline_token_cache_entries").await, 1);
        assert_eq!(figure(&app, "signline_token_validations_total").await, 1);
        assert!(figure(&app, "signline_line_lookups_total").await >= 1);
    }
}

/// Their line is cached and pinned to them: nothing has to be asked to answer them.
#[tokio::test]
async fn a_new_token_of_a_user_whose_line_is_cached_is_answered_by_what_holds_now() {
    for app in services(1000).await {
        let new = |sign_in: u32| app.entra.token(TENANT, BOB, "portal").unwrap().claim("nonce", sign_in);
        let number = |answer: serde_json::Value| answer["phone_number"].as_str().unwrap().to_owned();
        wait_until_trusted(&app, 1000).await;
        for sign_in in 0..3 {
            assert_eq!(number(json(app.me(&new(sign_in).mint()).await, 200).await), "+17635551111");
        }
        let stranger = new(3).claim("oid", "0b0b0b0b-0000-4000-8000-00000000000f");
        problem(app.me(&stranger.mint()).await, 409, "identity-changed").await;
        problem(app.me(&new(4).claim("acct", 1).mint()).await, 403, "guest-not-allowed").await;
        let nobody =
            new(5).claim("email", "nobody@abccompany.com").claim("preferred_username", "nobody@abccompany.com");
        problem(app.me(&nobody.mint()).await, 404, "no-mapping").await;
        assert_eq!(app.operate(Method::DELETE, MAPPING).send().await.unwrap().status(), 204);
        problem(app.me(&new(6).mint()).await, 404, "no-mapping").await;
        let moved = "PhoneNumber,MEEmailAddress\n7635554444,bobsmith@abccompany.com\n";
        json(app.import("&mode=merge", moved).await, 200).await;
        assert_eq!(number(json(app.me(&new(7).mint()).await, 200).await), "+17635554444");
        assert_eq!(app.operate(Method::DELETE, TENANT_LINK).send().await.unwrap().status(), 204);
        problem(app.me(&new(8).mint()).await, 403, "tenant-not-linked").await;
    }
}

/// Who is not answered at once is answered by the handler, which goes on where it was left.
#[tokio::test]
async fn a_new_token_is_checked_once_whatever_becomes_of_it() {
    for app in services(1000).await {
        let new = |sign_in: u32| app.entra.token(TENANT, BOB, "portal").unwrap().claim("nonce", sign_in);
        wait_until_trusted(&app, 1000).await;
        let wrong_audience = new(5).claim("aud", "0c11e470-1111-4222-8333-00000000000f").mint();
        let cut = new(6).mint().rsplit_once('.').unwrap().0.to_owned();
        let calls = [
            (new(0).mint(), 200),
            (new(1).mint(), 200),
            (new(2).claim("acct", 1).mint(), 403),
            (new(3).claim("oid", "0b0b0b0b-0000-4000-8000-00000000000f").mint(), 409),
            (new(4).header("kid", "unknown").mint(), 401),
            (wrong_audience, 401),
            (cut, 401),
        ];
        for (checked, (token, status)) in (1..).zip(calls) {
            assert_eq!(app.me(&token).await.status(), status, "call {checked}");
            assert_eq!(figure(&app, "signline_token_validations_total").await, checked);
        }
    }
}
