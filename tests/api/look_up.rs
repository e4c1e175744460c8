//! Many people at once, and people of any business group, over HTTP.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use test_support::app::{SAMPLE_SHEET, TENANT, TIMEOUT, TestApp};
use test_support::database::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{json, problem};

const LOOK_UP: &str = "/v1/lookup";
const BOB: &str = "bobsmith@abccompany.com";
const JOHN: &str = "johndavidson@abccompany.com";

/// The sample company, and another one in which Bob's address stands as well.
async fn two_companies(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    app.sample_company().await;
    json(app.import("", SAMPLE_SHEET).await, 200).await;
    let ranges = json!([{"first": "+442079460000", "last": "+442079460099"}]);
    let other = json!({"id": "hushed", "name": "Hush & Co", "number_ranges": ranges});
    json(app.operate_json(Method::POST, "/v1/business-groups", &other).await, 201).await;
    let mapping = "/v1/business-groups/hushed/mappings/+442079460001";
    json(app.operate_json(Method::PUT, mapping, &json!({"email": BOB})).await, 201).await;
    app
}

async fn look_up(app: &TestApp, key: &str, body: &Value) -> Response {
    app.call(Method::POST, LOOK_UP).bearer_auth(key).json(body).send().await.unwrap()
}

fn item(email: &str, phone_number: &str, group: &str) -> Value {
    json!({"email": email, "phone_number": phone_number, "business_group": group})
}

// proves T-97
#[tokio::test]
async fn a_directory_finds_people_where_it_may_and_nobody_elsewhere() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = two_companies(engine).await;
        let bob = item(BOB, "+17635551111", "abccompany");
        let john = item(JOHN, "+17635552222", "abccompany");
        let hushed = item(BOB, "+442079460001", "hushed");
        let everywhere = app.api_key("directory", None).await;
        let (ours, theirs) =
            (app.api_key("directory", Some("abccompany")).await, app.api_key("directory", Some("hushed")).await);
        let admin = app.api_key("business-group-admin", Some("abccompany")).await;
        let signed_in = app.entra.token(TENANT, BOB, "portal").unwrap();
        let signed_in = signed_in.claim("roles", json!(["BusinessGroup.Admin"])).mint();
        let people = json!({"emails": [BOB, JOHN, "nobody@abccompany.com"]});
        for (key, items, missing) in [
            (&app.operator, vec![bob.clone(), john.clone(), hushed.clone()], 1),
            (&everywhere, vec![bob.clone(), john.clone(), hushed.clone()], 1),
            (&ours, vec![bob.clone(), john.clone()], 1),
            (&admin, vec![bob.clone(), john.clone()], 1),
            (&signed_in, vec![bob.clone(), john.clone()], 1),
            (&theirs, vec![hushed.clone()], 2),
        ] {
            let answer = look_up(&app, key, &people).await;
            assert_eq!(answer.headers()["cache-control"], "no-store");
            assert_eq!(json(answer, 200).await, json!({"items": items, "missing": missing}));
        }
        let in_group = |group: &str| json!({"emails": [BOB], "business_group": group});
        for (key, group, items) in [
            (&everywhere, "hushed", vec![hushed]),
            (&app.operator, "abccompany", vec![bob.clone()]),
            (&ours, "abccompany", vec![bob]),
        ] {
            assert_eq!(json(look_up(&app, key, &in_group(group)).await, 200).await["items"], json!(items));
        }
        // Another's group answers as one that does not exist.
        for key in [&ours, &admin, &signed_in] {
            let there = problem(look_up(&app, key, &in_group("hushed")).await, 404, "not-found").await;
            let nowhere = problem(look_up(&app, key, &in_group("nobody")).await, 404, "not-found").await;
            assert_eq!(there["detail"], nowhere["detail"]);
        }
        problem(look_up(&app, &everywhere, &in_group("nobody")).await, 404, "not-found").await;
        let slug = problem(look_up(&app, &everywhere, &in_group("No slug")).await, 422, "invalid-request").await;
        assert_eq!(slug["errors"][0]["field"], "business_group");
    }
}

