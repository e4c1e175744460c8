//! What would happen at a sign-in, and why.

use reqwest::Method;
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem};

const GROUP: &str = "/v1/business-groups/abccompany";

async fn check(app: &TestApp, email: &str) -> Value {
    let call = app.operate(Method::GET, &format!("{GROUP}/sign-in-check")).query(&[("email", email)]);
    json(call.send().await.unwrap(), 200).await
}

#[tokio::test]
async fn a_sign_in_that_would_go_well_is_told_with_its_number_and_its_pin() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        json(app.import("", SAMPLE_SHEET).await, 200).await;
        let mut fresh = check(&app, " BobSmith@abccompany.com\t").await;
        let change = fresh["last_change"].take();
        let expected = json!({
            "email": "bobsmith@abccompany.com", "outcome": "resolves", "unproven": false, "phone_number": "+17635551111",
            "phone_number_national": "7635551111", "pinned_oid": null, "pinned_at": null, "allow_guests": false,
            "identity_pinning": "enforce", "last_change": null, "similar": [],
        });
        assert_eq!(fresh, expected);
        let result = ["revision", "kind", "phone_number"].map(|name| change[name].clone());
        assert_eq!(result, [json!(1), json!("added"), json!("+17635551111")]);
        assert!(change["actor"].as_str().unwrap().starts_with("test ("), "{change}");

        let line = json(app.me(&app.token("bobsmith@abccompany.com")).await, 200).await;
        let pinned = check(&app, "bobsmith@abccompany.com").await;
        assert_eq!(pinned["pinned_oid"], line["oid"]);
        assert!(pinned["pinned_at"].as_str().unwrap().ends_with('Z'), "{pinned}");
        // It was not a sign-in itself.
        let group = json(app.operate(Method::GET, GROUP).send().await.unwrap(), 200).await;
        assert_eq!(group["revision"], 1);
    }
}

#[tokio::test]
async fn a_sign_in_that_would_fail_is_told_with_what_helps() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        json(app.import("", SAMPLE_SHEET).await, 200).await;
        for slip in ["bob.smith@abccompany.com", "bobsmiht@abccompany.com", "bobsmith@abc.example"] {
            let result = check(&app, slip).await;
            let expected = json!([{"phone_number": "+17635551111", "email": "bobsmith@abccompany.com"}]);
            assert_eq!((&result["outcome"], &result["similar"]), (&json!("no-mapping"), &expected), "{slip}");
            assert_eq!(
                [&result["phone_number"], &result["phone_number_national"], &result["last_change"]],
                [&Value::Null; 3]
            );
        }
        assert_eq!(check(&app, "zoe@elsewhere.example").await["similar"], json!([]));

        let removed = app.operate(Method::DELETE, &format!("{GROUP}/mappings/7635551111")).send().await.unwrap();
        assert_eq!(removed.status(), 204);
        let result = check(&app, "bobsmith@abccompany.com").await;
        let change = &result["last_change"];
        assert_eq!((&change["kind"], &change["revision"]), (&json!("removed"), &json!(2)));
        assert_eq!((&result["outcome"], &change["phone_number"]), (&json!("no-mapping"), &json!("+17635551111")));

        assert_eq!(app.operate(Method::DELETE, &format!("{GROUP}/tenant")).send().await.unwrap().status(), 204);
        let result = check(&app, "johndavidson@abccompany.com").await;
        assert_eq!(
            (&result["outcome"], &result["phone_number"]),
            (&json!("tenant-not-linked"), &json!("+17635552222"))
        );
    }
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    for query in ["", "?email=", "?email=bob", "?email=b%C3%B6b%40abc.com", "?email=%3D1%40abc.com"] {
        let answer = app.operate(Method::GET, &format!("{GROUP}/sign-in-check{query}")).send().await.unwrap();
        assert_eq!(problem(answer, 422, "invalid-request").await["errors"][0]["field"], "email", "{query}");
    }
    for query in ["?mail=bob@abc.com", "?email=bob@abc.com&email=eve@abc.com"] {
        let answer = app.operate(Method::GET, &format!("{GROUP}/sign-in-check{query}")).send().await.unwrap();
        problem(answer, 400, "malformed-request").await;
    }
    let answer = app.operate(Method::GET, "/v1/business-groups/nobody/sign-in-check?email=bob@abc.com").send();
    problem(answer.await.unwrap(), 404, "not-found").await;
}
