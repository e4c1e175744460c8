//! The same token again and again, through HTTP: as fresh as the first time, with and without the caches.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use test_support::app::TENANT;
use test_support::app::TIMEOUT;
use test_support::app::TestApp;
use test_support::database::Engine;
use tokio::time::sleep;
use tokio::time::timeout;

use crate::support::json;
use crate::support::problem;
use crate::support::services_with_caches;
use crate::support::text;

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
