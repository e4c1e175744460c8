//! Whose a tenant is: who only names it, who proves it, and what happens to the one who had it before.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use signline::domain::trusted_proxies::TrustedProxies;
use test_support::app::{TENANT, TestApp};
use test_support::database::Engine;

use crate::support::{json, problem, text};

const BOB: &str = "bobsmith@abccompany.com";
const ADA: &str = "admin@abccompany.com";
const OTHER_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";

/// A service with two groups, each with an administrator's key: `Company`, whose the sample's tenant is, and
/// `Squatter`.
struct Story {
    app: TestApp,
    company: String,
    squatter: String,
}

impl Story {
    async fn new(engine: Engine) -> Self {
        Self::on(TestApp::start(engine).await).await
    }

    async fn on(app: TestApp) -> Self {
        for (id, first, last) in
            [("company", "+17635550000", "+17635559999"), ("squatter", "+16125550000", "+16125559999")]
        {
            let group = json!({"id": id, "name": id, "number_ranges": [{"first": first, "last": last}]});
            json(app.operate_json(Method::POST, "/v1/business-groups", &group).await, 201).await;
        }
        let company = app.api_key("business-group-admin", Some("company")).await;
        let squatter = app.api_key("business-group-admin", Some("squatter")).await;
        Self { app, company, squatter }
    }

    fn key(&self, group: &str) -> &str {
        if group == "company" { &self.company } else { &self.squatter }
    }

    /// A call of a group's administrator about their group.
    async fn call(&self, method: Method, group: &str, path: &str, body: &Value) -> Response {
        let call = self.app.call(method, &format!("/v1/business-groups/{group}{path}"));
        call.bearer_auth(self.key(group)).json(body).send().await.unwrap()
    }

    async fn read(&self, group: &str, path: &str) -> Value {
        json(self.call(Method::GET, group, path, &Value::Null).await, 200).await
    }

    async fn link(&self, group: &str, tenant: &str, proof: Option<&str>) -> Response {
        let mut body = json!({"tenant_id": tenant});
        if let Some(proof) = proof {
            body["proof"] = json!(proof);
        }
        self.call(Method::PUT, group, "/tenant", &body).await
    }

    /// A group maps Bob's address to a number.
    async fn map_bob(&self, group: &str, number: &str) {
        let put = self.call(Method::PUT, group, &format!("/mappings/{number}"), &json!({"email": BOB})).await;
        assert_eq!(put.status(), 201);
    }

    async fn bobs_number(&self) -> Value {
        json(self.app.me(&self.app.token(BOB)).await, 200).await["phone_number"].clone()
    }

    /// A token of the tenant's administrator, who has the role.
    fn proof(&self) -> String {
        self.app.entra.token(TENANT, ADA, "portal").unwrap().claim("roles", json!(["BusinessGroup.Admin"])).mint()
    }
}

// proves T-18
#[tokio::test]
async fn who_only_names_a_companys_tenant_can_not_keep_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let story = Story::new(engine).await;
        // Somebody types the company's tenant in first, and Bob gets one of its numbers.
        let linked = json(story.link("squatter", TENANT, None).await, 200).await;
        assert_eq!((&linked["tenant_id"], &linked["tenant_proven_at"]), (&json!(TENANT), &Value::Null));
        story.map_bob("squatter", "+16125551111").await;
        story.map_bob("company", "+17635551111").await;
        assert_eq!(story.bobs_number().await, "+16125551111");

        // The company is told what to do, and does it.
        let taken = problem(story.link("company", TENANT, None).await, 409, "tenant-taken").await;
        assert_eq!(taken["unproven"], true);
        assert!(taken["detail"].as_str().unwrap().contains("send as `proof`"), "{taken}");
        let linked = json(story.link("company", TENANT, Some(&story.proof())).await, 200).await;
        assert_eq!(linked["tenant_id"], TENANT);
        assert!(linked["tenant_proven_at"].as_str().unwrap().ends_with('Z'), "{linked}");
        assert_eq!(story.read("company", "").await, linked);
        assert_eq!(story.bobs_number().await, "+17635551111");

        // Whoever had it keeps what they mapped, and has no way back.
        let left = story.read("squatter", "").await;
        assert_eq!((&left["tenant_id"], &left["tenant_proven_at"]), (&Value::Null, &Value::Null));
        assert_eq!(story.read("squatter", "/mappings").await["items"].as_array().unwrap().len(), 1);
        for proof in [None, Some(story.proof())] {
            let refused = problem(story.link("squatter", TENANT, proof.as_deref()).await, 409, "tenant-taken").await;
            assert_eq!(refused["unproven"], false);
            assert!(refused["detail"].as_str().unwrap().contains("only the operator can move it"), "{refused}");
        }

        // The operator alone moves it, in two steps.
        let body = json!({"tenant_id": TENANT});
        let put = async || story.app.operate_json(Method::PUT, "/v1/business-groups/squatter/tenant", &body).await;
        problem(put().await, 409, "tenant-taken").await;
        let unlinked = story.app.operate(Method::DELETE, "/v1/business-groups/company/tenant").send().await.unwrap();
        assert_eq!(unlinked.status(), 204);
        assert_eq!(json(put().await, 200).await["tenant_proven_at"], Value::Null);
        assert_eq!(story.bobs_number().await, "+16125551111");
    }
}