#[tokio::test]
async fn addresses_and_numbers_are_read_as_people_write_them_and_count_once() {
    let app = two_companies(Engine::Sqlite).await;
    let bob = item(BOB, "+17635551111", "abccompany");
    let numbers =
        ["(763) 555-1111", "763.555.1111", "+1 763 555 1111", "17635551111", "+17635559999", "+44 20 7946 0001"];
    let found = json(look_up(&app, &app.operator, &json!({"phone_numbers": numbers})).await, 200).await;
    let hushed = item(BOB, "+442079460001", "hushed");
    assert_eq!(found, json!({"items": [bob.clone(), hushed], "missing": 1}));
    let emails = ["BobSmith@ABCcompany.com", " bobsmith@abccompany.com\n", BOB, "x@abccompany.com", "X@abccompany.com"];
    let body = json!({"emails": emails, "business_group": "abccompany"});
    assert_eq!(json(look_up(&app, &app.operator, &body).await, 200).await, json!({"items": [bob], "missing": 1}));
}

#[tokio::test]
async fn what_is_no_look_up_is_refused_with_the_entry_that_is_wrong() {
    let app = two_companies(Engine::Sqlite).await;
    let many = |count: usize| (0..count).map(|at| format!("u{at}@abccompany.com")).collect::<Vec<_>>();
    for (body, fields) in [
        (json!({}), vec!["emails"]),
        (json!({"emails": null}), vec!["emails"]),
        (json!({"emails": [BOB], "phone_numbers": ["7635551111"]}), vec!["phone_numbers"]),
        (json!({"emails": []}), vec!["emails"]),
        (json!({"phone_numbers": []}), vec!["phone_numbers"]),
        (json!({"emails": many(10_001)}), vec!["emails"]),
        (json!({"emails": [BOB, BOB, "", "bob@@abccompany.com", BOB]}), vec!["emails[2]", "emails[3]"]),
        (json!({"emails": [BOB, 7]}), vec!["emails[1]"]),
        (json!({"emails": ["7635551111"]}), vec!["emails[0]"]),
        (json!({"phone_numbers": ["7635551111", "12", BOB]}), vec!["phone_numbers[1]", "phone_numbers[2]"]),
        (json!({"email": [BOB]}), vec!["email"]),
        (json!({"emails": [BOB], "hashed": true}), vec!["hashed"]),
    ] {
        let refused = problem(look_up(&app, &app.operator, &body).await, 422, "invalid-request").await;
        let named: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
        assert_eq!(named, fields, "{refused}");
    }
    // No more are named than anybody reads.
    let wrong = json!({"emails": vec!["x"; 5000]});
    let refused = problem(look_up(&app, &app.operator, &wrong).await, 422, "invalid-request").await;
    assert_eq!(refused["errors"].as_array().unwrap().len(), 100);
    let huge = json!({"emails": ["x".repeat(5 * 1024 * 1024)]});
    problem(look_up(&app, &app.operator, &huge).await, 413, "too-large").await;
    let read = app.operate(Method::GET, LOOK_UP).send().await.unwrap();
    problem(read, 405, "method-not-allowed").await;
}

// proves T-97
#[tokio::test]
async fn ten_thousand_of_the_longest_addresses_fit_and_the_audit_log_tells_how_many_and_not_which() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = two_companies(engine).await;
        let key = app.api_key("directory", Some("abccompany")).await;
        let domain = ["a".repeat(63), "b".repeat(63), "c".repeat(57), "com".to_owned()].join(".");
        let mut emails: Vec<_> = (0..9_999).map(|at| format!("{at:0>64}@{domain}")).collect();
        assert_eq!(emails[0].len(), 254);
        emails.push(BOB.to_owned());
        let found = json(look_up(&app, &key, &json!({"emails": emails})).await, 200).await;
        assert_eq!(found, json!({"items": [item(BOB, "+17635551111", "abccompany")], "missing": 9999}));
        json(look_up(&app, &app.operator, &json!({"phone_numbers": ["7635551111", "7635551112"]})).await, 200).await;

        let log = json(app.operate(Method::GET, "/v1/audit-events?limit=2").send().await.unwrap(), 200).await;
        let told = log["items"].as_array().unwrap().iter().map(|event| {
            (event["action"].as_str().unwrap(), &event["outcome"], &event["business_group"], &event["detail"])
        });
        let told: Vec<_> = told.collect();
        let (done, nowhere, ours) = (json!("done"), Value::Null, json!("abccompany"));
        let (of_operator, of_key) =
            (json!({"phone_numbers": "2", "found": "1"}), json!({"emails": "10000", "found": "1"}));
        assert_eq!(told, [("lookUp", &done, &nowhere, &of_operator), ("lookUp", &done, &ours, &of_key)]);
        assert!(log["items"][1]["actor"].as_str().unwrap().starts_with("directory ("), "{log}");
        assert!(!log.to_string().contains("bobsmith") && !log.to_string().contains("763555"), "{log}");
    }
}

