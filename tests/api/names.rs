//! Names: what may stand in them, and which of them an administrator may not take.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use signline::config::DatabaseUrl;
use signline::domain::authority::Authority;
use test_support::app::{TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem, text};

const ADA: &str = "admin@abccompany.com";
const GROUPS: &str = "/v1/business-groups";

/// A service with three groups; the tenant of the sample is linked to the one that squats on it.
async fn service(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    for (id, name, prefix) in [
        ("abccompany", "ABC Company", "+1763555"),
        ("squatter", "Squatter", "+1763666"),
        ("third", "Third", "+1763777"),
    ] {
        let ranges = json!([{"first": format!("{prefix}0000"), "last": format!("{prefix}9999")}]);
        let group = json!({"id": id, "name": name, "number_ranges": ranges});
        json(app.operate_json(Method::POST, GROUPS, &group).await, 201).await;
    }
    app
}

async fn rename(app: &TestApp, credential: &str, group: &str, name: &str) -> Response {
    let call = app.call(Method::PATCH, &format!("{GROUPS}/{group}")).bearer_auth(credential);
    call.json(&json!({"name": name})).send().await.unwrap()
}

async fn name_of(app: &TestApp, group: &str) -> Value {
    let found = app.operate(Method::GET, &format!("{GROUPS}/{group}")).send().await.unwrap();
    json(found, 200).await["name"].clone()
}

/// An administrator of the sample's tenant, who signed in with Microsoft.
fn ada(app: &TestApp) -> String {
    app.entra.token(TENANT, ADA, "portal").unwrap().claim("roles", json!(["BusinessGroup.Admin"])).mint()
}

// proves T-19
#[tokio::test]
async fn an_administrator_takes_no_name_that_people_take_for_another_groups_and_the_operator_may() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = service(engine).await;
        let key = app.api_key("business-group-admin", Some("squatter")).await;
        let link = app.call(Method::PUT, &format!("{GROUPS}/squatter/tenant")).bearer_auth(&key);
        json(link.json(&json!({"tenant_id": TENANT})).send().await.unwrap(), 200).await;
        let ada = ada(&app);
        for (credential, name) in [
            (&key, "ABC Company"),
            (&ada, "ABC Company"),
            (&key, "abc company"),
            (&ada, " ABC\u{A0}Company "),
            (&key, "ABCCompany"),
            (&ada, "ABC Cornpany"),
            (&key, "АВС Company"),
            (&ada, "ＡＢＣ Company"),
        ] {
            let refused = problem(rename(&app, credential, "squatter", name).await, 409, "name-taken").await;
            assert!(refused["detail"].as_str().unwrap().contains("ask the operator"), "{refused}");
            assert!(!refused.to_string().contains("abccompany"), "{refused}");
            assert_eq!(name_of(&app, "squatter").await, "Squatter");
        }
        // Nothing else of the call is done either.
        let both = json!({"name": "ABC Company", "allow_guests": true});
        let call = app.call(Method::PATCH, &format!("{GROUPS}/squatter")).bearer_auth(&key);
        problem(call.json(&both).send().await.unwrap(), 409, "name-taken").await;
        let group = app.get(&format!("{GROUPS}/squatter")).bearer_auth(&key).send().await.unwrap();
        assert_eq!(json(group, 200).await["allow_guests"], false);
        // The group's own name in other letters stays its own, and another is free.
        for name in ["SQUATTER", "Squatter", "ABC Company 2"] {
            assert_eq!(json(rename(&app, &key, "squatter", name).await, 200).await["name"], name);
        }
        // A refused attempt is told in the log, and the operator may give the name.
        let log = text(app.operate(Method::GET, "/v1/audit-events").send().await.unwrap(), 200).await;
        assert!(log.contains("name-taken"), "{log}");
        json(rename(&app, &app.operator, "squatter", "ABC Company").await, 200).await;
        // Names that collide already go on: other things can be changed, and the name sent as it is.
        json(rename(&app, &key, "squatter", "ABC Company").await, 200).await;
        let call = app.call(Method::PATCH, &format!("{GROUPS}/squatter")).bearer_auth(&key);
        json(call.json(&json!({"allow_guests": true})).send().await.unwrap(), 200).await;
        problem(rename(&app, &key, "squatter", "abc company").await, 409, "name-taken").await;
        let own = app.api_key("business-group-admin", Some("abccompany")).await;
        json(rename(&app, &own, "abccompany", "ABC Company").await, 200).await;
    }
}