// proves T-42
#[tokio::test]
async fn a_takeover_stands_in_the_history_and_the_audit_log_of_both_and_tells_neither_of_the_other() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let story = Story::new(engine).await;
        json(story.link("squatter", TENANT, None).await, 200).await;
        story.map_bob("squatter", "+16125551111").await;
        let proof = story.proof();
        let call = story.app.call(Method::PUT, "/v1/business-groups/company/tenant").bearer_auth(&story.company);
        let call =
            call.header("x-request-id", "company-takes-over").json(&json!({"tenant_id": TENANT, "proof": proof}));
        json(call.send().await.unwrap(), 200).await;

        let newest = async |group, path| story.read(group, path).await["items"][0].clone();
        let lost = newest("squatter", "/revisions").await;
        assert_eq!((&lost["lost_tenant"], &lost["gained_tenant"]), (&json!(TENANT), &Value::Null));
        assert!(lost["actor"].as_str().unwrap().starts_with("another business group ("), "{lost}");
        let gained = newest("company", "/revisions").await;
        assert_eq!((&gained["lost_tenant"], &gained["gained_tenant"]), (&Value::Null, &json!(TENANT)));
        assert!(gained["actor"].as_str().unwrap().starts_with("business-group-admin ("), "{gained}");
        for revision in [&lost, &gained] {
            assert_eq!([&revision["added"], &revision["changed"], &revision["removed"]], [0, 0, 0]);
            assert_eq!((&revision["source"], &revision["released_pin"]), (&json!("api"), &Value::Null));
        }

        let audit = async |group: &str| {
            let log = story.app.get("/v1/audit-events").bearer_auth(story.key(group)).send().await.unwrap();
            text(log, 200).await
        };
        let (squatters, companys) = (audit("squatter").await, audit("company").await);
        let first = |log: &str| serde_json::from_str::<Value>(log).unwrap()["items"][0].clone();
        let event = first(&squatters);
        assert_eq!((&event["action"], &event["outcome"]), (&json!("loseTenant"), &json!("done")));
        assert_eq!((&event["actor"], &event["request_id"]), (&lost["actor"], &Value::Null));
        let event = first(&companys);
        let ada = story.app.entra.object_id(TENANT, ADA).unwrap().to_string();
        let recorded = json!({"tenant_id": TENANT, "proven_by": ada, "taken_over": "true", "revision": "1"});
        assert_eq!((&event["action"], &event["detail"]), (&json!("linkTenant"), &recorded));

        let history = story.read("squatter", "/revisions").await.to_string();
        for recorded in [&squatters, &history] {
            assert!(!recorded.contains("company") && !recorded.contains(&ada), "{recorded}");
        }
        assert!(!companys.contains("squatter") && !companys.contains("eyJ") && !companys.contains(BOB), "{companys}");
        // An operator sees both.
        let all = text(story.app.operate(Method::GET, "/v1/audit-events").send().await.unwrap(), 200).await;
        assert!(all.contains("loseTenant") && all.contains("taken_over"), "{all}");
    }
}

