//! A walk through every view of the console, with a company that was made up.

use std::fmt::Write;

use reqwest::Method;
use serde_json::{Value, json};
use test_support::app::TENANT;
use thirtyfour::By;

use crate::browser::Browser;
use crate::steps::{ADA, BOB, OLIVE, OTHER_BOB};
use crate::world::{GROUP, World};

/// People of the company, beside those whom the simulator knows.
const PEOPLE: [&str; 24] = [
    "aaron.webb",
    "alice.moreno",
    "amir.haddad",
    "beth.larson",
    "carla.nunez",
    "chen.wu",
    "daniel.okafor",
    "dora.fischer",
    "elena.rossi",
    "frank.meyer",
    "grace.kim",
    "hannah.cole",
    "ivan.petrov",
    "julia.santos",
    "karl.jensen",
    "leah.cohen",
    "maria.silva",
    "nadia.rahman",
    "oscar.lind",
    "paula.vega",
    "quinn.hart",
    "rosa.delgado",
    "samuel.osei",
    "tara.nolan",
];

/// Companies that the operator hosts beside it.
const OTHERS: [(&str, &str, &str); 4] = [
    ("harborlaw", "Harbor Law Partners", "+1763444"),
    ("lakesidedental", "Lakeside Dental", "+1763333"),
    ("northwind", "Northwind Freight", "+1763222"),
    ("oakandstone", "Oak & Stone Builders", "+1763888"),
];

/// The company's sheet, without so many people.
fn sheet(without: usize) -> String {
    let mut sheet = "PhoneNumber,MEEmailAddress\r\n7635551111,bobsmith@abccompany.com\r\n\
                     7635552222,johndavidson@abccompany.com\r\n7635553333,jenniferlewis@abccompany.com\r\n"
        .to_owned();
    for (at, person) in PEOPLE.iter().enumerate().skip(without) {
        write!(sheet, "763555{:04},{person}@abccompany.com\r\n", 4100 + at * 7).unwrap();
    }
    sheet
}

/// The companies, and what was done in the first.
async fn populate(world: &World) {
    world.company(GROUP, "ABC Company", "+1763555").await;
    for (id, name, numbers) in OTHERS {
        world.company(id, name, numbers).await;
    }
    world.link(GROUP).await;
    world.import(GROUP, &sheet(3)).await;
    let path = format!("/v1/business-groups/{GROUP}/mappings");
    world.operate(Method::PUT, &format!("{path}/7635554200"), json!({"email": "reception@abccompany.com"})).await;
    world.import(GROUP, &sheet(0)).await;
    for (name, role) in [("Directory sync", "scim"), ("Ada's command line", "business-group-admin")] {
        world.operate(Method::POST, "/v1/api-keys", json!({"name": name, "role": role, "business_group": GROUP})).await;
    }
    let token = world.entra.token(TENANT, "bobsmith@abccompany.com", "portal").unwrap();
    world.sees(&token.issued_by(world.entra.https_base()).mint()).await;
}

/// Goes through the views, and calls `at` with the name of each.
pub(crate) async fn walk(world: &World, browser: &Browser, at: &impl AsyncFn(&str)) {
    populate(world).await;
    before_anybody_is_signed_in(world, browser, at).await;
    as_administrator(world, browser, at).await;
    with_sheets(browser, at).await;
    browser.sign_out().await;
    as_operator(world, browser, at).await;
    browser.sign_out().await;
    as_user(world, browser, at).await;
}

async fn before_anybody_is_signed_in(world: &World, browser: &Browser, at: &impl AsyncFn(&str)) {
    browser.open(&world.console()).await;
    browser.the("heading", "Sign in").await;
    at("sign-in").await;
    browser.open(&format!("{}#/nowhere", world.console())).await;
    browser.the("heading", "There is no such page").await;
    at("missing").await;
    browser.open(&format!("{}#/consented?application=portal&outcome=declined&code=AADSTS65004", world.console())).await;
    browser.reads("was declined").await;
    at("consent-declined").await;
}

async fn as_administrator(world: &World, browser: &Browser, at: &impl AsyncFn(&str)) {
    browser.sign_in_with_microsoft(world, ADA).await;
    browser.reads("Is that your company?").await;
    at("your-company").await;
    browser.click("button", "Yes, it is my company").await;
    browser.the("heading", "Overview").await;
    browser.reads("At a glance").await;
    at("overview").await;
    browser.go_to("External Authentication").await;
    browser.click("DisclosureTriangle", "Where do I find the Tenant ID?").await;
    at("external-authentication").await;
    consent(world, browser, at).await;
    for (section, shown, name) in [
        ("History", "Current", "history"),
        ("Audit log", "Tenant proven", "audit-log"),
        ("Settings", "Save", "settings"),
    ] {
        browser.go_to(section).await;
        browser.reads(shown).await;
        at(name).await;
    }
    browser.go_to("History").await;
    browser.click("link", "3").await;
    browser.reads("reception@abccompany.com").await;
    at("revision").await;
    browser.go_to("API keys").await;
    browser.reads("Directory sync").await;
    at("keys").await;
    browser.click("button", "Create a key").await;
    browser.the("textbox", "Name").await;
    at("make-a-key").await;
    browser.click("button", "Cancel").await;
    browser.go_to("Check a user").await;
    check(browser, "bobsmith@abccompany.com", "gets this line").await;
    at("check-a-user").await;
    check(browser, "bob.smith@abccompany.com", "gets no line").await;
    at("check-a-user-without-a-line").await;
}

