//! One whole body of each schema, sent or answered, beside the one that is committed in `openapi/examples/`: a member that
//! nobody meant to add or to leave out is seen here, and so is one that moves. The OpenAPI document shows the same as its
//! examples.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use actix_web::body::to_bytes;
use insta::Settings;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use signline::auth::TokenError;
use signline::domain::public_url::PublicUrl;
use signline::export::WorkbookError;
use signline::http::problem::{Problem, ProblemKind};
use signline::ports::store_error::StoreError;
use test_support::app::{SAMPLE_SHEET, TENANT, TestApp};
use test_support::database::Engine;
use url::Url;
use uuid::Uuid;

use crate::consents::{come_back, parameter, wait_until_confirmed};
use crate::document::collect_references;
use crate::support::{json, problem};

const GROUPS: &str = "/v1/business-groups";
const GROUP: &str = "/v1/business-groups/abccompany";
const OTHER_GROUP: &str = "/v1/business-groups/otherco";
const KEYS: &str = "/v1/api-keys";
const ADA: &str = "admin@abccompany.com";
const BOB: &str = "bobsmith@abccompany.com";
const JENNIFER: &str = "jenniferlewis@abccompany.com";
const JOHN: &str = "johndavidson@abccompany.com";
/// Somebody of another company, and their account as a guest of this one's tenant.
const STRANGERS_TENANT: &str = "b2b2b2b2-0000-4000-8000-0000000000bb";
const STRANGER: &str = "bobsmith@otherco.example";
const STRANGERS_GUEST: &str = "gus@otherco.example";
const HEADER: &str = "PhoneNumber,MEEmailAddress\n";

/// A call whose answer has no schema of its own: `document.rs` compares it whole.
const THE_DOCUMENT_ITSELF: &str = "openApiDocument";

/// What is shown of a value.
type Shown = fn(&str) -> String;

/// The members that are new each time, and what is shown of them. A value of another form than theirs is shown as it is.
const NEW_EACH_TIME: &[(&[&str], Shown)] = &[
    (
        &[
            "at",
            "confirmed_at",
            "created_at",
            "pinned_at",
            "reported_at",
            "tenant_confirmed_at",
            "tenant_proven_at",
            "updated_at",
        ],
        shown_time,
    ),
    (&["expires_at", "link_expires_at"], shown_expiry),
    (&["id", "key"], shown_id),
    (&["request_id"], shown_request_id),
    (&["actor"], shown_actor),
    (&["detail"], shown_detail),
    (&["secret"], shown_secret),
    (&["prefix"], shown_prefix),
    (&["link"], shown_link),
    (&["iss"], shown_issuer),
];

const TIME: &str = "2026-12-01T09:30:00Z";
const EXPIRY: &str = "2026-12-02T09:30:00Z";
const ID: &str = "0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c";
const REQUEST_ID: &str = "25c4c37b-ee4b-4233-91a4-23d7f2ad6954";
const SECRET: &str = "slk_Qx3fExampleExampleExampleExampleExampleExam";

/// The times of a token, in seconds since 1970.
const TOKEN_TIMES: [&str; 3] = ["exp", "iat", "nbf"];

fn shown_seconds(seconds: Option<i64>) -> Value {
    let seconds = seconds.filter(|seconds| *seconds > 1_700_000_000).expect("a time of today");
    assert!(seconds < 4_000_000_000, "{seconds}");
    1_796_117_400.into()
}

fn shown_issuer(text: &str) -> String {
    let (_, path) = text.strip_prefix("http://").unwrap_or(text).split_once('/').unwrap_or_default();
    format!("https://login.microsoftonline.com/{path}")
}

fn is_time(text: &str) -> bool {
    text.ends_with('Z') && text.parse::<Timestamp>().is_ok()
}

fn shown_time(text: &str) -> String {
    shown(TIME, is_time(text), text)
}

fn shown_expiry(text: &str) -> String {
    shown(EXPIRY, is_time(text), text)
}

fn shown_id(text: &str) -> String {
    shown(ID, Uuid::parse_str(text).is_ok(), text)
}

fn shown_request_id(text: &str) -> String {
    shown(REQUEST_ID, Uuid::parse_str(text).is_ok(), text)
}

