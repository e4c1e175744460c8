//! People who sign in with Microsoft and administer: what their role is worth in which tenant, and for how long.

use entra_sim::TokenBuilder;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use signline::domain::guid::Guid;
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem};

const GROUP: &str = "/v1/business-groups/abccompany";
const GROUPS: &str = "/v1/business-groups";
const BOB: &str = "bobsmith@abccompany.com";
const BOBS_OID: &str = "0b0b0b0b-0000-4000-8000-000000000001";
const OPERATOR_TENANT: &str = "d4d4d4d4-0000-4000-8000-0000000000dd";
const UNLINKED_TENANT: &str = "e5e5e5e5-0000-4000-8000-0000000000ee";

/// A service of the operator's tenant, with the sample company and an empty group beside it.
async fn service(engine: Engine) -> TestApp {
    let app = TestApp::start_with(engine, |settings| {
        settings.operator_tenant = Some(Guid::parse(OPERATOR_TENANT).unwrap());
    });
    let app = app.await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    json(app.operate_json(Method::POST, GROUPS, &json!({"id": "other", "name": "Other"})).await, 201).await;
    app
}

fn bob(app: &TestApp) -> TokenBuilder {
    app.entra.token(TENANT, BOB, "portal").unwrap()
}

fn administrator(app: &TestApp) -> String {
    with_roles(bob(app), json!(["BusinessGroup.Admin"]))
}

fn with_roles(token: TokenBuilder, roles: Value) -> String {
    token.claim("roles", roles).mint()
}

/// The same person's token, of another tenant.
fn in_tenant(app: &TestApp, token: TokenBuilder, tenant: &str) -> TokenBuilder {
    token.claim("tid", tenant).claim("iss", format!("{}/{tenant}/v2.0", app.entra.http_base()))
}

fn operator(app: &TestApp) -> String {
    with_roles(in_tenant(app, bob(app), OPERATOR_TENANT), json!(["Operator"]))
}

async fn get(app: &TestApp, path: &str, credential: &str) -> Response {
    app.get(path).bearer_auth(credential).send().await.unwrap()
}

async fn session(app: &TestApp, credential: &str) -> Value {
    let answer = get(app, "/v1/session", credential).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    json(answer, 200).await
}

async fn link(app: &TestApp, group: &str, tenant: &str) {
    let path = format!("{GROUPS}/{group}/tenant");
    json(app.operate_json(Method::PUT, &path, &json!({"tenant_id": tenant})).await, 200).await;
}

/// What people did, the oldest first.
async fn events(app: &TestApp, credential: &str) -> Vec<Value> {
    let list = json(get(app, "/v1/audit-events?limit=1000", credential).await, 200).await;
    let events = list["items"].as_array().unwrap().iter().rev();
    let is_of_a_person = |event: &&Value| event["actor"].as_str().unwrap().contains('@');
    events.filter(is_of_a_person).cloned().collect()
}

#[tokio::test]
async fn an_administrator_who_signed_in_runs_their_own_group_and_is_named_by_their_oid() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = service(engine).await;
        let ada = administrator(&app);
        let groups = json(get(&app, GROUPS, &ada).await, 200).await;
        assert_eq!((&groups["items"][0]["id"], groups["items"].as_array().unwrap().len()), (&json!("abccompany"), 1));
        let put = |email: &str| {
            let call = app.call(Method::PUT, &format!("{GROUP}/mappings/7635554444"));
            call.json(&json!({"email": email}))
        };
        json(put("ada@abccompany.com").bearer_auth(&ada).send().await.unwrap(), 201).await;
        let nameless = bob(&app).without("email").without("preferred_username");
        let nameless = with_roles(nameless, json!(["BusinessGroup.Admin"]));
        json(put("eve@abccompany.com").bearer_auth(&nameless).send().await.unwrap(), 200).await;
        problem(get(&app, "/v1/business-groups/other", &ada).await, 404, "not-found").await;

        let actors = [format!("{BOB} ({BOBS_OID})"), format!("Microsoft account ({BOBS_OID})")];
        let revisions = json(get(&app, &format!("{GROUP}/revisions"), &ada).await, 200).await;
        let recorded: Vec<_> = [1, 0].iter().map(|at| revisions["items"][*at]["actor"].as_str().unwrap()).collect();
        assert_eq!(recorded, actors);
        let log = json(get(&app, &format!("/v1/audit-events?actor={BOBS_OID}"), &ada).await, 200).await;
        let recorded = log["items"].as_array().unwrap().iter().rev().filter(|event| event["action"] == "putMapping");
        let recorded: Vec<_> = recorded.map(|event| &event["actor"]).collect();
        assert_eq!(recorded, actors.iter().map(|actor| json!(actor)).collect::<Vec<_>>().iter().collect::<Vec<_>>());
        // Their own line is what it was.
        assert_eq!(json(app.me(&ada).await, 200).await["phone_number"], "+17635551111");
    }
}

