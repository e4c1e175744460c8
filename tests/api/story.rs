//! The sample story: a company is set up, signs in, changes its sheet, and leaves.

use reqwest::Method;
use serde_json::json;
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem, text};

#[tokio::test]
async fn the_sample_story_on_postgres() {
    story(TestApp::start(Engine::Postgres).await).await;
}

#[tokio::test]
async fn the_sample_story_on_sqlite() {
    story(TestApp::start(Engine::Sqlite).await).await;
}

async fn story(app: TestApp) {
    app.sample_company().await;
    let group = json(app.operate(Method::GET, "/v1/business-groups/abccompany").send().await.unwrap(), 200).await;
    assert_eq!((&group["tenant_id"], &group["mapping_count"]), (&json!(TENANT), &json!(0)));

    let imported = json(app.import("", SAMPLE_SHEET).await, 200).await;
    assert_eq!(imported["state"], "applied");
    assert_eq!((&imported["row_count"], &imported["added"], &imported["revision"]), (&json!(3), &json!(3), &json!(1)));

    for application in ["portal", "maxuc-mobile", "maxuc-desktop"] {
        let token = app.entra.token(TENANT, "bobsmith@abccompany.com", application).unwrap().mint();
        let answer = app.me(&token).await;
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let oid = app.entra.object_id(TENANT, "bobsmith@abccompany.com").unwrap();
        let expected = json!({
            "phone_number": "+17635551111", "phone_number_national": "7635551111", "email": "bobsmith@abccompany.com",
            "business_group": "abccompany", "application": application, "tid": TENANT, "oid": oid.to_string(),
        });
        assert_eq!(json(answer, 200).await, expected);
    }

    let export = app.operate(Method::GET, "/v1/business-groups/abccompany/mappings.csv").send().await.unwrap();
    assert_eq!(export.headers()["content-type"], "text/csv; charset=utf-8");
    assert!(export.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let tag = export.headers()["etag"].to_str().unwrap().to_owned();
    let sheet = text(export, 200).await;
    assert_eq!((tag.as_str(), sheet.as_str()), ("\"1\"", SAMPLE_SHEET));

    // John has left, Ada has come, Jennifer has another number.
    let edited = sheet
        .replace("7635552222,johndavidson@abccompany.com\r\n", "7635554444,admin@abccompany.com\r\n")
        .replace("7635553333", "7635553334");
    let path = "/v1/business-groups/abccompany/imports?apply=true";
    let call = app.operate(Method::POST, path).header("content-type", "text/csv").header("if-match", &tag);
    let imported = json(call.body(edited.clone()).send().await.unwrap(), 200).await;
    let counts = ["added", "changed", "removed", "unchanged"].map(|name| imported[name].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 1, 1]);

    problem(app.me(&app.token("johndavidson@abccompany.com")).await, 404, "no-mapping").await;
    let jennifer = json(app.me(&app.token("jenniferlewis@abccompany.com")).await, 200).await;
    assert_eq!(jennifer["phone_number"], "+17635553334");
    let again = app.operate(Method::POST, path).header("content-type", "text/csv").header("if-match", &tag);
    let moved = problem(again.body(edited).send().await.unwrap(), 412, "revision-moved").await;
    assert_eq!(moved["revision"], 2);

    let unlinked = app.operate(Method::DELETE, "/v1/business-groups/abccompany/tenant").send().await.unwrap();
    assert_eq!(unlinked.status(), 204);
    problem(app.me(&app.token("bobsmith@abccompany.com")).await, 403, "tenant-not-linked").await;
}