fn shown_secret(text: &str) -> String {
    shown(SECRET, text.starts_with("slk_") && text.len() == SECRET.len(), text)
}

fn shown_prefix(text: &str) -> String {
    shown(&SECRET[..8], text.starts_with("slk_") && text.len() == 8, text)
}

fn shown(word: &str, has_its_form: bool, text: &str) -> String {
    if has_its_form { word } else { text }.to_owned()
}

/// A key is named with its id, which is new; a person with their object id, which is the sample's.
fn shown_actor(text: &str) -> String {
    let key = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    let key = key.filter(|(_, id)| Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 7));
    key.map_or_else(|| text.to_owned(), |(name, _)| format!("{name} ({ID})"))
}

/// A sentence may tell when something was done.
fn shown_detail(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.strip_suffix('.') {
        Some(last) => shown_time(last) + ".",
        None => shown_time(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A link as it is of Microsoft and not of the simulator, without what is signed in it.
fn shown_link(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    let is_microsofts = url.set_port(None).is_ok() && url.set_host(Some("login.microsoftonline.com")).is_ok();
    assert!(is_microsofts && url.set_scheme("https").is_ok(), "{text}");
    let pairs = url.query().unwrap_or_default().split('&');
    let pairs: Vec<_> = pairs.map(|pair| if pair.starts_with("state=") { "state=..." } else { pair }).collect();
    let query = pairs.join("&");
    url.set_query(Some(&query));
    url.to_string()
}

/// How snapshots are made and where they are: `SCHEMA.snap`, or `SCHEMA.CASE.snap` where one body can't show all.
fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path("../../openapi/examples");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// A body as it is shown: the same at each run.
fn without_what_is_new(answer: &Value) -> Value {
    match answer {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), shown_member(name, value))).collect()
        }
        Value::Array(elements) => elements.iter().map(without_what_is_new).collect(),
        other => other.clone(),
    }
}

fn shown_member(name: &str, value: &Value) -> Value {
    let shown = NEW_EACH_TIME.iter().find(|(members, _)| members.contains(&name)).map(|(_, shown)| shown);
    match (shown, value) {
        (Some(shown), Value::String(text)) => shown(text).into(),
        (None, Value::Number(seconds)) if TOKEN_TIMES.contains(&name) => shown_seconds(seconds.as_i64()),
        _ => without_what_is_new(value),
    }
}

/// A service in the midst of a story, and the snapshots that its answers were compared with.
struct Story {
    app: TestApp,
    /// The secret of a key of the company's administrator, once it is made.
    administrator: String,
    compared: BTreeSet<String>,
}

impl Story {
    async fn begin() -> Self {
        let app = TestApp::start_with(Engine::Sqlite, |settings| {
            settings.public_url = Some(PublicUrl::parse("https://signline.example").unwrap());
        });
        Self { app: app.await, administrator: String::new(), compared: BTreeSet::new() }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.app.operate(Method::GET, path)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.app.operate(Method::POST, path)
    }

    fn upload(&self, path: &str, rows: &str) -> RequestBuilder {
        self.post(path).header("content-type", "text/csv").body(format!("{HEADER}{rows}"))
    }

    /// A change whose body is shown, as one that the service takes.
    async fn send(&mut self, snapshot: &str, method: Method, path: &str, body: &Value) {
        self.change(method, path, body).await;
        self.compare(snapshot, body);
    }

    /// A change that is part of the story, and is not shown.
    async fn change(&self, method: Method, path: &str, body: &Value) {
        let answer = self.app.operate_json(method, path, body).await;
        let status = answer.status();
        assert!(status.is_success(), "{path}: {status}: {}", answer.text().await.unwrap());
    }

    /// Makes a call and compares its answer with a snapshot.
    async fn show(&mut self, snapshot: &str, call: RequestBuilder, status: u16) -> Value {
        let answer = json(call.send().await.unwrap(), status).await;
        self.compare(snapshot, &answer);
        answer
    }

    /// The same for a call that is refused.
    async fn show_problem(&mut self, slug: &str, call: RequestBuilder, status: u16) {
        let refused = problem(call.send().await.unwrap(), status, slug).await;
        self.compare(&format!("Problem.{slug}"), &refused);
    }

