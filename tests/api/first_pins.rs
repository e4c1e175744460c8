//! First sign-ins whose address may be somebody else's.

use reqwest::Method;
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem, services_with_caches};

const BOB: &str = "bobsmith@abccompany.com";
const BOBS_OID: &str = "0b0b0b0b-0000-4000-8000-000000000001";
const JOHN: &str = "johndavidson@abccompany.com";
const GROUP: &str = "/v1/business-groups/abccompany";

/// A service on each engine with the sample's mappings, with and without what is cached.
async fn services() -> Vec<TestApp> {
    services_with_caches(&[(Engine::Sqlite, 1000), (Engine::Postgres, 1000), (Engine::Sqlite, 0)]).await
}

/// Bob's token, in whose directory entry somebody has written John's address.
fn with_johns_address(app: &TestApp) -> String {
    app.entra.token(TENANT, BOB, "portal").unwrap().claim("email", JOHN).mint()
}

async fn get(app: &TestApp, path: &str) -> Value {
    json(app.operate(Method::GET, path).send().await.unwrap(), 200).await
}

async fn check(app: &TestApp, email: &str) -> Value {
    get(app, &format!("{GROUP}/sign-in-check?email={email}")).await
}

async fn refusals(app: &TestApp) -> Vec<Value> {
    let events = get(app, "/v1/audit-events?business_group=abccompany&limit=1000").await;
    let events = events["items"].as_array().unwrap().clone();
    events.into_iter().filter(|event| event["action"] == "resolveLine").collect()
}

// proves T-12
#[tokio::test]
async fn an_account_whose_address_and_sign_in_name_have_two_numbers_gets_neither_and_is_told_of() {
    for app in services().await {
        let stranger = with_johns_address(&app);
        let mut request_id = Value::Null;
        for _ in 0..3 {
            let refused = problem(app.me(&stranger).await, 409, "identity-changed").await;
            let detail = refused["detail"].as_str().unwrap();
            assert!(detail.contains("sign-in name") && !detail.contains("another account"), "{detail}");
            assert!(!detail.contains("7635") && !detail.contains('@'), "{detail}");
            request_id = refused["request_id"].clone();
        }
        for number in ["7635551111", "7635552222"] {
            assert_eq!(get(&app, &format!("{GROUP}/mappings/{number}")).await["oid"], Value::Null);
        }

        let events = refusals(&app).await;
        let reported = json!({"email": JOHN, "phone_number": "+17635552222", "sign_in_name": BOB, "sign_in_phone_number": "+17635551111"});
        assert_eq!((events.len(), &events[0]["detail"]), (3, &reported));
        assert_eq!(
            (&events[0]["outcome"], &events[0]["refused_with"]),
            (&json!("refused"), &json!("identity-changed"))
        );
        assert!(events[0]["actor"].as_str().unwrap().contains(BOBS_OID), "{}", events[0]);

        // Whichever of the two is asked for. Who signs in as John has his line all the same.
        for (address, outcome) in [(JOHN, "resolves"), (BOB, "identity-changed")] {
            let reported = check(&app, address).await;
            assert_eq!(reported["outcome"], outcome, "{reported}");
            let refused = &reported["refused_sign_in"];
            assert_eq!((&refused["request_id"], &refused["oid"]), (&request_id, &json!(BOBS_OID)));
            assert_eq!([&refused["email"], &refused["sign_in_name"]], [&json!(JOHN), &json!(BOB)]);
            assert_eq!(
                [&refused["phone_number"], &refused["sign_in_phone_number"]],
                [&json!("+17635552222"), &json!("+17635551111")]
            );
        }
        assert_eq!(check(&app, "jenniferlewis@abccompany.com").await["outcome"], "resolves");

        // John signs in himself, and from then on it is an account that the line is not pinned to.
        assert_eq!(json(app.me(&app.token(JOHN)).await, 200).await["phone_number"], "+17635552222");
        let refused = problem(app.me(&stranger).await, 409, "identity-changed").await;
        assert!(refused["detail"].as_str().unwrap().contains("another account"), "{refused}");
        assert_eq!(check(&app, JOHN).await["outcome"], "resolves");
        assert_eq!(refusals(&app).await.len(), 3);
        assert_eq!(json(app.me(&app.token(BOB)).await, 200).await["phone_number"], "+17635551111");
    }
}

