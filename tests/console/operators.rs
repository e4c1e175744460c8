//! The operator, and companies that get into each other's way.

use reqwest::Method;
use serde_json::json;
use test_support::app::TENANT;

use crate::steps::{ADA, OLGA};
use crate::story::Story;
use crate::world::GROUP;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_creates_a_business_group_with_their_microsoft_account() {
    let story = Story { refusals: &[422], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            browser.sign_in_with_microsoft(world, OLGA).await;
            browser.the("heading", "Business groups").await;
            browser.click("button", "Create a business group").await;
            browser.fill("textbox", "Name", "Northwind").await;
            browser.fill("textbox", "ID", "North Wind").await;
            browser.fill("textbox", "First number", "+1 763 555 6000").await;
            browser.fill("textbox", "Last number", "+1 763 555 6099").await;
            browser.hooked("dialog-submit").await.first().unwrap().click().await.unwrap();
            browser.reads("An id is 1 to 63 lower-case letters").await;
            browser.fill("textbox", "ID", "northwind").await;
            browser.hooked("dialog-submit").await.first().unwrap().click().await.unwrap();
            browser.reads("Northwind is created").await;
            browser.the("heading", "Overview").await;
            browser.reads("(763) 555-6099").await;
            browser.go_to("Business groups").await;
            browser.click("link", "Northwind").await;
            browser.go_to("Audit log").await;
            browser.reads("olga@telco.example").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_squatters_unproven_link_is_taken_over_by_whoever_proves_the_tenant() {
    let story = Story { refusals: &[409], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            world.company("squatter", "Squatter Incorporated", "+1763666").await;
            world.link("squatter").await;
            world.company(GROUP, "ABC Company", "+1763555").await;
            let [squatter, company] = ["squatter", GROUP].map(|id| world.key("business-group-admin", id));
            let (squatter, company) = (squatter.await, company.await);

            browser.sign_in_with_key(world, &company).await;
            browser.go_to("External Authentication").await;
            browser.fill("textbox", "Tenant ID", TENANT).await;
            browser.click("button", "Confirm").await;
            browser.the("heading", "Is it your tenant?").await;
            assert!(!browser.text().await.to_lowercase().contains("squatter"));
            browser.click("button", "Sign in and take it over").await;
            browser.click("link", ADA).await;
            browser.reads("ABC Company is linked to this Microsoft tenant, and it is proven.").await;
            let is_forgotten = async || {
                let kept = browser.run("return JSON.stringify(sessionStorage)").await.to_string();
                Ok((!kept.contains(".eyJ")).then_some(()))
            };
            browser.until("the account that proved it is forgotten", is_forgotten).await;
            browser.hook_becomes("link-state", "data-state", "proven").await;
            browser.go_to("History").await;
            browser.reads("Tenant taken over").await;
            browser.sign_out().await;

            browser.sign_in_with_key(world, &squatter).await;
            browser.go_to("External Authentication").await;
            browser.hook_becomes("link-state", "data-state", "not-linked").await;
            browser.go_to("History").await;
            browser.reads("Tenant lost").await;
            assert!(!browser.text().await.contains("ABC"));
            browser.go_to("External Authentication").await;
            browser.fill("textbox", "Tenant ID", TENANT).await;
            browser.click("button", "Confirm").await;
            browser.hook_text("problem").await;
            assert!(!browser.has("button", "Sign in and take it over").await);
        })
        .await;
}

// proves T-19, T-43
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_link_into_the_console_makes_an_administrator_prove_a_squatters_link_unasked() {
    Story::USUAL
        .tell(async |world, browser| {
            world.company("squatter", "ABC Company", "+1763666").await;
            world.link("squatter").await;
            for (at, place) in ["/groups", "/keys", "/audit"].into_iter().enumerate() {
                browser.open("about:blank").await;
                browser.open(&format!("{}#{place}", world.console())).await;
                if at == 0 {
                    browser.click("button", "Sign in with Microsoft").await;
                    browser.click("link", ADA).await;
                }
                // What the group can't choose is asked about; what it can is told as its own words.
                browser.reads("Your Microsoft tenant is linked to the business group squatter.").await;
                assert!(browser.hook_text("company-numbers").await.contains("666"));
                let name = browser.hook_text("company-name").await;
                assert!(name.contains("ABC Company") && name.contains("can choose this name"), "{name}");
                let group = world.operate(Method::GET, "/v1/business-groups/squatter", json!(null)).await;
                assert_eq!(group["tenant_proven_at"], json!(null), "{place}");
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_call_things_is_shown_as_it_stands_and_never_run() {
    Story::USUAL
        .tell(async |world, browser| {
            let name = "<img src=x onerror=alert(1)> & \"Sons\"";
            world.company(GROUP, name, "+1763555").await;
            let new = json!({"name": name, "role": "business-group-admin", "business_group": GROUP});
            world.operate(Method::POST, "/v1/api-keys", new).await;
            browser.sign_in_with_key(world, &world.operator).await;
            browser.click("link", name).await;
            browser.the("heading", "Overview").await;
            assert_eq!(browser.hook_text("group-name").await.lines().find(|line| line.contains("Sons")), Some(name));
            browser.go_to("API keys").await;
            browser.click("button", &format!("Revoke {name}")).await;
            browser.the("heading", &format!("Revoke “{name}”?")).await;
            browser.click("button", "Cancel").await;
            browser.go_to("Audit log").await;
            browser.reads(name).await;
            let kinds = browser.hooked("actor-kind").await;
            assert!(!kinds.is_empty());
            for kind in kinds {
                assert_eq!(kind.text().await.unwrap(), "API key");
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_finds_whose_a_number_is_and_what_they_would_meet() {
    Story::USUAL
        .tell(async |world, browser| {
            world.company(GROUP, "ABC Company", "+1763555").await;
            world.company("other", "Other Company", "+1763666").await;
            for (group, number, email) in
                [(GROUP, "+17635551111", "bob@abccompany.com"), ("other", "+17636661111", "bob@other.example")]
            {
                let path = format!("/v1/business-groups/{group}/mappings/{number}");
                world.operate(Method::PUT, &path, json!({"email": email})).await;
            }
            browser.sign_in_with_key(world, &world.operator).await;
            browser.go_to("Find a user").await;
            browser.fill("textbox", "Phone number or e-mail address", "(763) 666").await;
            browser.click("button", "Find").await;
            browser.reads("bob@other.example").await;
            assert!(!browser.text().await.contains("bob@abccompany.com"));
            browser.click("button", "Check bob@other.example, other").await;
            browser.reads("the company has no Microsoft tenant").await;
            browser.fill("textbox", "Phone number or e-mail address", "BOB@abc").await;
            browser.click("button", "Find").await;
            browser.reads("(763) 555-1111").await;
            browser.fill("textbox", "Phone number or e-mail address", "nobody").await;
            browser.click("button", "Find").await;
            browser.reads("Nothing found").await;
            browser.fill("textbox", "Phone number or e-mail address", "bob").await;
            browser.click("button", "Find").await;
            browser.click("link", GROUP).await;
            browser.the("heading", "Mappings").await;
        })
        .await;
}
