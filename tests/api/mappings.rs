//! Single mappings and the export over HTTP.

use reqwest::Method;
use serde_json::json;
use signline::domain::phone_number::NumberingPlan;
use test_support::app::{SAMPLE_SHEET, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem, text};

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

// proves T-98
#[tokio::test]
async fn a_mapping_is_changed_only_at_the_revision_that_if_match_names() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        json(app.import("", SAMPLE_SHEET).await, 200).await;
        let call = async |method: Method, number: &str, tag: &str, email: &str| {
            let call = app.operate(method.clone(), &format!("{MAPPINGS}/{number}")).header("if-match", tag);
            let call = if method == Method::PUT { call.json(&json!({"email": email})) } else { call };
            call.send().await.unwrap()
        };
        let put = async |tag: &str, email: &str| call(Method::PUT, "7635551111", tag, email).await;
        let delete = async |tag: &str| call(Method::DELETE, "7635551111", tag, "").await;
        let moved = problem(put("\"0\"", "bob@abccompany.com").await, 412, "revision-moved").await;
        assert_eq!(moved["revision"], 1);
        problem(delete("\"2\"").await, 412, "revision-moved").await;
        problem(call(Method::DELETE, "7635559999", "\"2\"", "").await, 404, "not-found").await;
        for wrong in ["1", "\"bob\""] {
            problem(put(wrong, "bob@abccompany.com").await, 400, "malformed-request").await;
            problem(delete(wrong).await, 400, "malformed-request").await;
        }
        // As a proxy that compresses hands it on, or among others.
        json(put("W/\"1-gzip\", \"9\"", "bob@abccompany.com").await, 200).await;
        problem(put("\"1\"", "robert@abccompany.com").await, 412, "revision-moved").await;
        json(put("*", "robert@abccompany.com").await, 200).await;
        // Of two at once that have read the same, one comes too late.
        let (first, second) = tokio::join!(put("\"3\"", "x@abccompany.com"), put("\"3\"", "y@abccompany.com"));
        let mut statuses = [first.status().as_u16(), second.status().as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let (first, second) = tokio::join!(put("\"4\"", "z@abccompany.com"), delete("\"4\""));
        assert_eq!([first.status().is_success(), second.status().is_success()].iter().filter(|done| **done).count(), 1);
    }
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

    let (bob, john, jennifer) =
        ("bobsmith@abccompany.com", "johndavidson@abccompany.com", "jenniferlewis@abccompany.com");
    json(put(&app, "7635551111", "zed@abccompany.com").await, 200).await;
    json(put(&app, "7635551111", bob).await, 200).await;
    assert_eq!(list("sort=phone_number").await.0, [bob, john, jennifer]);
    assert_eq!(list("sort=email").await.0, [bob, jennifer, john]);
    assert_eq!(list("sort=updated_at").await.0, [john, jennifer, bob]);
    for (sort, expected) in [("email", [bob, jennifer, john]), ("updated_at", [john, jennifer, bob])] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let (page, next) = list(&format!("sort={sort}&limit=1{cursor}")).await;
            seen.extend(page);
            let Some(next) = next else { break };
            cursor = format!("&cursor={next}");
            // It leads nowhere in a list of another order.
            let other = app.operate(Method::GET, &format!("{MAPPINGS}?limit=1{cursor}")).send().await.unwrap();
            problem(other, 400, "malformed-request").await;
        }
        assert_eq!(seen, expected, "{sort}");
    }
    assert_eq!(app.me(&app.token(bob)).await.status(), 200);
    assert_eq!(list("sign_in=seen").await.0, [bob]);
    assert_eq!(list("sign_in=never&sort=email").await.0, [jennifer, john]);
    assert_eq!(list("sign_in=never&q=763-555-2").await.0, [john]);
    for wrong in ["sort=name", "sign_in=always", "sort=email&sort=email"] {
        let refused = app.operate(Method::GET, &format!("{MAPPINGS}?{wrong}")).send().await.unwrap();
        problem(refused, 400, "malformed-request").await;
    }
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

const GROUP: &str = "/v1/business-groups/abccompany";

async fn with_ranges(app: &TestApp, ranges: &[(&str, &str)]) {
    let ranges: Vec<_> = ranges.iter().map(|(first, last)| json!({"first": first, "last": last})).collect();
    json(app.operate_json(Method::PATCH, GROUP, &json!({"number_ranges": ranges})).await, 200).await;
}

