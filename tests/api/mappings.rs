//! Single mappings and the export over HTTP.

use reqwest::Method;
use serde_json::json;
use test_support::app::SAMPLE_SHEET;
use test_support::app::TestApp;
use test_support::database::Engine;

use crate::support::json;
use crate::support::problem;
use crate::support::text;

const MAPPINGS: &str = "/v1/business-groups/abccompany/mappings";

async fn sample() -> TestApp {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    app
}

async fn put(app: &TestApp, number: &str, email: &str) -> reqwest::Response {
    app.operate_json(Method::PUT, &format!("{MAPPINGS}/{number}"), &json!({"email": email})).await
}

#[tokio::test]
async fn a_mapping_is_created_changed_read_and_removed() {
    let app = sample().await;
    let created = json(put(&app, "+17635551111", "Bob@ABCcompany.com").await, 201).await;
    assert_eq!((&created["phone_number"], &created["email"]), (&json!("+17635551111"), &json!("bob@abccompany.com")));
    let same = json(put(&app, "+17635551111", "bob@abccompany.com").await, 200).await;
    assert_eq!(same, created);
    for number in ["+17635551111", "%2B17635551111", "7635551111", "17635551111"] {
        let read = app.operate(Method::GET, &format!("{MAPPINGS}/{number}")).send().await.unwrap();
        assert_eq!(json(read, 200).await, created, "{number}");
    }
    json(put(&app, "7635551111", "robert@abccompany.com").await, 200).await;
    let delete = async || app.operate(Method::DELETE, &format!("{MAPPINGS}/+17635551111")).send().await.unwrap();
    assert_eq!(delete().await.status(), 204);
    problem(delete().await, 404, "not-found").await;
}

#[tokio::test]
async fn a_mapping_that_can_not_be_is_refused_with_the_reason() {
    let app = sample().await;
    json(put(&app, "+17635551111", "bob@abccompany.com").await, 201).await;
    problem(put(&app, "+17635552222", "BOB@abccompany.com").await, 409, "email-taken").await;
    for (number, email, field) in [
        ("+19525551111", "ann@abccompany.com", "phone_number"),
        ("+17630000000", "ann@abccompany.com", "phone_number"),
        ("12345", "ann@abccompany.com", "phone_number"),
        ("bob", "ann@abccompany.com", "phone_number"),
        ("+17635552222", "ann", "email"),
        ("+17635552222", "=ann@abccompany.com", "email"),
        ("+17635552222", "änn@abccompany.com", "email"),
    ] {
        let problem = problem(put(&app, number, email).await, 422, "invalid-request").await;
        assert_eq!(problem["errors"][0]["field"], field, "{number} {email}");
    }
    let path = "/v1/business-groups/x/mappings/7635551111";
    let unknown = app.operate_json(Method::PUT, path, &json!({"email": "a@b.com"})).await;
    problem(unknown, 404, "not-found").await;
}

#[tokio::test]
async fn a_list_is_searched_and_read_in_pages() {
    let app = sample().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    let list = async |query: &str| {
        let page = json(app.operate(Method::GET, &format!("{MAPPINGS}?{query}")).send().await.unwrap(), 200).await;
        let emails = page["items"].as_array().unwrap().iter().map(|item| item["email"].as_str().unwrap().to_owned());
        (emails.collect::<Vec<_>>(), page["next_cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(list("").await.0.len(), 3);
    assert_eq!(list("q=SMITH").await.0, ["bobsmith@abccompany.com"]);
    assert_eq!(list("q=2222").await.0, ["johndavidson@abccompany.com"]);
    assert_eq!(list("q=%25").await.0.len(), 0);
    let (first, cursor) = list("limit=2").await;
    assert_eq!(first.len(), 2);
    let (rest, end) = list(&format!("limit=2&cursor={}", cursor.unwrap())).await;
    assert_eq!((rest.len(), end), (1, None));
}

#[tokio::test]
async fn the_template_needs_no_credential_and_numbers_of_other_countries_are_exported_with_plus() {
    let app = sample().await;
    let template = text(app.get("/v1/mappings-template.csv").send().await.unwrap(), 200).await;
    assert_eq!(template, "PhoneNumber,MEEmailAddress\r\n");
    let ranges = json!({"number_ranges": [
        {"first": "+17635550000", "last": "+17635559999"}, {"first": "+442079460000", "last": "+442079469999"},
    ]});
    app.operate_json(Method::PATCH, "/v1/business-groups/abccompany", &ranges).await;
    json(put(&app, "+442079460123", "ann@abccompany.com").await, 201).await;
    json(put(&app, "+17635551111", "bob@abccompany.com").await, 201).await;
    let export = async || text(app.operate(Method::GET, &format!("{MAPPINGS}.csv")).send().await.unwrap(), 200).await;
    let sheet = export().await;
    assert_eq!(sheet, format!("{template}7635551111,bob@abccompany.com\r\n+442079460123,ann@abccompany.com\r\n"));
    let again = json(app.import("", sheet.clone()).await, 200).await;
    assert_eq!((&again["unchanged"], &again["revision"]), (&json!(2), &json!(2)));
    assert_eq!(export().await, sheet);
}