#[tokio::test]
async fn previews_and_restores_know_of_a_takeover() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let story = Story::new(engine).await;
        json(story.link("squatter", TENANT, None).await, 200).await;
        let mut previews = Vec::new();
        for (group, number) in [("squatter", "+16125551111"), ("company", "+17635551111")] {
            story.map_bob(group, number).await;
            let upload = story.app.call(Method::POST, &format!("/v1/business-groups/{group}/imports"));
            let upload = upload.bearer_auth(story.key(group)).header("content-type", "text/csv");
            let file = format!("PhoneNumber,MEEmailAddress\n{},{BOB}\n", number.replace("1111", "2222"));
            let preview = json(upload.body(file).send().await.unwrap(), 201).await;
            previews.push((group, preview["id"].as_str().unwrap().to_owned()));
        }
        json(story.link("company", TENANT, Some(&story.proof())).await, 200).await;
        for (group, preview) in previews {
            let path = format!("/imports/{preview}/apply");
            let stale = problem(story.call(Method::POST, group, &path, &Value::Null).await, 409, "stale-import").await;
            let revision = &stale["revisions"][0];
            let recorded = if group == "company" { &revision["gained_tenant"] } else { &revision["lost_tenant"] };
            assert_eq!(recorded, TENANT, "{stale}");
            let restored = json(story.call(Method::POST, group, "/revisions/2/restore", &Value::Null).await, 200).await;
            assert_eq!((&restored["revision"], &restored["changed"]), (&json!(2), &json!(0)));
            let restored = json(story.call(Method::POST, group, "/revisions/0/restore", &Value::Null).await, 200).await;
            assert_eq!((&restored["revision"], &restored["removed"]), (&json!(3), &json!(1)));
        }
        let tenants = [story.read("company", "").await, story.read("squatter", "").await];
        assert_eq!(tenants.map(|group| group["tenant_id"].clone()), [json!(TENANT), Value::Null]);
    }
}

// proves T-23
#[tokio::test]
async fn a_token_that_proves_nothing_is_refused_with_its_reason_and_changes_nothing() {
    let story = Story::new(Engine::Sqlite).await;
    json(story.link("squatter", TENANT, None).await, 200).await;
    let role = json!(["BusinessGroup.Admin"]);
    let token = |tenant, user| story.app.entra.token(tenant, user, "portal").unwrap();
    let adas = || token(TENANT, ADA).claim("roles", role.clone());
    let portal = story.app.entra.config().application_named("portal").unwrap();
    let foreign_key = entra_sim::SigningKey::generate().unwrap();
    let before = (story.read("squatter", "").await, story.read("company", "").await);
    for (what, proof, reason) in [
        (
            "another tenant's",
            token(OTHER_TENANT, "bobsmith@otherco.example").claim("roles", role.clone()).mint(),
            "other-tenant",
        ),
        ("without roles", token(TENANT, ADA).without("roles").mint(), "no-role"),
        ("the operator's role", token(TENANT, ADA).claim("roles", json!(["Operator"])).mint(), "no-role"),
        ("the role in other case", token(TENANT, ADA).claim("roles", json!(["businessgroup.admin"])).mint(), "no-role"),
        ("the role as a text", token(TENANT, ADA).claim("roles", "BusinessGroup.Admin").mint(), "no-role"),
        (
            "the role as a scope",
            token(TENANT, ADA).without("roles").access_token(portal, "BusinessGroup.Admin").mint(),
            "no-role",
        ),
        ("a scope and no client", adas().claim("scp", "BusinessGroup.Admin").mint(), "client-application"),
        ("a guest's", token(TENANT, "gus@otherco.example").claim("roles", role.clone()).mint(), "guest"),
        ("marked as a guest's", adas().claim("acct", 1).mint(), "guest"),
        ("of another identity provider", adas().claim("idp", "https://sts.windows.net/x/").mint(), "guest"),
        ("expired", adas().expires_in_seconds(-4000).mint(), "expired"),
        ("not yet valid", adas().claim("nbf", 9_000_000_000_i64).mint(), "not-yet-valid"),
        ("for another application", adas().claim("aud", "11111111-1111-4111-8111-111111111111").mint(), "audience"),
        ("of another tenant's issuer", adas().claim("tid", OTHER_TENANT).mint(), "issuer"),
        ("an application's own", adas().claim("idtyp", "app").mint(), "app-only"),
        ("signed by somebody else", adas().signed_by(&foreign_key).mint(), "unknown-key"),
        ("an API key", story.company.clone(), "form"),
        ("nothing", String::new(), "form"),
        ("with its scheme", format!("Bearer {}", adas().mint()), "base64"),
    ] {
        let refused = story.link("company", TENANT, Some(&proof)).await;
        assert!(refused.headers().get("www-authenticate").is_none(), "{what}");
        let refused = problem(refused, 422, "invalid-request").await;
        assert_eq!(refused["errors"][0]["field"], "proof", "{what}");
        let message = refused["errors"][0]["message"].as_str().unwrap();
        assert_eq!(message.split(':').next().unwrap(), reason, "{what}: {message}");
        assert!(proof.len() < 10 || !refused.to_string().contains(&proof), "{what}");
    }
    for wrong in [json!(7), json!({"token": adas().mint()}), json!([adas().mint()])] {
        let body = json!({"tenant_id": TENANT, "proof": wrong});
        let refused = problem(story.call(Method::PUT, "company", "/tenant", &body).await, 422, "invalid-request").await;
        assert_eq!(refused["errors"][0]["field"], "proof");
    }
    // With no proof it is as if none had been sent.
    let body = json!({"tenant_id": TENANT, "proof": null});
    problem(story.call(Method::PUT, "company", "/tenant", &body).await, 409, "tenant-taken").await;
    assert_eq!((story.read("squatter", "").await, story.read("company", "").await), before);
    // The table tests something: without what is bent, the token proves the tenant, whichever application it is for.
    for application in ["portal", "maxuc-mobile", "maxuc-desktop"] {
        let good = story.app.entra.token(TENANT, ADA, application).unwrap().claim("roles", role.clone()).mint();
        json(story.link("company", TENANT, Some(&good)).await, 200).await;
    }
}