async fn check(browser: &Browser, address: &str, shown: &str) {
    browser.fill("textbox", "E-mail address", address).await;
    browser.click("button", "Check").await;
    browser.reads(&format!("{address} {shown}")).await;
}

/// One application is confirmed, one reported, and one is not yet known of.
async fn consent(world: &World, browser: &Browser, at: &impl AsyncFn(&str)) {
    browser.go_to("Consent").await;
    let link = browser.the("link", "Give consent to maxuc-mobile").await;
    let link = link.attr("href").await.unwrap().unwrap();
    browser.open(&link).await;
    browser.click("link", ADA).await;
    browser.reads("Microsoft reported your consent").await;
    at("consented").await;
    browser.open(&format!("{}#/groups/{GROUP}/consent", world.console())).await;
    browser.hook_becomes("consent-maxuc-mobile", "data-state", "reported").await;
    at("consent").await;
}

async fn with_sheets(browser: &Browser, at: &impl AsyncFn(&str)) {
    browser.go_to("Mappings").await;
    browser.reads("27 mappings").await;
    at("mappings").await;
    browser.click("button", "Add a mapping").await;
    browser.the("textbox", "Phone number").await;
    at("add-a-mapping").await;
    browser.click("button", "Cancel").await;
    browser
        .upload("lines.csv", "PhoneNumber,MEEmailAddress\r\n2125550000,ann@abccompany.com\r\n7635552222,no address\r\n")
        .await;
    browser.reads("lines.csv has 2 problems").await;
    at("problems").await;
    browser.go_to("Mappings").await;
    browser.web.find(By::Css("[data-test=upload]")).await.unwrap().click().await.unwrap();
    browser.the("heading", "Upload a sheet").await;
    at("upload").await;
    let few: String = sheet(16).replace("johndavidson", "john.davidson");
    browser.choose_file(&browser.file("lines.csv", few)).await;
    browser.the("heading", "Review changes").await;
    browser.reads("16 of 16 shown").await;
    at("preview").await;
    browser.click("button", "Import…").await;
    browser.the("button", "Remove and import").await;
    at("confirm-removals").await;
    browser.click("button", "Cancel").await;
}

async fn as_operator(world: &World, browser: &Browser, at: &impl AsyncFn(&str)) {
    browser.sign_in_with_key(world, &world.operator).await;
    browser.reads("Harbor Law Partners").await;
    at("business-groups").await;
    browser.click("button", "Create a business group").await;
    browser.the("textbox", "Name").await;
    at("create-a-business-group").await;
    browser.click("button", "Cancel").await;
    browser.go_to("API keys").await;
    browser.reads("Directory sync").await;
    at("all-keys").await;
    browser.go_to("Audit log").await;
    browser.reads("Business group created").await;
    at("whole-audit-log").await;
}

async fn as_user(world: &World, browser: &Browser, at: &impl AsyncFn(&str)) {
    browser.sign_in_with_microsoft(world, BOB).await;
    browser.reads("(763) 555-1111").await;
    at("line").await;
    browser.sign_out().await;
    browser.sign_in_with_microsoft(world, OTHER_BOB).await;
    browser.reads("Your organization is not set up here yet.").await;
    at("no-line").await;
    browser.sign_out().await;
    browser.sign_in_with_microsoft(world, OLIVE).await;
    browser.the("heading", "Link your company").await;
    at("link-your-company").await;
}

/// Makes what differs from run to run the same: times, the beginnings of keys, what is told for some seconds only, the
/// cursor that blinks, and what is under the pointer.
pub(crate) async fn steady(browser: &Browser) -> Value {
    let script = "const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); \
        for (let text = texts.nextNode(); text; text = texts.nextNode()) { \
          if (text.parentElement.tagName === 'TIME' && text.data.trim()) text.data = 'Mar 2, 2027, 9:41 AM'; \
          text.data = text.data.replace(/slk_[\\w-]{4}|01[0-9a-f]{6}-[0-9a-f]{4}-7[0-9a-f-]{21}/g, \
            (id) => id.startsWith('slk_') ? 'slk_4m7x' : '0198f2c4-6a51-7c3e-9d2b-5f0f4f3a1b2c'); \
        } \
        for (const toast of document.querySelectorAll('.toast-place')) toast.style.display = 'none'; \
        for (const animation of document.getAnimations()) animation.finish(); \
        document.activeElement.style.caretColor = 'transparent';";
    browser.web.action_chain().move_to(0, 0).perform().await.unwrap();
    browser.run(script).await
}