    /// The same for a problem that no story leads to in time: it is made as the service makes it.
    async fn show_made(&mut self, problem: Problem) {
        let name = format!("Problem.{}", problem.kind().slug());
        let body = to_bytes(problem.to_response(Some(REQUEST_ID)).into_body()).await.unwrap();
        self.compare(&name, &serde_json::from_slice(&body).unwrap());
    }

    fn compare(&mut self, snapshot: &str, body: &Value) {
        settings().bind(|| insta::assert_json_snapshot!(snapshot, without_what_is_new(body)));
        self.compared.insert(snapshot.to_owned());
    }
}

/// The names of the committed snapshots.
fn snapshots() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/examples");
    let files = fs::read_dir(folder).expect("the folder of the snapshots").map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "snap"));
    files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The schemas of all JSON that a call takes or answers with; of an answer without one the name of the call.
fn schemas_of_bodies() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(include_str!("../../openapi/signline.json")).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    paths.flat_map(|path| path.as_object().unwrap().values()).flat_map(schemas_of_operation).collect()
}

fn schemas_of_operation(operation: &Value) -> Vec<String> {
    let answers = operation["responses"].as_object().unwrap().values().chain(operation.get("requestBody"));
    let contents = answers.flat_map(|answer| answer["content"].as_object().into_iter().flatten());
    let is_json = |media_type: &str| media_type == "application/json" || media_type.ends_with("+json");
    let mut schemas = Vec::new();
    for (_, content) in contents.filter(|(media_type, _)| is_json(media_type)) {
        let mut references = Vec::new();
        collect_references(&content["schema"], &mut references);
        if references.is_empty() {
            references.push(operation["operationId"].as_str().unwrap().to_owned());
        }
        schemas.extend(references.iter().map(|reference| reference.rsplit('/').next().unwrap().to_owned()));
    }
    schemas
}

#[tokio::test]
async fn every_answer_has_the_members_of_its_snapshot_and_no_others() {
    let mut story = Story::begin().await;
    link_a_tenant(&mut story).await;
    make_a_key(&mut story).await;
    sign_in(&mut story).await;
    consent(&mut story).await;
    import(&mut story).await;
    go_back(&mut story).await;
    change_too_much(&mut story).await;
    look_at_the_groups(&mut story).await;
    make_mistakes(&mut story).await;
    sign_in_badly(&mut story).await;
    break_down(&mut story).await;
    explain(&mut story).await;
    let orphans: Vec<_> = snapshots().into_iter().filter(|name| !story.compared.contains(name)).collect();
    assert!(orphans.is_empty(), "no answer of the story is compared with {orphans:?}: delete these snapshots");
}

#[test]
fn every_schema_of_a_body_has_a_snapshot_and_no_other_has_one() {
    let mut bodies = schemas_of_bodies();
    assert!(bodies.remove(THE_DOCUMENT_ITSELF));
    let compared: BTreeSet<_> = snapshots().iter().map(|name| name.split('.').next().unwrap().to_owned()).collect();
    let missing: Vec<_> = bodies.difference(&compared).collect();
    assert!(
        missing.is_empty(),
        "openapi/signline.json has bodies without an example, {missing:?}: show one of each in the story of \
         tests/api/snapshots.rs, and have it written as CONTRIBUTING.md says",
    );
    let gone: Vec<_> = compared.difference(&bodies).collect();
    assert!(
        gone.is_empty(),
        "openapi/signline.json has no such bodies any more: {gone:?}; show them no longer in tests/api/snapshots.rs, and \
         delete their snapshots"
    );
}

/// A group has named another's tenant, and loses it to the company that proves it.
async fn link_a_tenant(story: &mut Story) {
    for (id, name, first, last) in [
        ("abccompany", "ABC Company", "+17635550000", "+17635559999"),
        ("otherco", "Other Company", "+16125550000", "+16125559999"),
    ] {
        let group = json!({"id": id, "name": name, "number_ranges": [{"first": first, "last": last}]});
        story.change(Method::POST, GROUPS, &group).await;
        if id == "abccompany" {
            story.compare("CreateBusinessGroup", &group);
        }
    }
    let (tenant, path) = (json!({"tenant_id": TENANT}), format!("{GROUP}/tenant"));
    let link = story.app.operate(Method::PUT, &format!("{OTHER_GROUP}/tenant")).json(&tenant);
    story.show("LinkedBusinessGroup", link, 200).await;
    story.show_problem("tenant-taken", story.app.operate(Method::PUT, &path).json(&tenant), 409).await;
    let proof = story.app.token(ADA);
    story.change(Method::PUT, &path, &json!({"tenant_id": TENANT, "proof": proof})).await;
    story.show("RevisionList.lost-tenant", story.get(&format!("{OTHER_GROUP}/revisions")), 200).await;
    story.show("RevisionList.gained-tenant", story.get(&format!("{GROUP}/revisions")), 200).await;
    // So it is not only proven but confirmed by the operator as well.
    story.send("LinkTenant", Method::PUT, &path, &tenant).await;
}