#[tokio::test]
async fn a_proof_is_good_for_its_tenant_alone_and_until_that_is_proven() {
    let story = Story::new(Engine::Sqlite).await;
    let proof = story.proof();
    // It is of no other tenant, free or not.
    let refused = problem(story.link("company", OTHER_TENANT, Some(&proof)).await, 422, "invalid-request").await;
    assert_eq!(refused["errors"][0]["field"], "proof");
    assert_eq!(story.read("company", "").await["tenant_id"], Value::Null);
    // A wrong tenant is told first: a proof of it there can't be.
    let refused = problem(story.link("company", "abccompany.com", Some(&proof)).await, 422, "invalid-request").await;
    assert_eq!(refused["errors"][0]["field"], "tenant_id");
    // The link is made by naming it, and proven later.
    json(story.link("company", TENANT, None).await, 200).await;
    let proven = json(story.link("company", TENANT, Some(&proof)).await, 200).await["tenant_proven_at"].clone();
    assert!(proven.is_string());
    // Whoever has got hold of the token comes too late with it, and the company's link stays proven, whatever is sent
    // again.
    problem(story.link("squatter", TENANT, Some(&proof)).await, 409, "tenant-taken").await;
    for proof in [None, Some(proof.as_str())] {
        assert_eq!(json(story.link("company", TENANT, proof).await, 200).await["tenant_proven_at"], proven);
    }
    // A link that is removed takes its proof along.
    assert_eq!(story.call(Method::DELETE, "company", "/tenant", &Value::Null).await.status(), 204);
    assert_eq!(story.read("company", "").await["tenant_proven_at"], Value::Null);
    assert_eq!(json(story.link("company", TENANT, None).await, 200).await["tenant_proven_at"], Value::Null);
    // Another's group answers as one that does not exist, with a proof as without.
    let path = "/v1/business-groups/squatter/tenant";
    let call = story.app.call(Method::PUT, path).bearer_auth(&story.company);
    let foreign = call.json(&json!({"tenant_id": TENANT, "proof": proof})).send().await.unwrap();
    problem(foreign, 404, "not-found").await;
    // A proof is not a credential.
    let call = story.app.call(Method::PUT, path).json(&json!({"tenant_id": TENANT, "proof": proof}));
    problem(call.send().await.unwrap(), 401, "unauthenticated").await;
}

#[tokio::test]
async fn of_a_takeover_and_a_proof_at_once_one_succeeds() {
    let story = Story::new(Engine::Postgres).await;
    for _ in 0..5 {
        json(story.link("squatter", TENANT, None).await, 200).await;
        let (squatters, companys) = (story.proof(), story.proof());
        let (kept, taken) = tokio::join!(
            story.link("squatter", TENANT, Some(&squatters)),
            story.link("company", TENANT, Some(&companys)),
        );
        let mut statuses = [kept.status().as_u16(), taken.status().as_u16()];
        let winner = if statuses[0] == 200 { "squatter" } else { "company" };
        assert!(story.read(winner, "").await["tenant_proven_at"].is_string(), "{statuses:?}");
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(story.call(Method::DELETE, winner, "/tenant", &Value::Null).await.status(), 204);
    }
}