// proves T-34
#[tokio::test]
async fn who_may_nothing_is_told_which_role_is_missing_where() {
    let app = service(Engine::Sqlite).await;
    let gus = app.entra.token(TENANT, "gus@otherco.example", "portal").unwrap();
    let elsewhere = |tenant| in_tenant(&app, bob(&app), tenant);
    let both = json!(["BusinessGroup.Admin", "Operator"]);
    for (token, slug, reason) in [
        (bob(&app).mint(), "forbidden", "BusinessGroup.Admin"),
        (gus.clone().mint(), "forbidden", "BusinessGroup.Admin"),
        (elsewhere(UNLINKED_TENANT).mint(), "forbidden", "BusinessGroup.Admin"),
        (elsewhere(OPERATOR_TENANT).mint(), "forbidden", "Operator"),
        (with_roles(bob(&app), json!(["Operator"])), "forbidden", "SIGNLINE_OPERATOR_TENANT"),
        (with_roles(elsewhere(UNLINKED_TENANT), json!(["Operator"])), "forbidden", "SIGNLINE_OPERATOR_TENANT"),
        (with_roles(elsewhere(UNLINKED_TENANT), both.clone()), "tenant-not-linked", "Tenant ID"),
        (with_roles(elsewhere(OPERATOR_TENANT), json!(["BusinessGroup.Admin"])), "tenant-not-linked", "Tenant ID"),
        (with_roles(gus.clone(), both.clone()), "guest-not-allowed", "guest"),
        (with_roles(in_tenant(&app, gus, OPERATOR_TENANT), both), "guest-not-allowed", "guest"),
    ] {
        for path in [GROUPS, GROUP, "/v1/business-groups/nobody", "/v1/api-keys"] {
            let refused = problem(get(&app, path, &token).await, 403, slug).await;
            assert!(refused["detail"].as_str().unwrap().contains(reason), "{refused}");
        }
        assert_eq!(session(&app, &token).await["role"], "user");
    }
}

// proves T-34
#[tokio::test]
async fn the_role_operator_counts_in_the_operators_tenant_alone() {
    let app = service(Engine::Sqlite).await;
    let olga = operator(&app);
    assert_eq!(json(get(&app, GROUPS, &olga).await, 200).await["items"].as_array().unwrap().len(), 2);
    json(get(&app, "/v1/business-groups/other", &olga).await, 200).await;
    let created = app.call(Method::POST, GROUPS).bearer_auth(&olga).json(&json!({"id": "new", "name": "New"}));
    json(created.send().await.unwrap(), 201).await;
    assert!(events(&app, &olga).await.iter().any(|event| event["actor"] == format!("{BOB} ({BOBS_OID})")));
    // Where no tenant is named, there is no such operator.
    let none = TestApp::start(Engine::Sqlite).await;
    problem(get(&none, GROUPS, &operator(&none)).await, 403, "forbidden").await;
    let nil = "00000000-0000-0000-0000-000000000000";
    let nil = with_roles(in_tenant(&none, bob(&none), nil), json!(["Operator"]));
    problem(get(&none, GROUPS, &nil).await, 401, "invalid-token").await;
}

// proves T-37
#[tokio::test]
async fn an_operators_tenant_may_be_linked_to_a_group_as_any_other() {
    let app = service(Engine::Sqlite).await;
    link(&app, "other", OPERATOR_TENANT).await;
    let person = || in_tenant(&app, bob(&app), OPERATOR_TENANT);
    for (roles, role, group, sees) in [
        (json!(["BusinessGroup.Admin"]), "business-group-admin", json!("other"), 1),
        (json!(["Operator"]), "operator", Value::Null, 2),
        (json!(["BusinessGroup.Admin", "Operator"]), "operator", json!("other"), 2),
    ] {
        let token = with_roles(person(), roles);
        let session = session(&app, &token).await;
        assert_eq!((&session["role"], &session["business_group"]), (&json!(role), &group));
        assert_eq!(json(get(&app, GROUPS, &token).await, 200).await["items"].as_array().unwrap().len(), sees);
    }
    problem(get(&app, GROUP, &with_roles(person(), json!(["BusinessGroup.Admin"]))).await, 404, "not-found").await;
}

