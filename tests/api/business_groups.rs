//! Business groups, ranges and tenants over HTTP.

use reqwest::Method;
use serde_json::{Value, json};
use test_support::app::{TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem};

const GROUPS: &str = "/v1/business-groups";

async fn app() -> TestApp {
    TestApp::start(Engine::Sqlite).await
}

fn group(id: &str, first: &str, last: &str) -> Value {
    json!({"id": id, "name": id, "number_ranges": [{"first": first, "last": last}]})
}

#[tokio::test]
async fn a_new_group_is_answered_whole_and_found_at_its_location() {
    let app = app().await;
    let body = group("abc", "+17635550000", "+17635559999");
    let answer = app.operate_json(Method::POST, GROUPS, &body).await;
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let created = json(answer, 201).await;
    assert_eq!(location, "/v1/business-groups/abc");
    assert_eq!(json(app.operate(Method::GET, &location).send().await.unwrap(), 200).await, created);
    let created_at = created["created_at"].as_str().unwrap();
    assert!(created_at.ends_with('Z'));
    let expected = json!({
        "id": "abc", "name": "abc", "tenant_id": null, "tenant_proven_at": null, "tenant_confirmed_at": null,
        "number_ranges": [{"first": "+17635550000", "last": "+17635559999"}], "allow_guests": false,
        "identity_pinning": "enforce", "mapping_count": 0, "revision": 0, "created_at": created_at,
    });
    assert_eq!(created, expected);
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let app = app().await;
    let range = |first: &str, last: &str| json!([{"first": first, "last": last}]);
    for (body, field) in [
        (json!({"id": "A b", "name": "x"}), "id"),
        (json!({"id": "abc", "name": " "}), "name"),
        (json!({"id": "abc"}), "name"),
        (json!({"id": 7, "name": "x"}), "id"),
        (json!({"id": "abc", "name": "x", "colour": "red"}), "colour"),
        (
            json!({"id": "abc", "name": "x", "number_ranges": range("7635550000", "+17635559999")}),
            "number_ranges[0].first",
        ),
        (json!({"id": "abc", "name": "x", "number_ranges": range("+17635550000", "x")}), "number_ranges[0].last"),
        (json!({"id": "abc", "name": "x", "number_ranges": range("+17635559999", "+17635550000")}), "number_ranges[0]"),
        (json!({"id": "abc", "name": "x", "number_ranges": [{"first": "+17635550000"}]}), "number_ranges[0].last"),
        (
            json!({"id": "abc", "name": "x", "number_ranges": [
                {"first": "+17635550000", "last": "+17635550010"}, {"first": "+17635550010", "last": "+17635550020"},
            ]}),
            "number_ranges",
        ),
    ] {
        let problem = problem(app.operate_json(Method::POST, GROUPS, &body).await, 422, "invalid-request").await;
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    let two = json!({"id": "A", "name": ""});
    let problem = problem(app.operate_json(Method::POST, GROUPS, &two).await, 422, "invalid-request").await;
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn ids_ranges_and_tenants_belong_to_one_group() {
    let app = app().await;
    let post = async |body: &Value| app.operate_json(Method::POST, GROUPS, body).await;
    json(post(&group("abc", "+17635550000", "+17635559999")).await, 201).await;
    problem(post(&group("abc", "+17635560000", "+17635569999")).await, 409, "conflict").await;
    problem(post(&group("xyz", "+17635559999", "+17635569999")).await, 409, "range-taken").await;
    json(post(&group("xyz", "+17635560000", "+17635569999")).await, 201).await;
    let ranges = json!({"number_ranges": [{"first": "+17635550500", "last": "+17635550600"}]});
    let patched = app.operate_json(Method::PATCH, "/v1/business-groups/xyz", &ranges).await;
    problem(patched, 409, "range-taken").await;

    let tenant = json!({"tenant_id": TENANT.to_uppercase()});
    let link =
        async |id: &str, body: &Value| app.operate_json(Method::PUT, &format!("{GROUPS}/{id}/tenant"), body).await;
    assert_eq!(json(link("abc", &tenant).await, 200).await["tenant_id"], TENANT);
    problem(link("xyz", &tenant).await, 409, "tenant-taken").await;
    problem(link("nobody", &tenant).await, 404, "not-found").await;
    for wrong in ["", "abccompany.com", "00000000-0000-0000-0000-000000000000", "9188040d-6c67-4c5b-b112-36a304b66dad"]
    {
        let problem = problem(link("xyz", &json!({"tenant_id": wrong})).await, 422, "invalid-request").await;
        assert_eq!(problem["errors"][0]["field"], "tenant_id");
    }
}

#[tokio::test]
async fn a_group_in_use_keeps_its_ranges_and_is_not_deleted() {
    let app = app().await;
    json(app.operate_json(Method::POST, GROUPS, &group("abc", "+17635550000", "+17635559999")).await, 201).await;
    let path = "/v1/business-groups/abc/mappings/+17635551111";
    assert_eq!(app.operate_json(Method::PUT, path, &json!({"email": "a@abc.com"})).await.status(), 201);
    let none = json!({"number_ranges": []});
    let refused = app.operate_json(Method::PATCH, "/v1/business-groups/abc", &none).await;
    problem(refused, 409, "ranges-in-use").await;
    let delete = async || app.operate(Method::DELETE, "/v1/business-groups/abc").send().await.unwrap();
    problem(delete().await, 409, "not-empty").await;
    app.operate(Method::DELETE, path).send().await.unwrap();
    assert_eq!(delete().await.status(), 204);
    problem(delete().await, 404, "not-found").await;
}

#[tokio::test]
async fn a_list_leads_from_page_to_page() {
    let app = app().await;
    for id in ["c", "a", "b"] {
        app.operate_json(Method::POST, GROUPS, &json!({"id": id, "name": id})).await;
    }
    let mut ids = Vec::new();
    let mut path = format!("{GROUPS}?limit=2");
    loop {
        let page = json(app.operate(Method::GET, &path).send().await.unwrap(), 200).await;
        ids.extend(page["items"].as_array().unwrap().iter().map(|group| group["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{GROUPS}?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(ids, ["a", "b", "c"]);
    for (query, status, slug) in [
        ("limit=0", 422, "invalid-request"),
        ("limit=1001", 422, "invalid-request"),
        ("limit=x", 400, "malformed-request"),
        ("cursor=%25", 400, "malformed-request"),
        ("offset=3", 400, "malformed-request"),
    ] {
        let answer = app.operate(Method::GET, &format!("{GROUPS}?{query}")).send().await.unwrap();
        problem(answer, status, slug).await;
    }
}
