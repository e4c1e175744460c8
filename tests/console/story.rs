//! How a story is told: a world and a browser of its own, what the page must never do, and what a failure leaves
//! behind.

use std::any::Any;
use std::io::{Write, stderr};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::{fs, panic, thread};

use futures_util::FutureExt;
use test_support::database::Engine;
use tokio::sync::Semaphore;

use crate::browser::Browser;
use crate::watch;
use crate::watch::Seen;
use crate::world::World;

/// Browsers are heavy: so many run at once.
static BROWSERS: Semaphore = Semaphore::const_new(2);

/// How a story differs from the usual.
pub(crate) struct Story {
    pub(crate) engine: Engine,
    /// Settings of the service that are not the usual ones; none: not set.
    pub(crate) settings: &'static [(&'static str, Option<&'static str>)],
    /// The path below which a proxy serves the service; none: there is no proxy.
    pub(crate) prefix: Option<&'static str>,
    /// The statuses of refusals that it means to meet: the browser writes them to its console.
    pub(crate) refusals: &'static [u16],
}

impl Story {
    /// On SQLite, with the usual settings, without a refusal.
    pub(crate) const USUAL: Self = Self { engine: Engine::Sqlite, settings: &[], prefix: None, refusals: &[] };

    /// Tells it.
    pub(crate) async fn tell(&self, story: impl AsyncFnOnce(&World, &Browser)) {
        let _turn = BROWSERS.acquire().await.unwrap();
        // What an earlier run left.
        let _ = fs::remove_dir_all(failure_folder());
        let world = World::new(self.engine, self.settings, self.prefix).await;
        let browser = Browser::start(world.entra.key_print()).await;
        if let Err(failure) = AssertUnwindSafe(self.watched(&world, &browser, story)).catch_unwind().await {
            keep(&browser, &*failure).await;
            panic::resume_unwind(failure);
        }
    }

    async fn watched(&self, world: &World, browser: &Browser, story: impl AsyncFnOnce(&World, &Browser)) {
        story(world, browser).await;
        let seen = Seen::of(browser).await;
        seen.check_requests(&[&world.base, world.entra.https_base()]);
        seen.check_console(self.refusals);
        watch::check_places(browser).await;
    }
}

/// Where it is kept what this story showed when it failed.
fn failure_folder() -> PathBuf {
    let story = thread::current().name().unwrap_or("story").replace("::", ".");
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/console-failures").join(story)
}

/// Keeps what the browser shows: its picture, its text and its console.
async fn keep(browser: &Browser, failure: &(dyn Any + Send)) {
    let folder = failure_folder();
    let why = failure.downcast_ref::<String>().cloned();
    let why = why.or_else(|| failure.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default();
    let url = browser.web.current_url().await.map(|url| url.to_string()).unwrap_or_default();
    let text = browser.web.execute("return document.body.innerText", Vec::new()).await;
    let text = text.ok().and_then(|text| text.json().as_str().map(str::to_owned)).unwrap_or_default();
    let log = browser.web.browser_log().await.unwrap_or_default();
    let log: Vec<_> = log.iter().map(|line| format!("{} {}", line.level, line.message)).collect();
    let report = format!("{why}\n\nat {url}\n\n{text}\n\nthe browser's console:\n{}\n", log.join("\n"));
    if fs::create_dir_all(&folder).is_ok() {
        // What can't be kept is missed by nobody but a reader of the failure, who has the message all the same.
        let _ = fs::write(folder.join("page.txt"), report);
        let _ = browser.web.screenshot(&folder.join("page.png")).await;
        let _ = writeln!(stderr(), "what the browser showed is in {}", folder.display());
    }
}
