//! The package in a real browser, on a page of another origin than the service: as the portal of the examples, and by itself.

use reqwest::Method;
use serde_json::{Value, json};
use test_support::app::client_id;
use test_support::database::Engine;

use crate::browser::Browser;
use crate::packages::for_browsers;
use crate::page_server::{PageServer, TakenPort};
use crate::watch::Seen;
use crate::world::{GROUP, World};

/// People of the simulator's sample, as its picker calls them.
const BOB: &str = "Bob Smith BobSmith@abccompany.com…";
const ADA: &str = "Ada Admin admin@abccompany.com…";

/// A service that lets the page call, with Bob's line.
async fn world_and_page() -> (World, PageServer) {
    let port = TakenPort::new();
    let world = World::new(Engine::Sqlite, &[("SIGNLINE_CORS_ORIGINS", Some(&port.origin))], None).await;
    world.company(GROUP, "ABC Company", "+1763555").await;
    world.link(GROUP).await;
    let mapping = format!("/v1/business-groups/{GROUP}/mappings/7635551111");
    world.operate(Method::PUT, &mapping, json!({"email": "bobsmith@abccompany.com"})).await;
    let settings = json!({
        "service": world.base,
        "authority": world.entra.https_base(),
        "client_id": client_id(&world.entra, "portal"),
    });
    let (portal, package) = for_browsers();
    let files = [portal.join("index.html"), portal.join("portal.js"), package];
    let page = port.serve(&files.each_ref().map(AsRef::as_ref), settings.to_string().into_bytes());
    (world, page)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_on_another_origin_signs_in_and_shows_the_line() {
    let (world, page) = world_and_page().await;
    let browser = Browser::start(world.entra.key_print()).await;
    browser.open(&format!("{}/portal/", page.origin)).await;
    browser.click("button", "Sign in with Microsoft").await;
    browser.click("link", BOB).await;
    browser.reads("bobsmith@abccompany.com has the number 7635551111").await;
    // Whoever comes back is still signed in, until they sign out.
    browser.reload().await;
    browser.reads("bobsmith@abccompany.com has the number 7635551111").await;
    browser.click("button", "Sign out").await;
    browser.the("button", "Sign in with Microsoft").await;
    let seen = Seen::of(&browser).await;
    seen.check_requests(&[&page.origin, &world.base, world.entra.https_base()]);
    seen.check_console(&[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_tells_who_has_no_line_what_to_do() {
    let (world, page) = world_and_page().await;
    let browser = Browser::start(world.entra.key_print()).await;
    browser.open(&format!("{}/portal/", page.origin)).await;
    browser.click("button", "Sign in with Microsoft").await;
    browser.click("link", ADA).await;
    browser.reads("No phone number is mapped to your account. Ask your administrator for one.").await;
    Seen::of(&browser).await.check_console(&[404]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_browser_an_upload_tells_how_far_it_is_and_can_be_given_up() {
    let (world, page) = world_and_page().await;
    let browser = Browser::start(world.entra.key_print()).await;
    browser.open(&format!("{}/portal/", page.origin)).await;
    let script = r#"
        const [baseUrl, key, done] = arguments;
        (async () => {
            const { ProblemError, Signline } = await import("/portal/signline.js");
            const signline = new Signline({ baseUrl, token: () => key });
            const rows = Array.from({ length: 9000 }, (_, row) => `763555${1000 + row},user${row}@abccompany.com\n`);
            const sheet = new Blob(["PhoneNumber,MEEmailAddress\n", ...rows]);
            const abort = new AbortController();
            const given_up = await signline
                .upload("abccompany", sheet, { signal: abort.signal, onProgress: () => abort.abort() })
                .catch((error) => error.name);
            const seen = [];
            const preview = await signline.upload("abccompany", sheet, { onProgress: (at) => seen.push(at) });
            const problem = await signline.upload("abccompany", "PhoneNumber\n").catch((error) => error);
            return {
                given_up, rows: preview.row_count, size: sheet.size, last: seen.at(-1),
                is_problem: problem instanceof ProblemError, slug: problem.slug, request_id: problem.requestId,
            };
        })().then(done, (error) => done({ failed: String(error) }));
    "#;
    let arguments = vec![json!(world.base), json!(world.operator)];
    let told: Value = browser.web.execute_async(script, arguments).await.unwrap().json().clone();
    assert_eq!(told["given_up"], "AbortError", "{told}");
    assert_eq!(told["rows"], 9000, "{told}");
    assert_eq!(told["last"], json!({"sent": told["size"], "total": told["size"]}), "{told}");
    assert_eq!((&told["is_problem"], &told["slug"]), (&json!(true), &json!("import-rejected")), "{told}");
    assert!(told["request_id"].is_string(), "{told}");
}
