//! Admin consent over HTTP: from the link through Microsoft and back, and what comes back that nobody should believe.

use std::time::Instant;

use futures_util::future::join_all;
use jiff::Timestamp;
use reqwest::{Client, Method, Response, redirect};
use serde_json::{Value, json};
use signline::config::DatabaseUrl;
use signline::domain::authority::Authority;
use signline::domain::public_url::PublicUrl;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use test_support::app::{SAMPLE_SHEET, TENANT, TIMEOUT, TestApp};
use test_support::database::Engine;
use url::Url;

use crate::support::{json, problem, text};

const GROUP: &str = "/v1/business-groups/abccompany";
const CALLBACK: &str = "/v1/consent/callback";
const PAGE: &str = "/console/#/consented?";
const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";

/// Who opens a link.
const ADA: &str = "0b0b0b0b-0000-4000-8000-000000000004";
const JOHN: &str = "0b0b0b0b-0000-4000-8000-000000000002";
/// Nobody: they cancel.
const CANCEL: &str = "cancel";

async fn company(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    app.sample_company().await;
    app
}

async fn on_both_engines() -> [TestApp; 2] {
    [company(Engine::Sqlite).await, company(Engine::Postgres).await]
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

async fn consents(app: &TestApp) -> Value {
    let answer = app.operate(Method::GET, &format!("{GROUP}/consent")).send().await.unwrap();
    let list = json(answer, 200).await;
    assert_eq!(list["next_cursor"], Value::Null);
    list["items"].clone()
}

async fn portal(app: &TestApp) -> Value {
    consents(app).await[0].clone()
}

async fn link(app: &TestApp) -> String {
    portal(app).await["link"].as_str().unwrap().to_owned()
}

async fn state(app: &TestApp) -> String {
    parameter(&link(app).await, "state").unwrap()
}

/// A parameter of a URL's query.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn browser() -> Client {
    Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap()
}

/// Opens a link at Microsoft as somebody; the URL that they are led back to.
async fn open(link: &str, who: &str) -> String {
    let answer = browser().get(format!("{link}&sim_user={who}")).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}

/// Follows a URL that leads back, to a replica; where it leads on to.
async fn follow(app: &TestApp, url: &str) -> String {
    let url = Url::parse(url).unwrap();
    assert_eq!(url.path(), CALLBACK);
    outcome(app.get(&format!("{CALLBACK}?{}", url.query().unwrap())).send().await.unwrap()).await
}

/// A return that somebody made up.
pub(crate) async fn come_back(app: &TestApp, parameters: &[(&str, &str)]) -> String {
    outcome(app.get(CALLBACK).query(parameters).send().await.unwrap()).await
}

/// What the page is told.
async fn outcome(answer: Response) -> String {
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
    assert_eq!(text(answer, 303).await, "");
    location.strip_prefix(PAGE).unwrap_or_else(|| panic!("{location} leads elsewhere")).to_owned()
}

fn good(state: &str) -> [(&'static str, &str); 3] {
    [("admin_consent", "True"), ("tenant", TENANT), ("state", state)]
}

async fn run(app: &TestApp, statements: &'static str) {
    if app.database.url().starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(app.database.url()).await.unwrap();
        connection.execute(sqlx::raw_sql(statements)).await.unwrap();
    } else {
        let mut connection = PgConnection::connect(app.database.url()).await.unwrap();
        connection.execute(sqlx::raw_sql(statements)).await.unwrap();
    }
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let statement = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    let (count,): (i64,) = if app.database.url().starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(app.database.url()).await.unwrap();
        sqlx::query_as(statement).fetch_one(&mut connection).await.unwrap()
    } else {
        let mut connection = PgConnection::connect(app.database.url()).await.unwrap();
        sqlx::query_as(statement).fetch_one(&mut connection).await.unwrap()
    };
    count
}