/// Sends the head of a look-up, and nothing of its body.
async fn begin(app: &TestApp, key: &str) -> TcpStream {
    let head = format!(
        "POST {LOOK_UP} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n"
    );
    let mut connection = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    connection
}

// proves T-97
#[tokio::test]
async fn one_look_up_of_a_credential_is_answered_at_a_time() {
    let app = two_companies(Engine::Sqlite).await;
    let (key, other) = (app.api_key("directory", None).await, app.api_key("directory", None).await);
    let body = json!({"emails": [BOB]});
    let first = begin(&app, &key).await;
    let deadline = Instant::now() + TIMEOUT;
    let refused = loop {
        // The second is refused before its body is read.
        let mut second = begin(&app, &key).await;
        let mut bytes = vec![0; 4096];
        if let Ok(read) = timeout(Duration::from_millis(300), second.read(&mut bytes)).await {
            break String::from_utf8_lossy(&bytes[..read.unwrap()]).into_owned();
        }
        assert!(Instant::now() < deadline, "it is not refused");
    };
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.contains("retry-after: 5") && refused.contains("too-many-requests"), "{refused}");
    json(look_up(&app, &other, &body).await, 200).await;
    drop(first);
    while look_up(&app, &key, &body).await.status() != 200 {
        assert!(Instant::now() < deadline, "there is room again");
    }
}

// proves T-97
#[tokio::test]
async fn all_keys_of_a_business_group_have_one_place_together() {
    let app = two_companies(Engine::Sqlite).await;
    let administrator = async |group| app.api_key("business-group-admin", Some(group)).await;
    let [one, another] = [administrator("abccompany").await, administrator("abccompany").await];
    let others = administrator("hushed").await;
    let body = json!({"emails": [BOB]});
    let deadline = Instant::now() + TIMEOUT;
    let first = loop {
        // It may come after the other, and be refused itself.
        let first = begin(&app, &one).await;
        if look_up(&app, &another, &body).await.status() == 429 {
            break first;
        }
        assert!(Instant::now() < deadline, "it is not refused");
    };
    json(look_up(&app, &others, &body).await, 200).await;
    drop(first);
}

#[tokio::test]
async fn an_operator_finds_whose_a_number_is_and_where_an_address_stands() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = two_companies(engine).await;
        let find = async |query: &str| app.operate(Method::GET, &format!("/v1/mappings?{query}")).send().await.unwrap();
        let bob = ("abccompany", "+17635551111");
        let hushed = ("hushed", "+442079460001");
        for (query, expected) in [
            ("phone_number=(763)%20555-1111", vec![bob]),
            ("phone_number=%2B442079460001", vec![hushed]),
            ("phone_number=7635559999", vec![]),
            ("email=BobSmith@abccompany.com", vec![bob, hushed]),
            ("q=bobsmith", vec![bob, hushed]),
            ("q=763-555-1", vec![bob]),
            ("q=20%207946", vec![hushed]),
            ("q=bobsmith&phone_number=%2B442079460001", vec![hushed]),
            ("email=bobsmith@abccompany.com&q=1111", vec![bob]),
            ("email=nobody@abccompany.com", vec![]),
        ] {
            let list = json(find(query).await, 200).await;
            let found = list["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| (item["business_group"].as_str().unwrap(), item["phone_number"].as_str().unwrap()));
            let found: Vec<_> = found.collect();
            assert_eq!(found, expected, "{query}");
        }
        let first = json(find("q=bobsmith&limit=1").await, 200).await;
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = json(find(&format!("q=bobsmith&limit=1&cursor={cursor}")).await, 200).await;
        assert_eq!((&rest["items"][0]["business_group"], &rest["next_cursor"]), (&json!("hushed"), &Value::Null));
        for (query, field) in [("", "q"), ("q=%20", "q"), ("phone_number=12", "phone_number"), ("email=bob", "email")] {
            let refused = problem(find(query).await, 422, "invalid-request").await;
            assert_eq!(refused["errors"][0]["field"], field, "{query}");
        }
        for query in ["business_group=abccompany", "q=bob&sort=email", "q=bob&q=ann"] {
            problem(find(query).await, 400, "malformed-request").await;
        }
    }
}
