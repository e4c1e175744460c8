//! Recycled addresses: a mapping belongs to one account until an administrator says otherwise.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem, services_with_caches, text};

const BOB: &str = "bobsmith@abccompany.com";
const GROUP: &str = "/v1/business-groups/abccompany";
const MAPPING: &str = "/v1/business-groups/abccompany/mappings/+17635551111";
const PIN: &str = "/v1/business-groups/abccompany/mappings/7635551111/pin";

/// Who has Bob's address after he has left.
const SUCCESSOR: &str = "0b0b0b0b-0000-4000-8000-00000000ffff";

/// A service on each engine with the sample's mappings, with and without the caches.
async fn services() -> Vec<TestApp> {
    services_with_caches(&[(Engine::Sqlite, 1000), (Engine::Postgres, 1000), (Engine::Sqlite, 0)]).await
}

fn recycled(app: &TestApp) -> String {
    app.entra.token(TENANT, BOB, "portal").unwrap().claim("oid", SUCCESSOR).mint()
}

async fn get(app: &TestApp, key: &str, path: &str) -> Value {
    json(app.get(path).bearer_auth(key).send().await.unwrap(), 200).await
}

async fn release(app: &TestApp, key: &str, path: &str) -> Response {
    app.call(Method::DELETE, path).bearer_auth(key).send().await.unwrap()
}

#[tokio::test]
async fn an_administrator_sees_whom_a_mapping_is_pinned_to_and_releases_it() {
    for app in services().await {
        let admin = app.api_key("business-group-admin", Some("abccompany")).await;
        let (bob, successor) = (app.token(BOB), recycled(&app));
        let fresh = get(&app, &admin, MAPPING).await;
        assert_eq!((&fresh["oid"], &fresh["pinned_at"]), (&Value::Null, &Value::Null));
        assert!(fresh.as_object().unwrap().contains_key("pinned_at"), "{fresh}");
        let oid = json(app.me(&bob).await, 200).await["oid"].clone();
        let pinned = get(&app, &admin, MAPPING).await;
        assert_eq!(pinned["oid"], oid);
        assert!(pinned["pinned_at"].as_str().unwrap().ends_with('Z'), "{pinned}");
        assert_eq!(pinned["updated_at"], fresh["updated_at"]);
        let list = get(&app, &admin, &format!("{GROUP}/mappings")).await;
        assert_eq!((&list["items"][0], &list["items"][1]["oid"]), (&pinned, &Value::Null));

        for _ in 0..2 {
            problem(app.me(&successor).await, 409, "identity-changed").await;
            json(app.me(&bob).await, 200).await;
        }
        assert_eq!(release(&app, &admin, PIN).await.status(), 204);
        assert_eq!(get(&app, &admin, MAPPING).await, fresh);
        for _ in 0..2 {
            assert_eq!(json(app.me(&successor).await, 200).await["oid"], SUCCESSOR);
            problem(app.me(&bob).await, 409, "identity-changed").await;
        }
        assert_eq!(get(&app, &admin, MAPPING).await["oid"], SUCCESSOR);
    }
}

// proves T-16
#[tokio::test]
async fn a_release_is_told_in_the_history_and_in_the_audit_log() {
    for app in services().await {
        let admin = app.api_key("business-group-admin", Some("abccompany")).await;
        let oid = json(app.me(&app.token(BOB)).await, 200).await["oid"].clone();
        for _ in 0..3 {
            // Once it is released there is nothing left to do, and nothing more to tell.
            assert_eq!(text(release(&app, &admin, PIN).await, 204).await, "");
        }
        let revisions = get(&app, &admin, &format!("{GROUP}/revisions")).await;
        let [made, import] = &revisions["items"].as_array().unwrap()[..] else { panic!("{revisions}") };
        assert!(made["actor"].as_str().unwrap().starts_with("business-group-admin ("), "{made}");
        let of = |revision: &Value| {
            ["revision", "source", "added", "changed", "removed", "released_pin"].map(|name| revision[name].clone())
        };
        assert_eq!(of(made), [json!(2), json!("api"), json!(0), json!(0), json!(0), json!("+17635551111")]);
        assert_eq!(import["released_pin"], Value::Null);
        let changes = get(&app, &admin, &format!("{GROUP}/revisions/2/changes")).await;
        assert_eq!(changes, json!({"items": [], "next_cursor": null}));
        let group = get(&app, &admin, GROUP).await;
        assert_eq!((&group["revision"], &group["mapping_count"]), (&json!(2), &json!(3)));

        let events = get(&app, &admin, "/v1/audit-events").await;
        let event = &events["items"][0];
        assert_eq!((&event["action"], &event["outcome"]), (&json!("releasePin"), &json!("done")));
        let recorded = json!({"phone_number": "+17635551111", "oid": oid, "revision": "2"});
        assert_eq!(event["detail"], recorded);
        assert_eq!(events["items"][1]["action"], "createApiKey");
    }
}

