//! What an administrator does from day to day.

use entra_sim::{Endpoint, Fault};
use reqwest::Method;
use serde_json::json;
use thirtyfour::Key;

use crate::steps::{ADA, BOB};
use crate::story::Story;
use crate::world::{GROUP, World};

/// The company with its tenant and Bob's line, and a key of its administrator.
async fn company(world: &World) -> String {
    world.company(GROUP, "ABC Company", "+1763555").await;
    world.link(GROUP).await;
    let path = format!("/v1/business-groups/{GROUP}/mappings/7635551111");
    world.operate(Method::PUT, &path, json!({"email": "bobsmith@abccompany.com"})).await;
    world.key("business-group-admin", GROUP).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_reach_microsoft_is_told_so_and_signs_in_with_a_key_or_later() {
    let story = Story { refusals: &[503], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.open(&world.console()).await;
            world.entra.set_fault(Endpoint::Discovery, Fault::Status(503));
            browser.click("button", "Sign in with Microsoft").await;
            browser.hook_text("microsoft-error").await;
            browser.fill("textbox", "Key", &key).await;
            browser.click("button", "Sign in with a key").await;
            browser.the("link", "Mappings").await;
            browser.sign_out().await;
            world.entra.clear_faults();
            browser.click("button", "Sign in with Microsoft").await;
            browser.click("link", BOB).await;
            browser.the("heading", "Your line").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_rights_sees_their_own_line() {
    Story::USUAL
        .tell(async |world, browser| {
            company(world).await;
            browser.sign_in_with_microsoft(world, BOB).await;
            browser.the("heading", "Your line").await;
            assert_eq!(browser.hook_text("line-number").await, "(763) 555-1111");
            assert!(!browser.has("link", "Mappings").await);
            browser.open(&format!("{}#/groups/{GROUP}/mappings", world.console())).await;
            browser.the("heading", "There is no such page").await;
            assert!(!browser.has("link", "Mappings").await);
            browser.sign_out().await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mappings_are_added_changed_found_and_removed_one_by_one() {
    // Before a number is added, the page asks whose it is: nobody's is 404.
    let story = Story { refusals: &[404, 422], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.sign_in_with_key(world, &key).await;
            browser.go_to("Mappings").await;
            browser.click("button", "Add a mapping").await;
            browser.fill("textbox", "Phone number", "(212) 555-0000").await;
            browser.fill("textbox", "Microsoft e-mail address", "ann@abccompany.com").await;
            browser.click("button", "Save").await;
            browser.reads("number range").await;
            browser.fill("textbox", "Phone number", "(763) 555-2222").await;
            browser.click("button", "Save").await;
            browser.reads("(763) 555-2222 is saved").await;
            browser.reads("2 mappings").await;

            browser.click("button", "Add a mapping").await;
            browser.fill("textbox", "Phone number", "763 555 1111").await;
            browser.fill("textbox", "Microsoft e-mail address", "eve@abccompany.com").await;
            browser.click("button", "Save").await;
            browser.reads("(763) 555-1111 is already mapped to bobsmith@abccompany.com.").await;
            browser.click("button", "Cancel").await;
            browser.gone("textbox", "Phone number").await;

            browser.click("button", "Edit (763) 555-2222").await;
            browser.fill("textbox", "Microsoft e-mail address", "anna@abccompany.com").await;
            browser.click("button", "Save").await;
            browser.reads("anna@abccompany.com").await;

            browser.fill("searchbox", "Search numbers and addresses", "anna").await;
            browser.reads_no_more("bobsmith@abccompany.com").await;
            browser.fill("searchbox", "Search numbers and addresses", "nobody at all").await;
            browser.reads("Nothing found").await;
            browser.fill("searchbox", "Search numbers and addresses", "").await;
            browser.reads("bobsmith@abccompany.com").await;

            browser.click("button", "Remove (763) 555-2222").await;
            browser.click("button", "Remove").await;
            browser.reads("(763) 555-2222 is removed").await;
            browser.reads_no_more("anna@abccompany.com").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_stands_in_the_history_and_in_the_audit_log() {
    Story::USUAL
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.sign_in_with_key(world, &key).await;
            browser.go_to("History").await;
            browser.click("link", "1").await;
            browser.the("heading", "Revision 1").await;
            browser.reads("bobsmith@abccompany.com").await;
            browser.go_to("Audit log").await;
            browser.reads("Tenant linked").await;
            browser.reads("Mapping saved").await;
            browser.click("button", "Download as CSV").await;
            let (name, file) = browser.downloaded().await;
            let file = String::from_utf8(file).unwrap();
            assert_eq!(name, "audit-events.csv");
            assert!(file.contains("linkTenant") && file.contains(GROUP), "{file}");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_made_shown_once_used_and_revoked() {
    let story = Story { refusals: &[401], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.sign_in_with_key(world, &key).await;
            browser.go_to("API keys").await;
            browser.click("button", "Create a key").await;
            browser.fill("textbox", "Name", "Directory sync").await;
            browser.hooked("dialog-submit").await.first().unwrap().click().await.unwrap();
            let secret = browser.hook_text("secret").await;
            browser.click("button", "I have copied it").await;
            browser.gone("button", "I have copied it").await;
            assert!(!browser.text().await.contains(&secret));
            browser.sign_out().await;

            browser.sign_in_with_key(world, &secret).await;
            browser.go_to("Mappings").await;
            browser.reads("bobsmith@abccompany.com").await;
            browser.sign_out().await;

            browser.sign_in_with_key(world, &key).await;
            browser.go_to("API keys").await;
            browser.click("button", "Revoke Directory sync").await;
            browser.click("button", "Revoke").await;
            browser.gone("button", "Revoke Directory sync").await;
            browser.sign_out().await;

            browser.fill("textbox", "Key", &secret).await;
            browser.click("button", "Sign in with a key").await;
            browser.hook_text("problem").await;
            assert!(!browser.has("button", "Sign out").await);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_told_what_would_happen_when_somebody_signs_in() {
    Story::USUAL
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.sign_in_with_key(world, &key).await;
            browser.go_to("Check a user").await;
            browser.fill("textbox", "E-mail address", "bobsmith@abccompany.com").await;
            browser.click("button", "Check").await;
            browser.reads("bobsmith@abccompany.com gets this line").await;
            assert_eq!(browser.hook_text("check-number").await, "(763) 555-1111");
            browser.fill("textbox", "E-mail address", "bobsmth@abccompany.com").await;
            browser.click("button", "Check").await;
            browser.reads("bobsmth@abccompany.com gets no line").await;
            browser.click("button", "Check bobsmith@abccompany.com").await;
            browser.reads("bobsmith@abccompany.com gets this line").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_is_shown_by_pages() {
    Story::USUAL
        .tell(async |world, browser| {
            let key = company(world).await;
            let rows = (2000..2060).map(|at| format!("763555{at},person{at}@abccompany.com\r\n"));
            let sheet: String = ["PhoneNumber,MEEmailAddress\r\n".to_owned()].into_iter().chain(rows).collect();
            world.import(GROUP, &sheet).await;
            browser.sign_in_with_key(world, &key).await;
            browser.go_to("Mappings").await;
            browser.reads("60 mappings").await;
            browser.reads("person2000@").await;
            browser.click("button", "Next").await;
            browser.reads("person2059@").await;
            assert!(!browser.text().await.contains("person2000@"));
            browser.click("button", "Previous").await;
            browser.reads("person2000@").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_is_enough() {
    // A number that is added belongs to nobody yet, which the page asks first.
    let story = Story { refusals: &[404], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.open(&world.console()).await;
            browser.the("button", "Sign in with a key").await;
            browser.tab_to("Key").await;
            browser.type_text(&key).await;
            browser.press(Key::Enter).await;
            browser.the("heading", "Overview").await;
            browser.tab_to("Mappings").await;
            browser.press(Key::Enter).await;
            browser.the("heading", "Mappings").await;
            browser.tab_to("Add a mapping").await;
            browser.press(Key::Enter).await;
            browser.the("textbox", "Phone number").await;
            browser.press(Key::Escape).await;
            browser.gone("textbox", "Phone number").await;
            // The focus is back where the dialog was opened.
            browser.press(Key::Enter).await;
            browser.the("textbox", "Phone number").await;
            browser.tab_to("Phone number").await;
            browser.type_text("7635554444").await;
            browser.tab_to("Microsoft e-mail address").await;
            browser.type_text("ann@abccompany.com").await;
            browser.press(Key::Enter).await;
            browser.reads("(763) 555-4444 is saved").await;
            browser.tab_to("Sign out").await;
            browser.press(Key::Enter).await;
            browser.the("button", "Sign in with a key").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_whose_key_was_revoked_goes_on_with_another_key() {
    let story = Story { refusals: &[401], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let next = company(world).await;
            let new = json!({"name": "old", "role": "business-group-admin", "business_group": GROUP});
            let old = world.operate(Method::POST, "/v1/api-keys", new).await;
            browser.sign_in_with_key(world, old["secret"].as_str().unwrap()).await;
            browser.go_to("Check a user").await;
            browser.fill("textbox", "E-mail address", "bobsmith@abccompany.com").await;
            let path = format!("/v1/api-keys/{}", old["id"].as_str().unwrap());
            world.operate(Method::DELETE, &path, json!(null)).await;
            browser.click("button", "Check").await;
            browser.the("heading", "Sign in again").await;
            browser.fill("textbox", "Key", &next).await;
            browser.click("button", "Sign in again").await;
            browser.gone("heading", "Sign in again").await;
            browser.click("button", "Check").await;
            browser.reads("bobsmith@abccompany.com gets this line").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_ended_is_renewed_in_a_window_and_the_page_stays() {
    let story = Story { refusals: &[401], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            company(world).await;
            browser.sign_in_with_microsoft(world, ADA).await;
            browser.click("button", "Yes, it is my company").await;
            browser.go_to("Check a user").await;
            browser.fill("textbox", "E-mail address", "bobsmith@abccompany.com").await;
            end_all_sign_ins(world);
            browser.click("button", "Check").await;
            browser.the("heading", "Sign in again").await;
            let page = browser.web.window().await.unwrap();
            browser.click("button", "Sign in again").await;
            browser.switch_to_another_window_than(&page).await;
            browser.click("link", ADA).await;
            let closed = async || Ok((browser.web.windows().await?.len() == 1).then_some(()));
            browser.until("the window closes itself", closed).await;
            browser.web.switch_to_window(page).await.unwrap();
            browser.gone("heading", "Sign in again").await;
            let typed = browser.the("textbox", "E-mail address").await.prop("value").await.unwrap();
            assert_eq!(typed.as_deref(), Some("bobsmith@abccompany.com"));
            browser.click("button", "Check").await;
            browser.reads("bobsmith@abccompany.com gets this line").await;
        })
        .await;
}

/// Entra signs with another key and withdraws the old one, and the service reads its keys anew.
fn end_all_sign_ins(world: &World) {
    let old = world.entra.signing_key();
    world.entra.rotate_keys().unwrap();
    assert!(world.entra.withdraw_key(old.kid()).unwrap());
    world.restart();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_tries_another_application_with_their_own_account_stays_signed_in() {
    // They have no line of their own.
    let story = Story { refusals: &[404], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            company(world).await;
            browser.sign_in_with_microsoft(world, ADA).await;
            browser.click("button", "Yes, it is my company").await;
            browser.go_to("Consent").await;
            browser.click("button", "Try the sign-in to maxuc-mobile").await;
            browser.click("link", ADA).await;
            browser.hook_text("no-line").await;
            browser.click("link", "Back").await;
            browser.the("heading", "Consent").await;
            browser.go_to("Mappings").await;
            browser.reads("bobsmith@abccompany.com").await;
            browser.sign_out().await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_unlinks_the_tenant_that_they_administer_by_begins_anew() {
    Story::USUAL
        .tell(async |world, browser| {
            company(world).await;
            browser.sign_in_with_microsoft(world, ADA).await;
            browser.click("button", "Yes, it is my company").await;
            browser.go_to("External Authentication").await;
            browser.click("button", "Unlink").await;
            browser.the("heading", "Unlink the Microsoft tenant?").await;
            browser.hooked("dialog-submit").await.first().unwrap().click().await.unwrap();
            browser.the("heading", "Link your company").await;
            assert!(!browser.has("link", "Mappings").await);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crooked_link_into_the_console_leads_to_a_page_and_to_no_other_call() {
    let story = Story { refusals: &[404], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.open(&format!("{}#/consented?outcome=constructor", world.console())).await;
            browser.the("heading", "Consent").await;
            browser.sign_in_with_key(world, &key).await;
            for (place, shown) in
                [("%E0%A4%A", "There is no such page"), ("..%2Fsession", "There is no such business group")]
            {
                browser.open("about:blank").await;
                browser.open(&format!("{}#/groups/{place}", world.console())).await;
                browser.reads(shown).await;
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_into_the_console_leads_there_after_signing_in_and_back_to_nothing_after_signing_out() {
    Story::USUAL
        .tell(async |world, browser| {
            let key = company(world).await;
            let place = format!("{}#/groups/{GROUP}/mappings", world.console());
            browser.open(&place).await;
            browser.fill("textbox", "Key", &key).await;
            browser.click("button", "Sign in with a key").await;
            browser.reads("bobsmith@abccompany.com").await;
            browser.reload().await;
            browser.reads("bobsmith@abccompany.com").await;
            browser.go_to("History").await;
            browser.sign_out().await;
            browser.web.back().await.unwrap();
            browser.the("button", "Sign in with a key").await;
            assert!(!browser.text().await.contains("abccompany"));

            browser.open("about:blank").await;
            browser.open(&place).await;
            browser.click("button", "Sign in with Microsoft").await;
            browser.click("link", ADA).await;
            browser.click("button", "Yes, it is my company").await;
            browser.the("heading", "Mappings").await;
            browser.reads("bobsmith@abccompany.com").await;
        })
        .await;
}