/// A key is made, and an attempt of the operator fails: the last two things that the audit log tells of.
async fn make_a_key(story: &mut Story) {
    let key = json!({
        "name": "portal", "role": "business-group-admin", "business_group": "abccompany",
        "expires_at": "2999-12-31T23:59:59Z",
    });
    story.compare("CreateApiKey", &key);
    let key = story.show("CreatedApiKey", story.post(KEYS).json(&key), 201).await;
    key["secret"].as_str().unwrap().clone_into(&mut story.administrator);
    let wrong = json!({"number_ranges": [{"first": "+17635559999", "last": "+17635550000"}]});
    story.show_problem("invalid-request", story.app.operate(Method::PATCH, GROUP).json(&wrong), 422).await;
    story.show("AuditEventList", story.get("/v1/audit-events?limit=2"), 200).await;
    story.show("ApiKeyList", story.get(KEYS), 200).await;
    let session = story.app.get("/v1/session").bearer_auth(key["secret"].as_str().unwrap());
    story.show("Session.api-key", session, 200).await;
}

/// Bob signs in. Jennifer, in whose directory entry somebody has written John's address, is refused.
async fn sign_in(story: &mut Story) {
    json(story.app.import("", SAMPLE_SHEET).await, 200).await;
    let me = |token: String| story.app.get("/v1/me").bearer_auth(token);
    let with_johns_address = story.app.entra.token(TENANT, JENNIFER, "portal").unwrap().claim("email", JOHN).mint();
    let (bob, jennifer) = (me(story.app.token(BOB)), me(with_johns_address));
    story.show("ResolvedLine", bob, 200).await;
    story.show_problem("identity-changed", jennifer, 409).await;
    for (case, email) in [("pinned", BOB), ("refused", JOHN), ("similar", "bob.smith@abccompany.com")] {
        let check = story.get(&format!("{GROUP}/sign-in-check?email={email}"));
        story.show(&format!("SignInCheck.{case}"), check, 200).await;
    }
    story.show("PhoneMapping", story.get(&format!("{GROUP}/mappings/7635551111")), 200).await;
    story.show("PhoneMappingList", story.get(&format!("{GROUP}/mappings?limit=2")), 200).await;
    story.show("GroupMappingList", story.get(&format!("/v1/mappings?email={BOB}")), 200).await;
    let look_up = json!({"emails": [BOB, "nobody@abccompany.com"]});
    story.compare("LookUpRequest", &look_up);
    story.show("LookUpResult", story.post("/v1/lookup").json(&look_up), 200).await;
    let form = [("token", story.app.token(BOB))];
    story.show("IntrospectedToken", story.post("/v1/introspect").form(&form), 200).await;
    let session = story.app.get("/v1/session").bearer_auth(story.app.token(ADA));
    story.show("Session.person", session, 200).await;
}

/// The portal has consent, and Bob has signed in to it; an administrator has declined it to the second application.
async fn consent(story: &mut Story) {
    let path = format!("{GROUP}/consent");
    let offered = json(story.get(&path).send().await.unwrap(), 200).await;
    let state = |at: usize| parameter(offered["items"][at]["link"].as_str().unwrap(), "state").unwrap();
    let (first, second) = (state(0), state(1));
    come_back(&story.app, &[("admin_consent", "True"), ("tenant", TENANT), ("state", &first)]).await;
    let error = ("error_description", "AADSTS65004: User declined to consent to access the app.");
    come_back(&story.app, &[("error", "access_denied"), error, ("state", &second)]).await;
    wait_until_confirmed(&story.app).await;
    story.show("ConsentList", story.get(&path), 200).await;
}