// proves T-96
#[tokio::test]
async fn who_tries_names_is_answered_ten_times_a_minute_with_whatever_keys_and_each_answer_is_written_down() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = service(engine).await;
        let key = app.api_key("business-group-admin", Some("squatter")).await;
        // What else is refused leaves no less room in the log.
        for _ in 0..12 {
            problem(rename(&app, &key, "squatter", "").await, 422, "invalid-request").await;
        }
        let (mut taken, mut limited) = (0, None);
        while limited.is_none() {
            let key = app.api_key("business-group-admin", Some("squatter")).await;
            let refused = rename(&app, &key, "squatter", "ABC Company").await;
            if refused.status() == 409 {
                problem(refused, 409, "name-taken").await;
                taken += 1;
                assert!(taken < 100, "it is answered without end");
            } else {
                limited = Some(refused);
            }
        }
        // One more is free after six seconds.
        assert!((10..=15).contains(&taken), "{taken}");
        let limited = limited.unwrap();
        let wait: u64 = limited.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=6).contains(&wait), "{wait}");
        let limited = problem(limited, 429, "too-many-requests").await;
        assert!(limited["detail"].as_str().unwrap().contains("names"), "{limited}");
        let log = text(app.operate(Method::GET, "/v1/audit-events?limit=1000").send().await.unwrap(), 200).await;
        assert_eq!(log.matches("\"name-taken\"").count(), taken, "{log}");
        // Nothing else of the group waits for that, nor does another group, nor the operator.
        let call = app.call(Method::PATCH, &format!("{GROUPS}/squatter")).bearer_auth(&key);
        json(call.json(&json!({"allow_guests": true})).send().await.unwrap(), 200).await;
        let third = app.api_key("business-group-admin", Some("third")).await;
        problem(rename(&app, &third, "third", "ABC Company").await, 409, "name-taken").await;
        json(rename(&app, &app.operator, "squatter", "ABC Company").await, 200).await;
    }
}

// proves T-19
#[tokio::test]
async fn of_two_administrators_who_take_one_name_at_once_one_gets_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = service(engine).await;
        let other = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(replica(&app).await),
        };
        let squatter = app.api_key("business-group-admin", Some("squatter")).await;
        let third = app.api_key("business-group-admin", Some("third")).await;
        for round in 0..10 {
            let (first, second) = (format!("New name {round}"), format!("NEW NAME {round}"));
            let there = other.as_ref().unwrap_or(&app);
            let (one, two) =
                tokio::join!(rename(&app, &squatter, "squatter", &first), rename(there, &third, "third", &second));
            let mut statuses = [one.status().as_u16(), two.status().as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409], "round {round}");
        }
    }
}

/// Another replica on the same database.
async fn replica(app: &TestApp) -> TestApp {
    let (url, authority) = (app.database.url().to_owned(), app.entra.http_base().to_owned());
    TestApp::start_with(Engine::Sqlite, |settings| {
        settings.database_url = DatabaseUrl(url);
        settings.authority = Authority::parse(&authority).unwrap();
    })
    .await
}

// proves T-21
#[tokio::test]
async fn what_nobody_sees_is_refused_in_every_name_and_named_by_its_code() {
    let app = service(Engine::Sqlite).await;
    for (unseen, code) in [
        ('\u{202E}', "U+202E"),
        ('\u{200F}', "U+200F"),
        ('\u{200B}', "U+200B"),
        ('\u{AD}', "U+00AD"),
        ('\u{3164}', "U+3164"),
        ('\u{FE0F}', "U+FE0F"),
        ('\u{7}', "U+0007"),
        ('\u{E0041}', "U+E0041"),
    ] {
        let name = format!("Ann{unseen}a");
        let new_key = json!({"name": name, "role": "operator"});
        let new_group = json!({"id": "new", "name": name});
        for (method, path, body) in [
            (Method::POST, "/v1/api-keys", &new_key),
            (Method::POST, GROUPS, &new_group),
            (Method::PATCH, "/v1/business-groups/squatter", &json!({"name": name})),
        ] {
            let refused = problem(app.operate_json(method, path, body).await, 422, "invalid-request").await;
            assert_eq!(refused["errors"][0]["field"], "name", "{path}");
            let message = refused["errors"][0]["message"].as_str().unwrap();
            assert!(message.contains(code) && !message.contains(unseen), "{message}");
        }
    }
}

// proves T-19
#[tokio::test]
async fn the_session_tells_the_numbers_of_the_group_which_its_administrators_cannot_choose() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = service(engine).await;
        let key = app.api_key("business-group-admin", Some("squatter")).await;
        let session = async |credential: &str| {
            json(app.get("/v1/session").bearer_auth(credential).send().await.unwrap(), 200).await
        };
        assert_eq!(session(&ada(&app)).await["number_ranges"], Value::Null);
        let link = app.call(Method::PUT, &format!("{GROUPS}/squatter/tenant")).bearer_auth(&key);
        json(link.json(&json!({"tenant_id": TENANT})).send().await.unwrap(), 200).await;
        let ranges = json!([{"first": "+17636660000", "last": "+17636669999"}]);
        for credential in [&key, &ada(&app)] {
            let seen = session(credential).await;
            assert_eq!((&seen["business_group"], &seen["number_ranges"]), (&json!("squatter"), &ranges));
        }
        // Who does not administer it learns neither its id nor its numbers.
        let user = session(&app.token("bobsmith@abccompany.com")).await;
        assert_eq!((&user["business_group"], &user["number_ranges"]), (&Value::Null, &Value::Null));
        assert_eq!(session(&app.operator).await["number_ranges"], Value::Null);
    }
}