/// Waits until somebody's first sign-in to the portal was written down.
pub(crate) async fn wait_until_confirmed(app: &TestApp) -> Value {
    let begun = Instant::now();
    loop {
        let portal = portal(app).await;
        if portal["state"] == "confirmed" {
            return portal;
        }
        assert!(begun.elapsed() < TIMEOUT, "{portal}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

async fn events(app: &TestApp) -> Vec<Value> {
    let key = app.api_key("business-group-admin", Some("abccompany")).await;
    let answer = app.get("/v1/audit-events?actor=microsoft").bearer_auth(key).send().await.unwrap();
    json(answer, 200).await["items"].as_array().unwrap().clone()
}

// proves T-49
#[tokio::test]
async fn an_administrator_consents_and_a_first_sign_in_confirms_it() {
    for app in on_both_engines().await {
        json(app.import("", SAMPLE_SHEET).await, 200).await;
        let before = consents(&app).await;
        let names: Vec<_> =
            before.as_array().unwrap().iter().map(|item| item["application"].as_str().unwrap()).collect();
        assert_eq!(names, ["portal", "maxuc-mobile", "maxuc-desktop"]);
        let fresh = &before[0];
        let nothing = ["reported_at", "confirmed_at", "error"].map(|name| fresh[name].clone());
        assert_eq!((&fresh["state"], nothing), (&json!("never"), [Value::Null, Value::Null, Value::Null]));

        let link = fresh["link"].as_str().unwrap();
        assert!(link.starts_with(&format!("{}/{TENANT}/v2.0/adminconsent?", app.entra.http_base())), "{link}");
        let back = open(link, ADA).await;
        assert!(back.starts_with("http://localhost:"), "{back}");
        assert_eq!(follow(&app, &back).await, "application=portal&outcome=reported");
        let reported = consents(&app).await;
        let states: Vec<_> = reported.as_array().unwrap().iter().map(|item| item["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["reported", "never", "never"]);
        assert!(reported[0]["reported_at"].as_str().unwrap().ends_with('Z'), "{reported}");
        assert_eq!(follow(&app, &back).await, "application=portal&outcome=state-used");

        json(app.me(&app.token("bobsmith@abccompany.com")).await, 200).await;
        let confirmed = wait_until_confirmed(&app).await;
        assert_eq!(confirmed["reported_at"], reported[0]["reported_at"]);
        let time = |name: &str| confirmed[name].as_str().unwrap().parse::<Timestamp>().unwrap();
        assert!(time("confirmed_at") > time("reported_at"), "{confirmed}");

        let [event] = &events(&app).await[..] else { panic!("one return was recorded") };
        assert_eq!((&event["action"], &event["outcome"]), (&json!("reportConsent"), &json!("done")));
        assert_eq!(event["actor"], "return from Microsoft (microsoft)");
        assert_eq!(event["business_group"], "abccompany");
        assert_eq!(event["detail"], json!({"application": "portal", "tenant_id": TENANT, "consent": "reported"}));
    }
}

#[tokio::test]
async fn who_may_not_consent_or_declines_is_told_so_and_so_is_the_company() {
    for app in on_both_engines().await {
        for (who, outcome, code, number) in [
            (JOHN, "not-administrator", "access_denied", "AADSTS90094"),
            (CANCEL, "declined", "consent_required", "AADSTS65004"),
        ] {
            let back = open(&link(&app).await, who).await;
            assert_eq!(
                parameter(&back, "admin_consent").as_deref(),
                Some("True"),
                "Microsoft says so beside errors too"
            );
            let outcome_page = follow(&app, &back).await;
            assert_eq!(outcome_page, format!("application=portal&outcome={outcome}&code={number}"));
            let portal = portal(&app).await;
            assert_eq!((&portal["state"], &portal["reported_at"]), (&json!("never"), &Value::Null));
            assert_eq!((&portal["error"]["code"], &portal["error"]["aadsts"]), (&json!(code), &json!(number)));
            assert!(portal["error"]["at"].as_str().unwrap().ends_with('Z'), "{portal}");
        }
        let back = open(&link(&app).await, ADA).await;
        assert_eq!(follow(&app, &back).await, "application=portal&outcome=reported");
        assert_eq!(portal(&app).await["error"], Value::Null);
        assert_eq!(events(&app).await.len(), 3);
    }
}

// proves T-48
#[tokio::test]
async fn a_link_of_one_replica_leads_back_to_another_and_counts_once_among_all() {
    let app = company(Engine::Postgres).await;
    let other = replica(&app).await;
    // Before a key was made, a stranger's state makes none.
    assert_eq!(come_back(&other, &good("forged")).await, "outcome=state-invalid");
    let back = open(&link(&app).await, ADA).await;
    assert_eq!(follow(&other, &back).await, "application=portal&outcome=reported");
    for replica in [&app, &other] {
        assert_eq!(follow(replica, &back).await, "application=portal&outcome=state-used");
    }
    let state = state(&other).await;
    let at_once = (0..20).map(|at| {
        let replica = if at % 2 == 0 { &app } else { &other };
        async { come_back(replica, &good(&state)).await }
    });
    let mut outcomes = join_all(at_once).await;
    outcomes.sort();
    assert_eq!(outcomes[0], "application=portal&outcome=reported");
    assert!(outcomes[1..].iter().all(|outcome| outcome == "application=portal&outcome=state-used"), "{outcomes:?}");
    assert_eq!(events(&app).await.len(), 2);
}

// proves T-48
#[tokio::test]
async fn another_tenant_has_its_own_consents_and_older_links_are_of_no_use_in_it() {
    for app in on_both_engines().await {
        let (first, second) = (state(&app).await, state(&app).await);
        assert_ne!(first, second);
        assert_eq!(come_back(&app, &good(&first)).await, "application=portal&outcome=reported");
        let tenant = json!({"tenant_id": OTHER_TENANT});
        json(app.operate_json(Method::PUT, &format!("{GROUP}/tenant"), &tenant).await, 200).await;
        let moved = portal(&app).await;
        assert_eq!((&moved["state"], &moved["reported_at"]), (&json!("never"), &Value::Null));
        assert!(moved["link"].as_str().unwrap().contains(OTHER_TENANT), "{moved}");
        for parameters in [good(&second), [("admin_consent", "True"), ("tenant", OTHER_TENANT), ("state", &second)]] {
            assert_eq!(come_back(&app, &parameters).await, "application=portal&outcome=tenant-changed");
        }
        assert_eq!(portal(&app).await["state"], "never");
        assert_eq!(app.operate(Method::DELETE, &format!("{GROUP}/tenant")).send().await.unwrap().status(), 204);
        let unlinked = portal(&app).await;
        assert_eq!((&unlinked["link"], &unlinked["link_expires_at"]), (&Value::Null, &Value::Null));
        assert_eq!(come_back(&app, &good(&second)).await, "application=portal&outcome=tenant-changed");
        assert_eq!(events(&app).await.len(), 1);
    }
}

// proves T-50
#[tokio::test]
async fn a_return_with_a_good_state_is_read_as_narrowly_as_it_can_be() {
    let app = company(Engine::Sqlite).await;
    let html = "AADSTS65004<script>alert('consent')</script>";
    let long = "x".repeat(20_000);
    for (parameters, expected) in [
        (vec![("tenant", OTHER_TENANT), ("admin_consent", "True")], "other-tenant"),
        (vec![("tenant", "https://evil.example"), ("admin_consent", "True")], "failed"),
        (vec![("tenant", TENANT)], "failed"),
        (vec![("admin_consent", "True")], "failed"),
        (vec![], "failed"),
        (vec![("tenant", TENANT), ("admin_consent", "True"), ("error", "")], "failed"),
        (vec![("tenant", TENANT), ("admin_consent", "True"), ("error", "access_denied")], "declined"),
        (vec![("error", "access_denied"), ("error_description", html)], "declined&code=AADSTS65004"),
        (vec![("error", html), ("error_description", "AADSTS1<b>&outcome=reported")], "failed"),
        (vec![("error", &long), ("error_description", &long)], "failed"),
        (vec![("error", "x\r\nLocation: https://evil.example"), ("error_description", "\r\n\r\n<b>")], "failed"),
        (vec![("tenant", TENANT), ("admin_consent", "true"), ("scope", &long), ("x", html)], "reported"),
    ] {
        let state = state(&app).await;
        let parameters = [vec![("state", state.as_str())], parameters].concat();
        let outcome_page = come_back(&app, &parameters).await;
        assert_eq!(
            outcome_page,
            format!("application=portal&outcome={expected}"),
            "{:.300}",
            format!("{parameters:?}")
        );
        let kept = format!("{} {:?}", portal(&app).await, events(&app).await);
        assert!(!kept.contains('<') && !kept.contains("evil") && !kept.contains("xxx"), "{kept}");
    }
}

// proves T-48
#[tokio::test]
async fn a_return_that_nobody_should_believe_writes_nothing() {
    let foreign = state(&company(Engine::Sqlite).await).await;
    for app in on_both_engines().await {
        let state = state(&app).await;
        let mut forged = state.clone().into_bytes();
        forged[60] = if forged[60] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        let long = "A".repeat(60_000);
        for state in ["", "x", "null", "../..", "<script>", &foreign, &forged, &state[1..], &format!("{state}A"), &long]
        {
            assert_eq!(come_back(&app, &good(state)).await, "outcome=state-invalid", "{state:.300}");
        }
        let twice = |name: &'static str, value: &'static str| [&good(&state)[..], &[(name, value)]].concat();
        for parameters in [
            vec![],
            vec![("admin_consent", "True"), ("tenant", TENANT)],
            twice("state", "x"),
            twice("tenant", TENANT),
            twice("admin_consent", "True"),
            [&twice("error", "access_denied")[..], &[("error", "x")]].concat(),
        ] {
            assert_eq!(come_back(&app, &parameters).await, "outcome=state-invalid", "{parameters:?}");
        }
        for query in ["%", "state=%ff%fe", "state", "&&&=", "state=%00", "=state"] {
            let outcome_page = outcome(app.get(&format!("{CALLBACK}?{query}")).send().await.unwrap()).await;
            assert_eq!(outcome_page, "outcome=state-invalid", "{query}");
        }
        assert_eq!((count(&app, "used_consent_states").await, count(&app, "consent_reports").await), (0, 0));
        assert_eq!(come_back(&app, &good(&state)).await, "application=portal&outcome=reported");
    }
}

// proves T-51
#[tokio::test]
async fn only_a_get_takes_a_return() {
    let app = company(Engine::Sqlite).await;
    let state = state(&app).await;
    let head = app.call(Method::HEAD, CALLBACK).query(&good(&state)).send().await.unwrap();
    assert_eq!((head.status().as_u16(), &head.headers()["allow"]), (405, &"GET".parse().unwrap()));
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer = app.call(method, CALLBACK).query(&good(&state)).body("state=x").send().await.unwrap();
        problem(answer, 405, "method-not-allowed").await;
    }
    assert_eq!(count(&app, "used_consent_states").await, 0);
    assert_eq!(come_back(&app, &good(&state)).await, "application=portal&outcome=reported");
}

#[tokio::test]
async fn a_link_needs_a_place_to_come_back_to() {
    let unknown = |settings: &mut signline::config::Settings| settings.listen = ([0, 0, 0, 0], 0).into();
    let app = TestApp::start_with(Engine::Sqlite, unknown).await;
    app.sample_company().await;
    let item = portal(&app).await;
    assert_eq!((&item["link"], &item["link_expires_at"]), (&Value::Null, &Value::Null));
    assert_eq!(count(&app, "consent_keys").await, 0, "what is not needed is not made");

    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.public_url = Some(PublicUrl::parse("https://signline.example").unwrap());
    });
    let app = app.await;
    app.sample_company().await;
    let link = link(&app).await;
    let redirect_uri = parameter(&link, "redirect_uri").unwrap();
    assert_eq!(redirect_uri, "https://signline.example/v1/consent/callback");
    let api = app.entra.config().application_named("signline-api").unwrap().client_id.to_string();
    let scope = parameter(&link, "scope").unwrap();
    assert_eq!(scope, format!("openid profile email offline_access api://{api}/.default"));
    let answer = app.operate(Method::GET, "/v1/business-groups/nobody/consent").send().await.unwrap();
    problem(answer, 404, "not-found").await;
}

// proves T-83
#[tokio::test]
async fn a_key_that_is_lost_or_garbage_ends_older_links_and_nothing_else() {
    for app in on_both_engines().await {
        let (old, older) = (state(&app).await, state(&app).await);
        run(&app, "DELETE FROM consent_keys").await;
        let new = state(&app).await;
        assert_eq!(come_back(&app, &good(&old)).await, "outcome=state-invalid");
        assert_eq!(come_back(&app, &good(&new)).await, "application=portal&outcome=reported");

        let garbage = if app.database.url().starts_with("sqlite:") {
            "PRAGMA ignore_check_constraints = ON; UPDATE consent_keys SET secret = x'0102'"
        } else {
            "ALTER TABLE consent_keys DROP CONSTRAINT consent_keys_secret_check; UPDATE consent_keys SET secret = '\\x0102'"
        };
        run(&app, garbage).await;
        let listed = app.operate(Method::GET, &format!("{GROUP}/consent")).send().await.unwrap();
        problem(listed, 503, "unavailable").await;
        let answer = app.get(CALLBACK).query(&good(&older)).send().await.unwrap();
        problem(answer, 503, "unavailable").await;
        assert_eq!(come_back(&app, &good("x")).await, "outcome=state-invalid");
        json(app.operate(Method::GET, GROUP).send().await.unwrap(), 200).await;

        run(&app, "DELETE FROM consent_keys").await;
        let new = state(&app).await;
        assert_eq!(come_back(&app, &good(&new)).await, "application=portal&outcome=reported");
    }
}

// proves T-49
#[tokio::test]
async fn a_sign_in_without_a_line_confirms_too_and_a_strangers_does_not() {
    for app in on_both_engines().await {
        let stranger = app.entra.token(OTHER_TENANT, "bobsmith@otherco.example", "portal").unwrap().mint();
        problem(app.me(&stranger).await, 403, "tenant-not-linked").await;
        // Consent that was given at Microsoft itself is reported by nobody.
        problem(app.me(&app.token("bobsmith@abccompany.com")).await, 404, "no-mapping").await;
        let confirmed = wait_until_confirmed(&app).await;
        assert_eq!(confirmed["reported_at"], Value::Null);
        assert_eq!(count(&app, "first_sign_ins").await, 1);
        let at = confirmed["confirmed_at"].clone();
        problem(app.me(&app.token("johndavidson@abccompany.com")).await, 404, "no-mapping").await;
        assert_eq!(portal(&app).await["confirmed_at"], at);
    }
}

#[tokio::test]
async fn who_signs_in_to_the_console_alone_confirms_too() {
    for app in on_both_engines().await {
        json(app.get("/v1/session").bearer_auth(app.token("bobsmith@abccompany.com")).send().await.unwrap(), 200).await;
        let confirmed = wait_until_confirmed(&app).await;
        assert_eq!(confirmed["reported_at"], Value::Null);
    }
}

// proves T-79
#[tokio::test]
async fn a_sign_in_that_cannot_be_written_down_is_answered_all_the_same() {
    for app in on_both_engines().await {
        json(app.import("", SAMPLE_SHEET).await, 200).await;
        run(&app, "ALTER TABLE first_sign_ins RENAME TO elsewhere").await;
        for user in ["bobsmith@abccompany.com", "johndavidson@abccompany.com"] {
            let token = app.token(user);
            for _ in 0..3 {
                json(app.me(&token).await, 200).await;
            }
        }
        run(&app, "ALTER TABLE elsewhere RENAME TO first_sign_ins").await;
        // Of those that could not be written none is left out for good.
        let begun = Instant::now();
        while portal(&app).await["state"] != "confirmed" {
            assert!(begun.elapsed() < TIMEOUT);
            json(app.me(&app.token("jenniferlewis@abccompany.com")).await, 200).await;
        }
    }
}
