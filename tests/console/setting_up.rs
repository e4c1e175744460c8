//! How a company comes to its lines: the story of Signline's docs/companies.md, click by click.

use test_support::app::{SAMPLE_SHEET, TENANT};
use test_support::database::Engine;
use url::Url;

use crate::browser::Browser;
use crate::steps::{ADA, BOB};
use crate::story::Story;
use crate::world::{GROUP, World};

const APPLICATIONS: [&str; 3] = ["portal", "maxuc-mobile", "maxuc-desktop"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_sets_their_company_up_and_their_people_get_their_lines() {
    Story::USUAL.tell(set_up).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_the_same_on_postgresql_with_id_tokens_alone() {
    let settings = &[("SIGNLINE_API_CLIENT_ID", None)];
    Story { engine: Engine::Postgres, settings, ..Story::USUAL }.tell(set_up).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_that_was_not_given_or_comes_twice_is_told_in_plain_words() {
    Story::USUAL
        .tell(async |world, browser| {
            world.company(GROUP, "ABC Company", "+1763555").await;
            world.link(GROUP).await;
            let key = world.key("business-group-admin", GROUP).await;
            browser.sign_in_with_key(world, &key).await;
            for (person, shown) in [
                ("Cancel", "was declined"),
                ("John Davidson…", "may not give consent for the whole company"),
                (ADA, "Microsoft reported your consent to portal."),
            ] {
                browser.go_to("Overview").await;
                browser.go_to("Consent").await;
                let link = browser.the("link", "Give consent to portal").await.attr("href").await.unwrap().unwrap();
                let console = browser.web.window().await.unwrap();
                browser.click("link", "Give consent to portal").await;
                browser.switch_to_another_window_than(&console).await;
                browser.click("link", person).await;
                browser.reads(shown).await;
                let state = Url::parse(&link).unwrap();
                let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
                let again =
                    format!("{}/v1/consent/callback?admin_consent=True&tenant={TENANT}&state={state}", world.base);
                browser.open(&again).await;
                browser.reads("The link was used before").await;
                browser.web.close_window().await.unwrap();
                browser.web.switch_to_window(console).await.unwrap();
            }
            browser.reload().await;
            browser.hook_becomes("consent-portal", "data-state", "reported").await;
        })
        .await;
}

async fn set_up(world: &World, browser: &Browser) {
    world.company(GROUP, "ABC Company", "+1763555").await;
    let key = world.key("business-group-admin", GROUP).await;
    link_by_key(world, browser, &key).await;
    prove_by_microsoft(world, browser).await;
    import(browser).await;
    consent(browser).await;
    browser.sign_out().await;
    for application in APPLICATIONS {
        try_as_bob(browser, application).await;
    }
    browser.sign_in_with_microsoft(world, ADA).await;
    browser.go_to("Consent").await;
    for application in APPLICATIONS {
        browser.hook_becomes(&format!("consent-{application}"), "data-state", "confirmed").await;
    }
}

async fn link_by_key(world: &World, browser: &Browser, key: &str) {
    browser.sign_in_with_key(world, key).await;
    browser.the("heading", "Overview").await;
    browser.go_to("External Authentication").await;
    browser.fill("textbox", "Tenant ID", "not a GUID").await;
    browser.click("button", "Confirm").await;
    browser.reads("A Tenant ID has 32 digits").await;
    browser.fill("textbox", "Tenant ID", TENANT).await;
    browser.click("button", "Confirm").await;
    browser.reads("ABC Company is linked to this Microsoft tenant.").await;
    browser.hook_becomes("link-state", "data-state", "unproven").await;
    browser.sign_out().await;
}

async fn prove_by_microsoft(world: &World, browser: &Browser) {
    browser.sign_in_with_microsoft(world, ADA).await;
    browser.reads("Your Microsoft tenant is linked to the business group abccompany.").await;
    browser.click("button", "Yes, it is my company").await;
    browser.go_to("External Authentication").await;
    browser.hook_becomes("link-state", "data-state", "proven").await;
}

async fn import(browser: &Browser) {
    browser.upload("lines.csv", SAMPLE_SHEET).await;
    browser.the("heading", "Review changes").await;
    assert_eq!(browser.counts().await, ["3", "0", "0", "0"]);
    browser.reads("jenniferlewis@abccompany.com").await;
    browser.click("button", "Import 3 changes").await;
    browser.reads("The sheet is imported.").await;
    browser.go_to("Mappings").await;
    browser.click("button", "Export All").await;
    let (name, exported) = browser.downloaded().await;
    assert_eq!(name, "abccompany-mappings.csv");
    assert_eq!(String::from_utf8(exported).unwrap(), SAMPLE_SHEET);
}

/// Each link opens beside the console, as it would for somebody to whom it was sent.
async fn consent(browser: &Browser) {
    browser.go_to("Consent").await;
    for application in APPLICATIONS {
        let console = browser.web.window().await.unwrap();
        browser.click("link", &format!("Give consent to {application}")).await;
        browser.switch_to_another_window_than(&console).await;
        browser.click("link", ADA).await;
        browser.reads(&format!("Microsoft reported your consent to {application}.")).await;
        browser.web.close_window().await.unwrap();
        browser.web.switch_to_window(console).await.unwrap();
    }
    browser.reload().await;
    for application in APPLICATIONS {
        // To the portal they have signed in themselves: that is more than a report.
        let state = if application == "portal" { "confirmed" } else { "reported" };
        browser.hook_becomes(&format!("consent-{application}"), "data-state", state).await;
    }
}

async fn try_as_bob(browser: &Browser, application: &str) {
    browser.click("DisclosureTriangle", "Try the sign-in of another application").await;
    browser.click("button", &format!("Try the sign-in to {application}")).await;
    browser.click("link", BOB).await;
    assert_eq!(browser.hook_text("line-number").await, "(763) 555-1111");
    assert_eq!(browser.hook_text("line-application").await, application);
    browser.click("link", "Back").await;
}