#[tokio::test]
async fn once_the_mappings_are_corrected_the_same_token_resolves() {
    for app in services().await {
        let token = with_johns_address(&app);
        problem(app.me(&token).await, 409, "identity-changed").await;
        let path = format!("{GROUP}/mappings/7635551111");
        assert_eq!(app.operate(Method::DELETE, &path).send().await.unwrap().status(), 204);
        assert_eq!(check(&app, JOHN).await["outcome"], "resolves");
        assert_eq!(json(app.me(&token).await, 200).await["phone_number"], "+17635552222");
        // A pin that is there is not asked for again, also if the sign-in name has a number later.
        assert_eq!(app.operate_json(Method::PUT, &path, &json!({"email": BOB})).await.status(), 201);
        assert_eq!(json(app.me(&token).await, 200).await["phone_number"], "+17635552222");
        assert_eq!(json(app.me(&with_johns_address(&app)).await, 200).await["phone_number"], "+17635552222");
    }
}

#[tokio::test]
async fn where_nothing_is_pinned_the_address_alone_decides() {
    let app = &services_with_caches(&[(Engine::Sqlite, 1000)]).await[0];
    let token = with_johns_address(app);
    problem(app.me(&token).await, 409, "identity-changed").await;
    let off = json!({"identity_pinning": "off"});
    json(app.operate_json(Method::PATCH, GROUP, &off).await, 200).await;
    assert_eq!(json(app.me(&token).await, 200).await["phone_number"], "+17635552222");
    assert_eq!(check(app, JOHN).await["outcome"], "resolves");
}

// proves T-64
#[tokio::test]
async fn an_account_that_is_refused_again_and_again_does_not_fill_the_audit_log() {
    let app = &services_with_caches(&[(Engine::Sqlite, 1000)]).await[0];
    let token = with_johns_address(app);
    for _ in 0..40 {
        problem(app.me(&token).await, 409, "identity-changed").await;
    }
    let written = refusals(app).await.len();
    assert!((10..40).contains(&written), "{written}");
}

// proves T-13
#[tokio::test]
async fn a_guests_unverified_address_pins_nobodys_mapping() {
    for app in services().await {
        json(app.operate_json(Method::PATCH, GROUP, &json!({"allow_guests": true})).await, 200).await;
        let guest = || app.entra.token(TENANT, "gus@otherco.example", "portal").unwrap().claim("email", JOHN);
        problem(app.me(&guest().mint()).await, 404, "no-mapping").await;
        let nameless = guest().claim("preferred_username", "+1763555").mint();
        let refused = problem(app.me(&nameless).await, 422, "no-email-claim").await;
        assert!(refused["detail"].as_str().unwrap().contains("xms_edov"), "{refused}");
        problem(app.me(&guest().claim("xms_edov", false).mint()).await, 404, "no-mapping").await;
        assert_eq!(get(&app, &format!("{GROUP}/mappings/7635552222")).await["oid"], Value::Null);
        let verified = guest().claim("xms_edov", true).mint();
        assert_eq!(json(app.me(&verified).await, 200).await["phone_number"], "+17635552222");
    }
}

#[tokio::test]
async fn a_member_whose_home_is_another_tenant_signs_in_as_one_and_a_marked_guest_does_not() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    let foreign = || app.entra.token(TENANT, BOB, "portal").unwrap().claim("idp", "https://sts.windows.net/x/");
    problem(app.me(&foreign().mint()).await, 403, "guest-not-allowed").await;
    problem(app.me(&foreign().claim("acct", 1).mint()).await, 403, "guest-not-allowed").await;
    problem(app.me(&foreign().claim("acct", false).mint()).await, 403, "guest-not-allowed").await;
    assert_eq!(json(app.me(&foreign().claim("acct", 0).mint()).await, 200).await["phone_number"], "+17635551111");
}