/// Two previews, of which the second comes too late; rows that are left out; a file that is refused, and one of old.
async fn import(story: &mut Story) {
    let imports = format!("{GROUP}/imports");
    let rows = "7635552222,newjohn@abccompany.com\n7635554444,jenniferlewis@abccompany.com\n\
         7635555555,admin@abccompany.com\n";
    let preview = story.show("TakenImport.preview", story.upload(&imports, rows), 201).await;
    let late = json(story.upload(&imports, rows).send().await.unwrap(), 201).await;
    let path = |import: &Value, of: &str| format!("{imports}/{}{of}", import["id"].as_str().unwrap());
    story.show("MappingChangeList", story.get(&path(&preview, "/changes")), 200).await;
    story.show("MappingImport", story.post(&path(&preview, "/apply")), 200).await;
    story.show_problem("stale-import", story.post(&path(&late, "/apply")), 409).await;

    let skip = format!("{imports}?apply=true&mode=merge&on_problem=skip");
    let skip = story.upload(&skip, "7635556666,new@abccompany.com\n763,short@abccompany.com\n");
    story.show("TakenImport.with-problems", skip, 200).await;
    let bad = story.upload(&imports, "7.63555E+09,a@abccompany.com\n7635557777,\"b@abccompany.com\"x\n");
    story.show_problem("import-rejected", bad, 422).await;
    let old = story.upload(&imports, rows).header("if-match", "\"1\"");
    story.show_problem("revision-moved", old, 412).await;
}

/// All is as before the imports, but for Bob's pin.
async fn go_back(story: &mut Story) {
    story.show("RestoredRevision", story.post(&format!("{GROUP}/revisions/2/restore")), 200).await;
    story.change(Method::DELETE, &format!("{GROUP}/mappings/7635551111/pin"), &Value::Null).await;
    story.show("RevisionList", story.get(&format!("{GROUP}/revisions?limit=2")), 200).await;
}

/// A file that removes most people, one whose column of addresses has slipped by a row, and a way back that is closed.
async fn change_too_much(story: &mut Story) {
    const PEOPLE: u32 = 12;
    let sheet = |count: u32, slipped: u32| -> String {
        let person = |row: u32| (row + slipped) % PEOPLE;
        let rows = (0..count).map(|row| format!("612555{row:04},person{}@otherco.example\n", person(row)));
        rows.collect::<Vec<_>>().concat()
    };
    let imports = format!("{OTHER_GROUP}/imports?apply=true");
    json(story.upload(&imports, &sheet(PEOPLE, 0)).send().await.unwrap(), 200).await;
    story.show_problem("confirm-removals", story.upload(&imports, &sheet(5, 0)), 409).await;
    story.show_problem("confirm-changes", story.upload(&imports, &sheet(PEOPLE, 1)), 409).await;

    story.change(Method::DELETE, &format!("{OTHER_GROUP}/mappings/6125550011"), &Value::Null).await;
    let ranges = json!({"number_ranges": [{"first": "+16125550000", "last": "+16125550010"}]});
    story.send("UpdateBusinessGroup", Method::PATCH, OTHER_GROUP, &ranges).await;
    let restore = story.post(&format!("{OTHER_GROUP}/revisions/2/restore"));
    story.show_problem("outside-ranges", restore, 409).await;
}

async fn look_at_the_groups(story: &mut Story) {
    story.show("BusinessGroup", story.get(GROUP), 200).await;
    story.show("BusinessGroupList", story.get(GROUPS), 200).await;
    story.show_problem("not-found", story.get("/v1/business-groups/nobody"), 404).await;
    story.show_problem("unauthenticated", story.app.get(GROUPS), 401).await;
}

