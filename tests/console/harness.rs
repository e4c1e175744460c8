//! The browser of these tests, and what it is checked by, see what they are there for.

use std::panic;

use entra_sim::{Config, Simulator};
use test_support::database::Engine;

use crate::browser::Browser;
use crate::watch;
use crate::watch::Seen;
use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_browser_trusts_the_certificate_that_it_was_told_of_and_no_other() {
    let trusted = Simulator::start(Config::sample()).await.unwrap();
    let other = Simulator::start(Config::sample()).await.unwrap();
    let browser = Browser::start(trusted.key_print()).await;
    browser.open(trusted.https_base()).await;
    browser.click("link", "Enter a device's code").await;
    browser.fill("textbox", "Code", "WRONG").await;
    browser.click("button", "Next").await;
    browser.reads("That code is not known").await;
    browser.open(other.https_base()).await;
    browser.reads("NET::ERR_CERT_AUTHORITY_INVALID").await;

    let seen = Seen::of(&browser).await;
    let asked = format!("{}/devicelogin?user_code=WRONG", trusted.https_base());
    assert!(seen.requests.contains(&asked), "{:?}", seen.requests);
    // The code was refused with 400, which the console tells, and which no story would let pass that does not mean it.
    assert!(is_refused(|| seen.check_console(&[])));
    seen.check_console(&[400]);
    assert!(is_refused(|| seen.check_requests(&[trusted.https_base()])));
    seen.check_requests(&[trusted.https_base(), other.https_base()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_barrier_is_seen() {
    let entra = Simulator::start(Config::sample()).await.unwrap();
    let browser = Browser::start(entra.key_print()).await;
    browser.open(entra.https_base()).await;
    browser.check_barriers("the simulator's first page").await;
    browser.run("document.querySelector('main').innerHTML = '<input><img src=\"/x.png\">'").await;
    let found = tokio::spawn(async move { browser.check_barriers("a page with barriers").await });
    assert!(found.await.unwrap_err().is_panic());
}

// proves T-95
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_console_must_not_do_is_seen() {
    let world = World::new(Engine::Sqlite, &[], None).await;
    let browser = Browser::start(world.entra.key_print()).await;
    browser.open(&world.console()).await;
    browser.the("button", "Sign in with a key").await;
    let good = Seen::of(&browser).await;
    good.check_console(&[]);
    good.check_requests(&[&world.base]);
    watch::check_places(&browser).await;

    browser.run("document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }))").await;
    let seen = async || {
        let seen = Seen::of(&browser).await;
        Ok(seen.console.iter().any(|line| line.contains("Content Security Policy")).then_some(seen))
    };
    let seen = browser.until("the browser tells what its policy forbids", seen).await;
    assert!(is_refused(|| seen.check_console(&[])), "{:?}", seen.console);

    browser.run("localStorage.setItem('key', 'slk_x')").await;
    let places = tokio::spawn(async move { watch::check_places(&browser).await });
    assert!(places.await.unwrap_err().is_panic());
}

fn is_refused(check: impl FnOnce() + panic::UnwindSafe) -> bool {
    panic::catch_unwind(check).is_err()
}
