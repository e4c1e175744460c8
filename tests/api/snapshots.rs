//! One whole answer of each schema beside the one that is committed in `snapshots/`: a member that nobody meant to add or
//! to leave out is seen here, and so is one that moves.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use insta::Settings;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use signline::domain::public_url::PublicUrl;
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
            "expires_at",
            "link_expires_at",
            "pinned_at",
            "reported_at",
            "tenant_confirmed_at",
            "tenant_proven_at",
            "updated_at",
        ],
        shown_time,
    ),
    (&["id", "key", "request_id"], shown_id),
    (&["actor"], shown_actor),
    (&["detail"], shown_detail),
    (&["secret"], shown_secret),
    (&["prefix"], shown_prefix),
    (&["link"], shown_link),
];

fn shown_time(text: &str) -> String {
    shown("[time]", text.ends_with('Z') && text.parse::<Timestamp>().is_ok(), text)
}

fn shown_id(text: &str) -> String {
    shown("[id]", Uuid::parse_str(text).is_ok(), text)
}

fn shown_secret(text: &str) -> String {
    shown("[secret]", text.starts_with("slk_") && text.len() == 47, text)
}

fn shown_prefix(text: &str) -> String {
    shown("[prefix]", text.starts_with("slk_") && text.len() == 8, text)
}

fn shown(word: &str, has_its_form: bool, text: &str) -> String {
    if has_its_form { word } else { text }.to_owned()
}

/// A key is named with its id, which is new; a person with their object id, which is the sample's.
fn shown_actor(text: &str) -> String {
    let key = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    let key = key.filter(|(_, id)| Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 7));
    key.map_or_else(|| text.to_owned(), |(name, _)| format!("{name} ([id])"))
}

/// A sentence may tell when something was done.
fn shown_detail(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.strip_suffix('.') {
        Some(last) => shown_time(last) + ".",
        None => shown_time(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A link without the port of the simulator and what is signed in it.
fn shown_link(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    let is_without_port = url.set_port(None).is_ok();
    assert!(is_without_port, "{text}");
    let pairs = url.query().unwrap_or_default().split('&');
    let pairs: Vec<_> = pairs.map(|pair| if pair.starts_with("state=") { "state=[state]" } else { pair }).collect();
    let query = pairs.join("&");
    url.set_query(Some(&query));
    url.to_string()
}

/// How snapshots are made and where they are: `SCHEMA.snap`, or `SCHEMA.CASE.snap` where one answer can't show all.
fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// An answer as it is shown: the same at each run.
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
        _ => without_what_is_new(value),
    }
}

/// A service in the midst of a story, and the snapshots that its answers were compared with.
struct Story {
    app: TestApp,
    compared: BTreeSet<String>,
}

impl Story {
    async fn begin() -> Self {
        let app = TestApp::start_with(Engine::Sqlite, |settings| {
            settings.public_url = Some(PublicUrl::parse("https://signline.example").unwrap());
        });
        Self { app: app.await, compared: BTreeSet::new() }
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

    /// A change that is part of the story, and whose answer is not shown.
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

    fn compare(&mut self, snapshot: &str, answer: &Value) {
        settings().bind(|| insta::assert_json_snapshot!(snapshot, without_what_is_new(answer)));
        self.compared.insert(snapshot.to_owned());
    }
}

/// The names of the committed snapshots.
fn snapshots() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/snapshots");
    let files = fs::read_dir(folder).expect("the folder of the snapshots").map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "snap"));
    files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The schemas of all JSON that a call answers with; of an answer without one the name of the call.
fn schemas_of_answers() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(include_str!("../../openapi/signline.json")).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    paths.flat_map(|path| path.as_object().unwrap().values()).flat_map(schemas_of_operation).collect()
}

fn schemas_of_operation(operation: &Value) -> Vec<String> {
    let answers = operation["responses"].as_object().unwrap().values();
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
    let orphans: Vec<_> = snapshots().into_iter().filter(|name| !story.compared.contains(name)).collect();
    assert!(orphans.is_empty(), "no answer of the story is compared with {orphans:?}: delete these snapshots");
}

#[test]
fn every_schema_of_an_answer_has_a_snapshot_and_no_other_has_one() {
    let mut answers = schemas_of_answers();
    assert!(answers.remove(THE_DOCUMENT_ITSELF));
    let compared: BTreeSet<_> = snapshots().iter().map(|name| name.split('.').next().unwrap().to_owned()).collect();
    let missing: Vec<_> = answers.difference(&compared).collect();
    assert!(
        missing.is_empty(),
        "openapi/signline.json has answers without a snapshot, {missing:?}: show one of each in the story of \
         tests/api/snapshots.rs, and have it written as CONTRIBUTING.md says",
    );
    let gone: Vec<_> = compared.difference(&answers).collect();
    assert!(
        gone.is_empty(),
        "openapi/signline.json has no such answers any more: {gone:?}; show them no longer in tests/api/snapshots.rs, and \
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
    story.change(Method::PUT, &path, &tenant).await;
}

/// A key is made, and an attempt of the operator fails: the last two things that the audit log tells of.
async fn make_a_key(story: &mut Story) {
    let key = json!({
        "name": "portal", "role": "business-group-admin", "business_group": "abccompany",
        "expires_at": "2999-12-31T23:59:59Z",
    });
    let key = story.show("CreatedApiKey", story.post(KEYS).json(&key), 201).await;
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
    story.show("Mapping", story.get(&format!("{GROUP}/mappings/7635551111")), 200).await;
    story.show("MappingList", story.get(&format!("{GROUP}/mappings?limit=2")), 200).await;
    story.show("GroupMappingList", story.get(&format!("/v1/mappings?email={BOB}")), 200).await;
    let look_up = json!({"emails": [BOB, "nobody@abccompany.com"]});
    story.show("LookUpResult", story.post("/v1/lookup").json(&look_up), 200).await;
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
    story.show("Import", story.post(&path(&preview, "/apply")), 200).await;
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
    story.change(Method::PATCH, OTHER_GROUP, &ranges).await;
    let restore = story.post(&format!("{OTHER_GROUP}/revisions/2/restore"));
    story.show_problem("outside-ranges", restore, 409).await;
}

async fn look_at_the_groups(story: &mut Story) {
    story.show("BusinessGroup", story.get(GROUP), 200).await;
    story.show("BusinessGroupList", story.get(GROUPS), 200).await;
    story.show_problem("not-found", story.get("/v1/business-groups/nobody"), 404).await;
    story.show_problem("unauthenticated", story.app.get(GROUPS), 401).await;
}