/// Requests that are refused whoever makes them, and things that stand in the way.
async fn make_mistakes(story: &mut Story) {
    let group = |id: &str, first: &str, last: &str| json!({"id": id, "name": "A third company", "number_ranges": [{"first": first, "last": last}]});
    let post = |body: &Value| story.post(GROUPS).json(body);
    let (taken_id, taken_range) =
        (group("abccompany", "+15075550000", "+15075559999"), group("third", "+17635550000", "+17635550009"));
    let (taken_id, taken_range) = (post(&taken_id), post(&taken_range));
    let as_json = |body: String| story.post(GROUPS).header("content-type", "application/json").body(body);
    let (cut_off, large) = (as_json("{".to_owned()), as_json(format!("\"{}\"", "x".repeat(200_000))));
    let sheet = story.post(GROUPS).header("content-type", "text/csv").body(HEADER);
    let patch = |body: Value| story.app.operate(Method::PATCH, GROUP).json(&body);
    let no_ranges = patch(json!({"number_ranges": []}));
    let delete = story.app.operate(Method::DELETE, GROUP);
    let number = format!("{GROUP}/mappings/7635559999");
    let taken_email = story.app.operate(Method::PUT, &number).json(&json!({"email": BOB}));
    let tenant = json!({"tenant_id": "99999999-0000-4000-8000-000000000099"});
    let unknown_tenant = story.app.operate(Method::PUT, &format!("{OTHER_GROUP}/tenant")).json(&tenant);
    for (slug, call, status) in [
        ("malformed-request", cut_off, 400),
        ("method-not-allowed", story.app.call(Method::POST, "/v1/me"), 405),
        ("conflict", taken_id, 409),
        ("ranges-in-use", no_ranges, 409),
        ("range-taken", taken_range, 409),
        ("not-empty", delete, 409),
        ("email-taken", taken_email, 409),
        ("too-large", large, 413),
        ("unsupported-media-type", sheet, 415),
        ("unknown-tenant", unknown_tenant, 422),
    ] {
        story.show_problem(slug, call, status).await;
    }
    story.send("PutMapping", Method::PUT, &number, &json!({"email": "annsmith@abccompany.com"})).await;
}

/// Credentials that are refused, or have not the right.
async fn sign_in_badly(story: &mut Story) {
    let administrator = |method: Method, path: &str| story.app.call(method, path).bearer_auth(&story.administrator);
    let create = administrator(Method::POST, GROUPS).json(&json!({"id": "third", "name": "A third company"}));
    let rename = administrator(Method::PATCH, GROUP).json(&json!({"name": "Other Company"}));
    let me = |token: String| story.app.get("/v1/me").bearer_auth(token);
    let token = |tenant, user| story.app.entra.token(tenant, user, "portal").unwrap();
    let bob = || token(TENANT, BOB);
    let (stranger, guest) = (token(STRANGERS_TENANT, STRANGER), token(TENANT, STRANGERS_GUEST));
    let nameless = bob().without("email").claim("preferred_username", "+1763555");
    for (slug, call, status) in [
        ("invalid-token", me(bob().expires_in_seconds(-3600).mint()), 401),
        ("forbidden", create, 403),
        ("tenant-not-linked", me(stranger.mint()), 403),
        ("guest-not-allowed", me(guest.mint()), 403),
        ("no-mapping", me(story.app.token(ADA)), 404),
        ("name-taken", rename, 409),
        ("no-email-claim", me(nameless.mint()), 422),
    ] {
        story.show_problem(slug, call, status).await;
    }
}

/// What takes too long to bring about, or a fault.
async fn break_down(story: &mut Story) {
    let late = "The body did not arrive within 10 seconds.";
    let too_many = "This credential was refused too often. Wait, and send another one.";
    for problem in [
        Problem::new(ProblemKind::RequestTimeout, late),
        Problem::from(WorkbookError::TooManyRows),
        Problem::too_many_requests(too_many, Duration::from_mins(1)),
        Problem::internal("a fault"),
        Problem::unavailable(StoreError::new("a fault")),
        Problem::from(TokenError::KeysUnavailable { retry_after: Duration::from_secs(1) }),
    ] {
        story.show_made(problem).await;
    }
    let all: BTreeSet<_> = ProblemKind::ALL.iter().map(|kind| format!("Problem.{}", kind.slug())).collect();
    let unseen: Vec<_> = all.difference(&story.compared).collect();
    assert!(unseen.is_empty(), "these kinds of problem have no example: {unseen:?}; show one of each in this story");
}

/// What the service says of its own problems.
async fn explain(story: &mut Story) {
    story.show("ProblemDirectory", story.app.get("/problems"), 200).await;
    story.show("ProblemDescription", story.app.get("/problems/confirm-removals"), 200).await;
}