#[tokio::test]
async fn only_a_mapping_that_is_there_has_a_pin_to_release() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    for path in ["abccompany/mappings/7635559999", "nobody/mappings/7635551111"] {
        let answer = release(&app, &app.operator, &format!("/v1/business-groups/{path}/pin")).await;
        problem(answer, 404, "not-found").await;
    }
    problem(release(&app, &app.operator, &format!("{GROUP}/mappings/bob/pin")).await, 422, "invalid-request").await;
    let got = app.operate(Method::GET, PIN).send().await.unwrap();
    assert_eq!(got.headers()["allow"], "DELETE");
    problem(got, 405, "method-not-allowed").await;
    assert_eq!(get(&app, &app.operator, GROUP).await["revision"], 1);
}

// proves T-15
#[tokio::test]
async fn a_pin_goes_along_when_its_address_moves() {
    for app in services().await {
        let bob = app.token(BOB);
        let oid = json(app.me(&bob).await, 200).await["oid"].clone();
        let successor = recycled(&app);
        for number in ["7635551111", "7635554444", "7635551111"] {
            json(app.import("", SAMPLE_SHEET.replace("7635551111", number)).await, 200).await;
            problem(app.me(&successor).await, 409, "identity-changed").await;
            let line = json(app.me(&bob).await, 200).await;
            assert_eq!((&line["phone_number"], &line["oid"]), (&json!(format!("+1{number}")), &oid));
        }
        for _ in 0..2 {
            let pinned = get(&app, &app.operator, MAPPING).await;
            assert!(pinned["oid"] == oid && pinned["pinned_at"].is_string(), "{pinned}");
            assert_eq!(app.operate(Method::DELETE, MAPPING).send().await.unwrap().status(), 204);
            problem(app.me(&bob).await, 404, "no-mapping").await;
            let put = json(app.operate_json(Method::PUT, MAPPING, &json!({"email": BOB})).await, 201).await;
            assert_eq!(put, get(&app, &app.operator, MAPPING).await);
            problem(app.me(&successor).await, 409, "identity-changed").await;
        }
    }
}

/// The number of a person of the sheet below, and their address.
fn person(at: usize) -> (usize, String) {
    (7_635_550_100 + at, format!("person{at}@abccompany.com"))
}

fn sheet(rows: impl Iterator<Item = (usize, String)>) -> String {
    rows.fold("PhoneNumber,MEEmailAddress\n".to_owned(), |sheet, (number, email)| format!("{sheet}{number},{email}\n"))
}

// proves T-15
#[tokio::test]
async fn a_wrong_sheet_and_the_restore_of_what_was_before_lose_no_pin() {
    for app in services().await {
        json(app.import("", sheet((0..20).map(person))).await, 200).await;
        let revision = get(&app, &app.operator, GROUP).await["revision"].clone();
        for at in 0..20 {
            let (number, email) = person(at);
            let oid = format!("0b0b0b0b-0000-4000-8000-{at:012}");
            let token = app.entra.token(TENANT, BOB, "portal").unwrap().claim("email", email).claim("oid", oid).mint();
            assert_eq!(json(app.me(&token).await, 200).await["phone_number"], format!("+1{number}"));
        }
        let pins = async || {
            let list = get(&app, &app.operator, &format!("{GROUP}/mappings")).await;
            let items = list["items"].as_array().unwrap().clone();
            items.into_iter().map(|mapping| (mapping["email"].clone(), mapping["oid"].clone())).collect::<Vec<_>>()
        };
        let before = pins().await;
        assert!(before.len() == 20 && before.iter().all(|(_, oid)| oid.is_string()), "{before:?}");
        // Some addresses slip by a row; or all are somebody else's.
        let slipped = (0..20).map(|at| (person(at).0, person(if at < 9 { (at + 1) % 9 } else { at }).1));
        let others = (0..20).map(|at| (person(at).0, format!("other{at}@abccompany.com")));
        for wrong in [sheet(slipped), sheet(others)] {
            json(app.import("", wrong).await, 200).await;
            let path = format!("{GROUP}/revisions/{revision}/restore");
            json(app.operate(Method::POST, &path).send().await.unwrap(), 200).await;
            assert_eq!(pins().await, before);
        }
    }
}
