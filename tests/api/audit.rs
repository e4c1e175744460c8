//! The audit log over HTTP.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem, text};

const GROUP: &str = "/v1/business-groups/abccompany";
const ADA: &str = "admin@abccompany.com";

async fn events(app: &TestApp, query: &str) -> Vec<Value> {
    let answer = app.operate(Method::GET, &format!("/v1/audit-events{query}")).send().await.unwrap();
    let mut list = json(answer, 200).await;
    let Value::Array(mut items) = list["items"].take() else { panic!("no list") };
    items.reverse();
    items
}

fn actions(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["action"].as_str().unwrap()).collect()
}

// proves T-47
#[tokio::test]
async fn what_was_done_is_told_with_who_did_it_in_which_call() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        json(app.import("", SAMPLE_SHEET).await, 200).await;
        let admin = app.api_key("business-group-admin", Some("abccompany")).await;
        let put = app.call(Method::PUT, &format!("{GROUP}/mappings/7635554444")).bearer_auth(&admin);
        let put = put.header("x-request-id", "call-7").json(&json!({"email": "ada@abccompany.com"}));
        assert_eq!(put.send().await.unwrap().status(), 201);

        let events = events(&app, "").await;
        let expected =
            ["createApiKey", "createBusinessGroup", "linkTenant", "importMappings", "createApiKey", "putMapping"];
        assert_eq!(actions(&events), expected);
        assert!(events[0]["actor"].as_str().unwrap().starts_with("command line ("), "{}", events[0]);
        assert_eq!(events[2]["detail"]["tenant_id"], TENANT);
        assert_eq!((&events[3]["detail"]["added"], &events[3]["detail"]["revision"]), (&json!("3"), &json!("1")));
        let put = &events[5];
        assert!(put["actor"].as_str().unwrap().starts_with("business-group-admin ("), "{put}");
        assert_eq!((&put["request_id"], &put["outcome"]), (&json!("call-7"), &json!("done")));
        assert_eq!((&put["business_group"], &put["refused_with"]), (&json!("abccompany"), &Value::Null));
        assert!(!format!("{events:?}").contains("slk_"));
    }
}

#[tokio::test]
async fn what_was_refused_is_told_with_the_problem() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    app.operate_json(Method::POST, "/v1/business-groups", &json!({"id": "other", "name": "Other"})).await;
    let before = events(&app, "").await.len();

    let admin = app.api_key("business-group-admin", Some("other")).await;
    app.call(Method::GET, GROUP).bearer_auth(&admin).send().await.unwrap();
    let operators = json!({"name": "mine", "role": "operator"});
    app.call(Method::POST, "/v1/api-keys").bearer_auth(&admin).json(&operators).send().await.unwrap();
    app.operate_json(Method::PUT, "/v1/business-groups/other/tenant", &json!({"tenant_id": TENANT})).await;
    app.import("", "PhoneNumber,MEEmailAddress\n763,x\n").await;
    let sheet = app.operate(Method::POST, &format!("{GROUP}/imports")).header("content-type", "text/csv");
    sheet.header("accept", "text/csv").body("nonsense").send().await.unwrap();
    // What only reads and finds nothing is not an attempt, and who has no key is nobody.
    app.operate(Method::GET, "/v1/business-groups/nobody").send().await.unwrap();
    app.call(Method::DELETE, GROUP).send().await.unwrap();

    let recorded: Vec<_> = events(&app, "").await.split_off(before + 1);
    let recorded: Vec<_> = recorded
        .iter()
        .map(|event| (event["action"].as_str().unwrap(), event["refused_with"].as_str().unwrap()))
        .collect();
    let expected = [
        ("getBusinessGroup", "not-found"),
        ("createApiKey", "forbidden"),
        ("linkTenant", "tenant-taken"),
        ("importMappings", "import-rejected"),
        ("importMappings", "import-rejected"),
    ];
    assert_eq!(recorded, expected);
}