#[tokio::test]
async fn a_groups_ranges_decide_which_numbers_can_be_mapped_whatever_a_table_says_of_their_area_code() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        // No numbering table of 2025 has the first two area codes, and none has one of Great Britain that starts with
        // 4.
        let ranges =
            [("+14365550000", "+14365559999"), ("+19245550000", "+19245559999"), ("+444079460000", "+444079469999")];
        with_ranges(&app, &ranges).await;
        json(put(&app, "9245551111", "ann@abccompany.com").await, 201).await;
        json(put(&app, "+444079460018", "eve@abccompany.com").await, 201).await;
        let file = "PhoneNumber,MEEmailAddress\n(436) 555-2222,bob@abccompany.com\n";
        assert_eq!(json(app.import("&mode=merge", file).await, 200).await["added"], 1);
        let read = app.operate(Method::GET, &format!("{MAPPINGS}/19245551111")).send().await.unwrap();
        assert_eq!(json(read, 200).await["phone_number"], "+19245551111");
        let sheet = text(app.operate(Method::GET, &format!("{MAPPINGS}.csv")).send().await.unwrap(), 200).await;
        assert!(sheet.contains("\r\n9245551111,ann") && sheet.contains("\r\n+444079460018,eve"), "{sheet}");
        assert_eq!(json(app.import("", sheet).await, 200).await["unchanged"], 3);
        let workbook =
            app.operate(Method::GET, &format!("{MAPPINGS}.xlsx")).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(json(app.import("", workbook).await, 200).await["unchanged"], 3);

        let outside = problem(put(&app, "9246660000", "joe@abccompany.com").await, 422, "invalid-request").await;
        assert!(outside["errors"][0]["message"].as_str().unwrap().contains("number ranges"), "{outside}");
        let file = "PhoneNumber,MEEmailAddress\n9246660000,joe@abccompany.com\n9240660000,jim@abccompany.com\n\
                    9245551111x12,jil@abccompany.com\n";
        let refused = problem(app.import("&mode=merge", file).await, 422, "import-rejected").await;
        let codes: Vec<_> = refused["problems"].as_array().unwrap().iter().map(|problem| &problem["code"]).collect();
        assert_eq!(codes, ["number_not_assigned", "invalid_phone_number", "invalid_phone_number"]);
    }
}

#[tokio::test]
async fn a_list_is_searched_as_people_write_numbers_and_addresses() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        app.sample_company().await;
        with_ranges(&app, &[("+16512200000", "+16512209999"), ("+442079460000", "+442079469999")]).await;
        json(put(&app, "+16512200000", "bob-651@abccompany.com").await, 201).await;
        json(put(&app, "+442079460018", "ann@abccompany.com").await, 201).await;
        let (bob, ann) = ("bob-651@abccompany.com", "ann@abccompany.com");
        for (q, expected) in [
            ("651-220-0000", vec![bob]),
            ("(651) 220", vec![bob]),
            ("1 651 220 0000", vec![bob]),
            ("+1 (651) 220.0000", vec![bob]),
            ("651\u{2013}220\u{AD}", vec![bob]),
            ("-0000", vec![bob]),
            ("+44 20 7946", vec![ann]),
            ("011 44 20 7946 0018", vec![ann]),
            ("+44 (0)20 7946 0018", vec![ann]),
            ("\u{200B}Bob-651@", vec![bob]),
            ("abccompany", vec![bob, ann]),
            ("651-2201", vec![]),
            ("02079460018", vec![]),
            ("+1 651 +1", vec![]),
            ("b\u{F6}b", vec![]),
            ("%", vec![]),
            ("_", vec![]),
            ("-", vec![bob]),
        ] {
            assert_eq!(found(&app, q).await, expected, "{q} on {engine:?}");
        }
    }
}

#[tokio::test]
async fn a_list_is_searched_as_numbers_are_dialled_in_the_default_region() {
    let gb = NumberingPlan::of_region("GB").unwrap();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start_with(engine, |settings| settings.numbering_plan = gb).await;
        app.sample_company().await;
        with_ranges(&app, &[("+442079460000", "+442079469999")]).await;
        json(put(&app, "02079460018", "ann@abccompany.com").await, 201).await;
        for q in [
            "02079460018",
            "020 7946 0018",
            "020 7946",
            "(020) 7946-0018",
            "2079460018",
            "0044 20 7946",
            "+44 20",
            "7946",
        ] {
            assert_eq!(found(&app, q).await, ["ann@abccompany.com"], "{q} on {engine:?}");
        }
        for q in ["020 7947", "0044 21", "079460019"] {
            assert_eq!(found(&app, q).await, [""; 0], "{q} on {engine:?}");
        }
    }
}

/// The addresses that a list with this `q` holds.
async fn found(app: &TestApp, q: &str) -> Vec<String> {
    let page = json(app.operate(Method::GET, MAPPINGS).query(&[("q", q)]).send().await.unwrap(), 200).await;
    let emails = page["items"].as_array().unwrap().iter().map(|item| item["email"].as_str().unwrap().to_owned());
    emails.collect()
}

#[tokio::test]
async fn an_address_whose_domain_is_none_can_not_be_set() {
    let app = sample().await;
    for email in [
        "bob@abc.example?subject=Hello",
        "bob@abc.com%20",
        "bob@abc/example.com",
        "bob@10.0.0.1",
        "bob@abc.123",
        "bob@abc_company.com",
        "bob@-abc.com",
        "bob@abc",
    ] {
        let problem = problem(put(&app, "+17635552222", email).await, 422, "invalid-request").await;
        assert_eq!(problem["errors"][0]["field"], "email", "{email}");
    }
    let unseen = problem(put(&app, "+17635552222", "bob@abc\u{AD}.com").await, 422, "invalid-request").await;
    assert!(unseen["errors"][0]["message"].as_str().unwrap().contains("U+00AD"), "{unseen}");
}