// proves T-35
#[tokio::test]
async fn an_administrators_right_follows_the_link_of_their_tenant_at_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = service(engine).await;
        let ada = administrator(&app);
        json(get(&app, GROUP, &ada).await, 200).await;
        // The tenant moves: so do they, and nothing of the group that they had is left to them.
        link(&app, "abccompany", UNLINKED_TENANT).await;
        problem(get(&app, GROUP, &ada).await, 403, "tenant-not-linked").await;
        link(&app, "other", TENANT).await;
        problem(get(&app, GROUP, &ada).await, 404, "not-found").await;
        json(get(&app, "/v1/business-groups/other", &ada).await, 200).await;
        // Unlinked, by their own call too.
        let unlink = app.call(Method::DELETE, "/v1/business-groups/other/tenant").bearer_auth(&ada);
        assert_eq!(unlink.send().await.unwrap().status(), 204);
        problem(get(&app, "/v1/business-groups/other", &ada).await, 403, "tenant-not-linked").await;
        assert_eq!(session(&app, &ada).await["tenant"], "unlinked");
        // The group goes, and another has its id.
        link(&app, "other", TENANT).await;
        let gone = app.operate(Method::DELETE, "/v1/business-groups/other").send().await.unwrap();
        assert_eq!(gone.status(), 204);
        json(app.operate_json(Method::POST, GROUPS, &json!({"id": "other", "name": "Another"})).await, 201).await;
        problem(get(&app, "/v1/business-groups/other", &ada).await, 403, "tenant-not-linked").await;
    }
}

// proves T-38
#[tokio::test]
async fn a_guest_administers_only_while_the_group_allows_guests() {
    let app = service(Engine::Sqlite).await;
    let gus = app.entra.token(TENANT, "gus@otherco.example", "portal").unwrap();
    let gus = with_roles(gus, json!(["BusinessGroup.Admin"]));
    let allow = async |allowed: bool| {
        let patch = app.operate_json(Method::PATCH, GROUP, &json!({"allow_guests": allowed})).await;
        json(patch, 200).await;
    };
    problem(get(&app, GROUP, &gus).await, 403, "guest-not-allowed").await;
    assert_eq!(session(&app, &gus).await["business_group"], Value::Null);
    allow(true).await;
    json(get(&app, GROUP, &gus).await, 200).await;
    assert_eq!(session(&app, &gus).await["business_group_name"], "ABC Company");
    allow(false).await;
    problem(get(&app, GROUP, &gus).await, 403, "guest-not-allowed").await;
}

// proves T-39
#[tokio::test]
async fn a_role_counts_in_every_kind_of_token_that_a_user_can_have_and_in_no_other() {
    let app = service(Engine::Sqlite).await;
    let api = app.entra.config().application_named("signline-api").unwrap().clone();
    let mobile = app.entra.token(TENANT, BOB, "maxuc-mobile").unwrap();
    let roles = || json!(["BusinessGroup.Admin"]);
    for token in [bob(&app), bob(&app).v1(), bob(&app).access_token(&api, "Line.Read"), mobile] {
        json(get(&app, GROUP, &with_roles(token, roles())).await, 200).await;
    }
    let access = |scopes: &str| bob(&app).access_token(&api, scopes);
    for (token, check) in [
        (access("Line.Read").without("scp"), "app-only"),
        (access("Line.Read").claim("idtyp", "app"), "app-only"),
        (bob(&app).claim("idtyp", "app"), "app-only"),
        (access("User.Read"), "scope"),
        (access("Line.Read").claim("azp", UNLINKED_TENANT), "client-application"),
        (bob(&app).claim("aud", UNLINKED_TENANT), "audience"),
        (bob(&app).claim("aud", "00000003-0000-0000-c000-000000000000"), "audience"),
        (bob(&app).claim("iss", format!("{}/{OPERATOR_TENANT}/v2.0", app.entra.http_base())), "issuer"),
        (bob(&app).claim("tid", OPERATOR_TENANT), "issuer"),
        (bob(&app).expires_in_seconds(-3600), "expired"),
    ] {
        for path in [GROUP, "/v1/session"] {
            let refused = get(&app, path, &with_roles(token.clone(), json!(["BusinessGroup.Admin", "Operator"]))).await;
            let refused = problem(refused, 401, "invalid-token").await;
            assert!(refused["detail"].as_str().unwrap().starts_with(check), "{check}: {refused}");
        }
    }
}