// proves T-66
/// Whoever is refused, and whatever for: the log never forgets, so of each caller it takes ten refusals a minute.
#[tokio::test]
async fn no_caller_can_fill_the_log_with_what_it_is_refused() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        app.operate_json(Method::POST, "/v1/business-groups", &json!({"id": "other", "name": "Other"})).await;
        let (nobody, resolver, admin) = (
            app.api_key("scim", Some("other")).await,
            app.api_key("resolver", None).await,
            app.api_key("business-group-admin", Some("abccompany")).await,
        );
        let mapping = format!("{GROUP}/mappings/7635551111");
        let wrong = json!({"email": "no address"});
        // Without a right; with another group's; with the right, and wrong, in ways of its own each.
        let refused = [
            (&nobody, Method::GET, "/v1/business-groups", 403),
            (&resolver, Method::DELETE, GROUP, 403),
            (&admin, Method::GET, "/v1/business-groups/other", 404),
            (&admin, Method::PUT, &mapping, 422),
            (&app.operator, Method::PUT, &mapping, 422),
        ];
        let before = events(&app, "?limit=1000").await.len();
        for _ in 0..30 {
            for (key, method, path, status) in &refused {
                let call = app.call(method.clone(), path).bearer_auth(key).json(&wrong);
                assert_eq!(call.send().await.unwrap().status(), *status, "{method} {path}");
            }
        }
        let written = events(&app, "?limit=1000").await.split_off(before);
        let mut of_callers = HashMap::new();
        for event in &written {
            *of_callers.entry(event["actor"].as_str().unwrap()).or_insert(0) += 1;
        }
        assert_eq!(of_callers.len(), 4, "{of_callers:?}");
        // Ten at once, and one more every six seconds.
        assert!(of_callers.values().all(|count| (10..30).contains(count)), "{of_callers:?}");
        let metrics = text(app.get("/metrics").send().await.unwrap(), 200).await;
        let left_out = format!("signline_unwritten_refusals_total {}", 150 - written.len());
        assert!(metrics.contains(&left_out), "{left_out}: {metrics}");
    }
}

#[tokio::test]
async fn events_are_filtered_and_an_administrator_sees_their_own_groups() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    app.operate_json(Method::POST, "/v1/business-groups", &json!({"id": "other", "name": "Other"})).await;
    let all = events(&app, "").await;
    assert_eq!(actions(&events(&app, "?business_group=other").await), ["createBusinessGroup"]);
    let operator = all[1]["actor"].as_str().unwrap();
    let id = operator.rsplit_once('(').unwrap().1.trim_end_matches(')');
    assert_eq!(events(&app, &format!("?actor={id}")).await.len(), all.len() - 1);
    assert_eq!(events(&app, "?actor=nobody").await.len(), 0);
    let last = all.last().unwrap()["at"].as_str().unwrap();
    assert_eq!(events(&app, &format!("?from={last}")).await.len(), 1);
    assert_eq!(events(&app, &format!("?until={last}")).await.len(), all.len() - 1);
    for (query, status, slug) in [
        ("?from=yesterday", 422, "invalid-request"),
        ("?business_group=A", 422, "invalid-request"),
        ("?colour=red", 400, "malformed-request"),
    ] {
        let answer = app.operate(Method::GET, &format!("/v1/audit-events{query}")).send().await.unwrap();
        problem(answer, status, slug).await;
    }

    let admin = app.api_key("business-group-admin", Some("other")).await;
    let own = app.get("/v1/audit-events").bearer_auth(&admin).send().await.unwrap();
    let own = json(own, 200).await;
    let groups: Vec<_> = own["items"].as_array().unwrap().iter().map(|event| &event["business_group"]).collect();
    assert_eq!(groups, [&json!("other"), &json!("other")]);
    let others = app.get("/v1/audit-events?business_group=abccompany").bearer_auth(&admin).send().await.unwrap();
    problem(others, 404, "not-found").await;
}

#[tokio::test]
async fn the_log_can_be_had_as_a_sheet_page_by_page() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    let sheet = async |path: &str| app.operate(Method::GET, path).header("accept", "text/csv").send().await.unwrap();
    let first = sheet("/v1/audit-events?limit=2").await;
    assert_eq!(first.headers()["content-type"], "text/csv; charset=utf-8");
    let link = first.headers()["link"].to_str().unwrap().to_owned();
    let first = text(first, 200).await;
    assert_eq!(first.lines().count(), 3);
    assert!(
        first.starts_with("id,at,actor,action,outcome,refused_with,business_group,detail,request_id,actor_kind\r\n")
    );
    assert!(first.contains("linkTenant,done,,abccompany,tenant_id="), "{first}");
    assert!(first.lines().skip(1).all(|line| line.ends_with(",api-key")), "{first}");
    let next = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    let last = sheet(next).await;
    assert!(last.headers().get("link").is_none());
    assert!(text(last, 200).await.contains("createApiKey"));
}