/// What a session tells of the tenant's link.
async fn told_by_session(story: &Story, token: &str) -> Value {
    json(story.app.get("/v1/session").bearer_auth(token).send().await.unwrap(), 200).await["tenant"].clone()
}

// proves T-44
#[tokio::test]
async fn an_administrator_who_signed_in_proves_their_tenant_by_any_call_about_their_group_and_nobody_else_does() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let story = Story::new(engine).await;
        let ada = story.proof();
        assert_eq!(told_by_session(&story, &ada).await, "unlinked");
        json(story.link("company", TENANT, None).await, 200).await;
        let patch = json!({"allow_guests": true});
        json(story.call(Method::PATCH, "company", "", &patch).await, 200).await;
        let get = async |path: &str, token: &str| story.app.get(path).bearer_auth(token).send().await.unwrap();
        let (company, squatter) = ("/v1/business-groups/company", "/v1/business-groups/squatter");
        let user = story.app.entra.token(TENANT, ADA, "portal").unwrap();
        let guest = user.clone().claim("roles", json!(["BusinessGroup.Admin"])).claim("acct", 1).mint();
        // A guest may administer where the group allows guests, but proves nothing; the others may not.
        json(get(company, &guest).await, 200).await;
        problem(get(company, &user.clone().without("roles").mint()).await, 403, "forbidden").await;
        problem(get(company, &user.claim("roles", json!(["Operator"])).mint()).await, 403, "forbidden").await;
        // Nor do they themselves, as long as they only ask who they are, or for what is not theirs.
        assert_eq!(told_by_session(&story, &ada).await, "unproven");
        problem(story.app.me(&ada).await, 404, "no-mapping").await;
        problem(get(squatter, &ada).await, 404, "not-found").await;
        problem(get("/v1/nowhere", &ada).await, 404, "not-found").await;
        assert_eq!(story.read("company", "").await["tenant_proven_at"], Value::Null);

        let group = json(get(company, &ada).await, 200).await;
        assert!(group["tenant_proven_at"].is_string(), "{group}");
        assert_eq!(told_by_session(&story, &ada).await, "proven");
        assert_eq!(json(get("/v1/business-groups", &ada).await, 200).await["items"], json!([group]));
        let events = json(get("/v1/audit-events", &ada).await, 200).await["items"].clone();
        let proofs: Vec<_> =
            events.as_array().unwrap().iter().filter(|event| event["action"] == "proveTenant").collect();
        let oid = story.app.entra.object_id(TENANT, ADA).unwrap().to_string();
        assert_eq!(proofs.len(), 1);
        assert!(proofs[0]["actor"].as_str().unwrap().contains(&oid), "{}", proofs[0]);
        assert_eq!(proofs[0]["detail"], json!({"tenant_id": TENANT, "proven_by": oid}));
        // That it is proven is not a change of its mappings.
        assert_eq!(group["revision"], 0);
        problem(story.link("squatter", TENANT, Some(&ada)).await, 409, "tenant-taken").await;
    }
}

// proves T-18
#[tokio::test]
async fn an_administrator_who_signed_in_and_finds_their_tenant_with_strangers_gets_it_back() {
    let story = Story::new(Engine::Sqlite).await;
    let ada = story.proof();
    json(story.link("squatter", TENANT, None).await, 200).await;
    // Their console asks them whose the group is before it makes a call that would prove the link; so it links first.
    assert_eq!(told_by_session(&story, &ada).await, "unproven");
    json(story.link("company", TENANT, Some(&ada)).await, 200).await;
    let get = async |group: &str| {
        let call = story.app.get(&format!("/v1/business-groups/{group}")).bearer_auth(&ada);
        call.send().await.unwrap()
    };
    problem(get("squatter").await, 404, "not-found").await;
    assert_eq!(json(get("company").await, 200).await["tenant_id"], TENANT);
    // Or they have proven the strangers' link by mistake: then they themselves can remove it.
    assert_eq!(story.call(Method::DELETE, "company", "/tenant", &Value::Null).await.status(), 204);
    json(story.link("squatter", TENANT, None).await, 200).await;
    assert!(json(get("squatter").await, 200).await["tenant_proven_at"].is_string());
    problem(story.link("company", TENANT, Some(&ada)).await, 409, "tenant-taken").await;
    let unlink = story.app.call(Method::DELETE, "/v1/business-groups/squatter/tenant").bearer_auth(&ada);
    assert_eq!(unlink.send().await.unwrap().status(), 204);
    problem(get("squatter").await, 403, "tenant-not-linked").await;
    json(story.link("company", TENANT, Some(&ada)).await, 200).await;
}

