//! The console behind a proxy that serves it below a path.

use test_support::app::SAMPLE_SHEET;

use crate::browser::Browser;
use crate::story::Story;
use crate::world::{GROUP, World};

/// Nothing that the browser asks for is outside of the path: the story's watch sees to that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn below_the_path_of_a_proxy_an_administrator_signs_in_and_works_as_anywhere() {
    Story { prefix: Some("/signline"), ..Story::USUAL }.tell(work).await;
}

async fn work(world: &World, browser: &Browser) {
    world.company(GROUP, "ABC Company", "+1763555").await;
    world.link(GROUP).await;
    let key = world.key("business-group-admin", GROUP).await;
    // Without the slash, as people type it.
    browser.open(&format!("{}/console", world.base)).await;
    browser.fill("textbox", "Key", &key).await;
    browser.click("button", "Sign in with a key").await;
    browser.the("button", "Sign out").await;
    browser.upload("lines.csv", SAMPLE_SHEET).await;
    browser.the("heading", "Review changes").await;
    browser.click("button", "Import 3 changes").await;
    browser.reads("The sheet is imported.").await;
    browser.go_to("Mappings").await;
    browser.reads("jenniferlewis@abccompany.com").await;
    browser.click("button", "Export All").await;
    let (_, exported) = browser.downloaded().await;
    assert_eq!(String::from_utf8(exported).unwrap(), SAMPLE_SHEET);
    browser.go_to("Consent").await;
    let link = browser.the("link", "Give consent to portal").await.attr("href").await.unwrap().unwrap();
    assert!(link.contains("%2Fsignline%2Fv1%2Fconsent%2Fcallback"), "{link}");

    browser.open(&format!("{}/v1/consent/callback?error=access_denied&state=x", world.base)).await;
    browser.reads("does not belong to one of our links").await;
    browser.open(&format!("{}/docs", world.base)).await;
    browser.reads("/v1/me").await;
}