#[tokio::test]
async fn an_administrator_learns_nothing_of_others_who_reached_for_their_group() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.sample_company().await;
    app.operate_json(Method::POST, "/v1/business-groups", &json!({"id": "other", "name": "Other"})).await;
    let (own, stranger) = (
        app.api_key("business-group-admin", Some("abccompany")).await,
        app.api_key("business-group-admin", Some("other")).await,
    );
    let list = async |key: &str, query: &str| {
        let answer = app.get(&format!("/v1/audit-events{query}")).bearer_auth(key).send().await.unwrap();
        json(answer, 200).await["items"].as_array().unwrap().clone()
    };
    let before = list(&own, "").await.len();
    app.call(Method::DELETE, &format!("{GROUP}/mappings/7635551111")).bearer_auth(&stranger).send().await.unwrap();
    app.call(Method::DELETE, "/v1/api-keys/abccompany").bearer_auth(&stranger).send().await.unwrap();
    let foreign = app.get("/v1/audit-events?business_group=abccompany").bearer_auth(&stranger).send().await.unwrap();
    problem(foreign, 404, "not-found").await;
    assert_eq!(list(&own, "").await.len(), before);
    let all = events(&app, "").await;
    let last: Vec<_> = all[all.len() - 3..].iter().map(|event| (&event["action"], &event["refused_with"])).collect();
    let expected = [
        (&json!("deleteMapping"), &json!("not-found")),
        (&json!("revokeApiKey"), &json!("not-found")),
        (&json!("listAuditEvents"), &json!("not-found")),
    ];
    assert_eq!(last, expected);
    assert_eq!(all[all.len() - 3]["detail"]["business_group"], "abccompany");
    // What they are refused in their own group is theirs to know.
    app.call(Method::DELETE, GROUP).bearer_auth(&own).send().await.unwrap();
    assert_eq!(list(&own, "").await.len(), before + 1);
    let nul = app.operate(Method::GET, "/v1/audit-events?actor=a%00b").send().await.unwrap();
    problem(nul, 422, "invalid-request").await;
}

#[tokio::test]
async fn a_group_that_takes_the_id_of_a_deleted_one_does_not_see_its_log() {
    let app = TestApp::start(Engine::Sqlite).await;
    let create = json!({"id": "abccompany", "name": "Another company"});
    app.sample_company().await;
    app.operate(Method::DELETE, GROUP).send().await.unwrap();
    assert_eq!(app.operate_json(Method::POST, "/v1/business-groups", &create).await.status(), 201);
    let admin = app.api_key("business-group-admin", Some("abccompany")).await;
    let own = app.get("/v1/audit-events").bearer_auth(&admin).send().await.unwrap();
    let own = json(own, 200).await["items"].as_array().unwrap().clone();
    assert_eq!(actions(&own), ["createApiKey", "createBusinessGroup"]);
    assert_eq!(events(&app, "?business_group=abccompany").await.len(), 5);
}

// proves T-21
#[tokio::test]
async fn a_key_that_is_named_like_a_person_is_told_from_the_person() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        let new = json!({"name": ADA, "role": "business-group-admin", "business_group": "abccompany"});
        let key = json(app.operate_json(Method::POST, "/v1/api-keys", &new).await, 201).await;
        let ada = app.entra.token(TENANT, ADA, "portal").unwrap().claim("roles", json!(["BusinessGroup.Admin"])).mint();
        for (at, credential) in [key["secret"].as_str().unwrap(), &ada].into_iter().enumerate() {
            let put = app.call(Method::PUT, &format!("/v1/business-groups/abccompany/mappings/763555400{at}"));
            let put = put.bearer_auth(credential).json(&json!({"email": format!("new{at}@abccompany.com")}));
            json(put.send().await.unwrap(), 201).await;
        }
        let kinds = |list: &Value| {
            let items = list["items"].as_array().unwrap().iter();
            let by_ada = items.filter(|item| item["actor"].as_str().unwrap().starts_with(&format!("{ADA} (")));
            by_ada.map(|item| item["actor_kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let read = async |path: &str| json(app.operate(Method::GET, path).send().await.unwrap(), 200).await;
        assert_eq!(kinds(&read("/v1/business-groups/abccompany/revisions").await), ["person", "api-key"]);
        let events = read("/v1/audit-events").await;
        assert_eq!(kinds(&events), ["person", "person", "api-key"], "{events}");
        for (at, kind) in ["api-key", "person"].into_iter().enumerate() {
            let path = format!("/v1/business-groups/abccompany/sign-in-check?email=new{at}@abccompany.com");
            assert_eq!(read(&path).await["last_change"]["actor_kind"], kind);
        }
        let sheet = app.operate(Method::GET, "/v1/audit-events").header("accept", "text/csv").send().await.unwrap();
        let sheet = text(sheet, 200).await;
        assert!(sheet.lines().nth(1).unwrap().ends_with(",person"), "{sheet}");
        assert!(sheet.lines().any(|line| line.contains(ADA) && line.ends_with(",api-key")), "{sheet}");
        // What this program writes needs no guess by the form of an id.
        assert_eq!(events["items"].as_array().unwrap().last().unwrap()["actor_kind"], "command-line");
    }
}