#[tokio::test]
async fn who_signed_in_to_the_tenant_that_they_link_needs_no_other_proof() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.operator_tenant = Some(signline::domain::guid::Guid::parse(OTHER_TENANT).unwrap());
    });
    let story = Story::on(app.await).await;
    let link = async |roles: &[&str], tenant: &str| {
        let user = story.app.entra.token(OTHER_TENANT, "bobsmith@otherco.example", "portal").unwrap();
        let call = story.app.call(Method::PUT, "/v1/business-groups/company/tenant");
        let call = call.bearer_auth(user.claim("roles", json!(roles)).mint()).json(&json!({"tenant_id": tenant}));
        json(call.send().await.unwrap(), 200).await["tenant_proven_at"].clone()
    };
    assert_eq!(link(&["Operator"], OTHER_TENANT).await, Value::Null);
    assert_eq!(link(&["Operator", "BusinessGroup.Admin"], TENANT).await, Value::Null);
    assert!(link(&["Operator", "BusinessGroup.Admin"], OTHER_TENANT).await.is_string());
}

#[tokio::test]
async fn of_a_takeover_and_a_call_of_the_losers_administrator_at_once_one_succeeds() {
    let story = Story::new(Engine::Postgres).await;
    for _ in 0..10 {
        json(story.link("squatter", TENANT, None).await, 200).await;
        let (ada, proof) = (story.proof(), story.proof());
        let call = story.app.get("/v1/business-groups/squatter").bearer_auth(&ada);
        let (kept, taken) = tokio::join!(call.send(), story.link("company", TENANT, Some(&proof)));
        let (kept, taken) = (kept.unwrap(), taken);
        let winner = if taken.status() == 200 { "company" } else { "squatter" };
        if winner == "company" {
            // Either they came after it and are the company's, or it came in between.
            assert!([403, 404].contains(&kept.status().as_u16()), "{}", kept.status());
        } else {
            assert_eq!(kept.status(), 200);
            assert_eq!(problem(taken, 409, "tenant-taken").await["unproven"], false);
        }
        assert!(story.read(winner, "").await["tenant_proven_at"].is_string());
        assert_eq!(story.call(Method::DELETE, winner, "/tenant", &Value::Null).await.status(), 204);
    }
}

// proves T-61
#[tokio::test]
async fn guesses_at_a_proof_count_as_bad_credentials_of_their_address() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.limits.failures_per_address = 20;
        settings.limits.failures_per_credential = 5;
        settings.limits.trusted_proxies = TrustedProxies::parse("127.0.0.1").unwrap();
    });
    let story = Story::on(app.await).await;
    let mut statuses = Vec::new();
    for at in 0..30 {
        statuses.push(story.link("company", TENANT, Some(&format!("eyJ.{at}.x"))).await.status().as_u16());
    }
    assert_eq!(statuses[..20], [422; 20]);
    assert_eq!(statuses[25..], [429; 5]);
    // They are the address's: whoever guesses on with tokens in the header is over the limit, and a good proof passes.
    problem(story.app.me("eyJ.x.x").await, 429, "too-many-requests").await;
    json(story.link("company", TENANT, Some(&story.proof())).await, 200).await;
    // One that Microsoft has given out is not a guess, but is not looked at for ever.
    let expired = story.app.entra.token(TENANT, ADA, "portal").unwrap().expires_in_seconds(-4000).mint();
    let elsewhere = async || {
        let call = story.app.call(Method::PUT, "/v1/business-groups/company/tenant").bearer_auth(&story.company);
        let call = call.header("x-forwarded-for", "192.0.2.7").json(&json!({"tenant_id": TENANT, "proof": expired}));
        call.send().await.unwrap().status().as_u16()
    };
    for _ in 0..5 {
        assert_eq!(elsewhere().await, 422);
    }
    assert_eq!(elsewhere().await, 429);
}

#[tokio::test]
async fn a_proof_waits_for_keys_that_can_not_be_had() {
    let app = TestApp::start_with(Engine::Sqlite, |settings| {
        settings.authority = signline::domain::authority::Authority::parse("http://127.0.0.1:1").unwrap();
    });
    let story = Story::on(app.await).await;
    problem(story.link("company", TENANT, Some(&story.proof())).await, 503, "keys-unavailable").await;
    assert_eq!(json(story.link("company", TENANT, None).await, 200).await["tenant_proven_at"], Value::Null);
}