// proves T-40
#[tokio::test]
async fn an_odd_claim_of_roles_gives_no_right_and_costs_nobody_their_line() {
    let app = service(Engine::Sqlite).await;
    for roles in [
        json!("BusinessGroup.Admin"),
        json!([["BusinessGroup.Admin"]]),
        json!(["businessgroup.admin", "BUSINESSGROUP.ADMIN", "BusinessGroup.Admin "]),
        json!({"BusinessGroup.Admin": true}),
        json!(["BusinessGroup.Admin", 7]),
        json!(vec!["Reader"; 700]),
        Value::Null,
    ] {
        let token = with_roles(bob(&app), roles.clone());
        assert_eq!(json(app.me(&token).await, 200).await["phone_number"], "+17635551111", "{roles}");
        problem(get(&app, GROUP, &token).await, 403, "forbidden").await;
        assert_eq!(session(&app, &token).await["administrator_role"], false);
    }
    let shouted = bob(&app).claim("Roles", json!(["BusinessGroup.Admin"])).mint();
    assert_eq!(app.me(&shouted).await.status(), 200);
    problem(get(&app, GROUP, &shouted).await, 403, "forbidden").await;
}

// proves T-66
#[tokio::test]
async fn what_people_are_refused_is_written_down_if_their_tenant_is_known_for_certain() {
    let app = service(Engine::Sqlite).await;
    let elsewhere = |tenant| in_tenant(&app, bob(&app), tenant);
    let ada = administrator(&app);
    // A group that has only named the tenant does not learn who its people are.
    problem(get(&app, GROUP, &bob(&app).mint()).await, 403, "forbidden").await;
    // Strangers: with any role, anybody in the world can come.
    for roles in [json!([]), json!(["Operator"]), json!(["BusinessGroup.Admin"])] {
        let stranger = with_roles(elsewhere(UNLINKED_TENANT), roles);
        assert_eq!(get(&app, GROUP, &stranger).await.status(), 403);
    }
    assert_eq!(events(&app, &app.operator).await.len(), 0);
    assert_eq!(get(&app, "/v1/session", &bob(&app).mint()).await.status(), 200);
    for (token, path) in [
        (ada.clone(), GROUP),
        (bob(&app).mint(), GROUP),
        (with_roles(bob(&app), json!(["Operator"])), "/v1/business-groups/other"),
        (elsewhere(OPERATOR_TENANT).mint(), GROUP),
        (ada.clone(), "/v1/business-groups/other"),
    ] {
        get(&app, path, &token).await;
    }
    let delete = app.call(Method::DELETE, GROUP).bearer_auth(&ada);
    problem(delete.send().await.unwrap(), 403, "forbidden").await;
    let all = events(&app, &app.operator).await;
    let recorded: Vec<_> = all
        .iter()
        .map(|event| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            assert_eq!(event["actor"], format!("{BOB} ({BOBS_OID})"));
            let of = (text(&event["business_group"]), text(&event["detail"]["business_group"]));
            (text(&event["action"]), text(&event["refused_with"]), of.0, of.1)
        })
        .collect();
    let row = |action: &str, slug: &str, of: &str, named: &str| {
        (action.to_owned(), slug.to_owned(), of.to_owned(), named.to_owned())
    };
    let expected = [
        // By the one call that they may make.
        row("proveTenant", "", "abccompany", ""),
        row("getBusinessGroup", "forbidden", "abccompany", ""),
        row("getBusinessGroup", "forbidden", "", "other"),
        row("getBusinessGroup", "forbidden", "", "abccompany"),
        row("getBusinessGroup", "not-found", "", "other"),
        row("deleteBusinessGroup", "forbidden", "abccompany", ""),
    ];
    assert_eq!(recorded, expected);
    // Their group's log tells an administrator of their own people, and of nobody else.
    let own = events(&app, &ada).await;
    let own: Vec<_> = own.iter().filter(|event| event["outcome"] == "refused").map(|event| &event["action"]).collect();
    assert_eq!(own, [&json!("getBusinessGroup"), &json!("deleteBusinessGroup")]);
}

#[tokio::test]
async fn a_group_that_has_only_named_a_tenant_learns_nothing_of_what_its_people_are_refused() {
    let app = service(Engine::Sqlite).await;
    link(&app, "other", OPERATOR_TENANT).await;
    let named = "/v1/business-groups/other";
    let person = || in_tenant(&app, bob(&app), OPERATOR_TENANT);
    problem(get(&app, named, &person().mint()).await, 403, "forbidden").await;
    let delete = app.call(Method::DELETE, named).bearer_auth(with_roles(person(), json!(["BusinessGroup.Admin"])));
    problem(delete.send().await.unwrap(), 403, "forbidden").await;
    assert_eq!(events(&app, &app.operator).await.len(), 2);
    let key = app.api_key("business-group-admin", Some("other")).await;
    assert_eq!(events(&app, &key).await.len(), 0);
}

// proves T-66
#[tokio::test]
async fn a_person_without_any_right_cannot_fill_the_audit_log() {
    let app = service(Engine::Sqlite).await;
    get(&app, GROUP, &administrator(&app)).await;
    let nobody = bob(&app).mint();
    for _ in 0..40 {
        problem(get(&app, GROUP, &nobody).await, 403, "forbidden").await;
    }
    let written = events(&app, &app.operator).await.len();
    assert!((10..40).contains(&written), "{written}");
    // Another's attempts are told all the same.
    let john = app.entra.token(TENANT, "johndavidson@abccompany.com", "portal").unwrap().mint();
    get(&app, GROUP, &john).await;
    let last = events(&app, &app.operator).await.pop().unwrap();
    assert!(last["actor"].as_str().unwrap().starts_with("johndavidson@"), "{last}");
}

#[tokio::test]
async fn bad_tokens_are_limited_on_admin_calls_and_good_ones_without_a_right_are_not() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.limits.failures_per_credential = 3;
    });
    let app = app.await;
    app.sample_company().await;
    let expired = with_roles(bob(&app).expires_in_seconds(-3600), json!(["BusinessGroup.Admin"]));
    let nobody = bob(&app).mint();
    for at in 0..6 {
        let (status, slug) = if at < 3 { (401, "invalid-token") } else { (429, "too-many-requests") };
        problem(get(&app, GROUP, &expired).await, status, slug).await;
        problem(get(&app, GROUP, &nobody).await, 403, "forbidden").await;
    }
    problem(get(&app, "/v1/session", &expired).await, 429, "too-many-requests").await;
}

#[tokio::test]
async fn a_session_tells_who_calls_and_what_they_may_do() {
    let app = service(Engine::Sqlite).await;
    let of_person = |role: &str, more: Value| {
        let mut expected = json!({
            "credential": "entra", "role": role, "name": BOB, "business_group": null, "business_group_name": null,
            "number_ranges": null, "tenant": "unproven", "tid": TENANT, "oid": BOBS_OID, "email": BOB, "application": "portal",
            "administrator_role": false,
        });
        for (name, value) in more.as_object().unwrap() {
            expected[name] = value.clone();
        }
        expected
    };
    let ranges = json!([{"first": "+17635550000", "last": "+17635559999"}]);
    let group = json!({
        "business_group": "abccompany", "business_group_name": "ABC Company", "number_ranges": ranges,
        "administrator_role": true,
    });
    assert_eq!(session(&app, &administrator(&app)).await, of_person("business-group-admin", group));
    assert_eq!(session(&app, &bob(&app).mint()).await, of_person("user", json!({})));
    let operators = json!({"tenant": "unlinked", "tid": OPERATOR_TENANT});
    assert_eq!(session(&app, &operator(&app)).await, of_person("operator", operators));
    let nameless = bob(&app).without("email").without("preferred_username").mint();
    let expected = json!({"name": "Microsoft account", "email": null});
    assert_eq!(session(&app, &nameless).await, of_person("user", expected));

    for (role, group) in [
        ("operator", None),
        ("resolver", None),
        ("directory", Some("other")),
        ("business-group-admin", Some("abccompany")),
        ("scim", Some("other")),
    ] {
        let (name, ranges) = match group {
            Some("abccompany") => (json!("ABC Company"), ranges.clone()),
            Some(_) => (json!("Other"), json!([])),
            None => (Value::Null, Value::Null),
        };
        let expected = json!({
            "credential": "api-key", "role": role, "name": role, "business_group": group, "business_group_name": name,
            "number_ranges": ranges, "tenant": null, "tid": null, "oid": null, "email": null, "application": null, "administrator_role": false,
        });
        assert_eq!(session(&app, &app.api_key(role, group).await).await, expected);
    }
    problem(app.get("/v1/session").send().await.unwrap(), 401, "unauthenticated").await;
}
