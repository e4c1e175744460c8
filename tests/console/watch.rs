//! What the page must never do, checked against what the browser saw of a whole story: ask another host, break the
//! content security policy, write an error to the console, or put a token or a key where others could read it.

use serde_json::{Value, json};

use crate::browser::Browser;

/// How the second part of a token begins, and a key.
const SECRETS: [&str; 2] = [".eyJ", "slk_"];

/// Addresses that lead nowhere outside of the browser.
const INSIDE: [&str; 3] = ["data:", "blob:", "chrome:"];

/// What the browser has told so far.
#[derive(Default)]
pub(crate) struct Seen {
    /// Lines of the browser's console.
    pub(crate) console: Vec<String>,
    /// Addresses that were asked for.
    pub(crate) requests: Vec<String>,
}

impl Seen {
    /// Takes what the browser has told since the last time.
    pub(crate) async fn of(browser: &Browser) -> Self {
        let console = browser.web.browser_log().await.unwrap();
        let console = console.into_iter().map(|line| format!("{} {}", line.level, line.message)).collect();
        let events = browser.web.get_log("performance").await.unwrap();
        let events = events.iter().filter_map(|event| serde_json::from_str::<Value>(&event.message).ok());
        let requests = events.filter(|event| event["message"]["method"] == "Network.requestWillBeSent");
        let requests = requests.filter_map(|event| {
            let request = &event["message"]["params"]["request"];
            let fragment = request["urlFragment"].as_str().unwrap_or_default();
            Some(format!("{}{fragment}", request["url"].as_str()?))
        });
        Self { console, requests: requests.collect() }
    }

    /// Every request went to one of these bases, and none names a secret.
    pub(crate) fn check_requests(&self, bases: &[&str]) {
        assert!(!self.requests.is_empty(), "the browser tells no requests");
        for request in &self.requests {
            let is_inside = INSIDE.iter().any(|scheme| request.starts_with(scheme));
            let is_known =
                bases.iter().any(|base| request.strip_prefix(base).is_some_and(|rest| rest.starts_with('/')));
            assert!(is_inside || is_known, "a request to an outside host: {request}");
            check_secrets("a request", request);
        }
    }

    /// Nothing is wrong in the console but refusals that the story meant: lines about answers with one of these
    /// statuses.
    pub(crate) fn check_console(&self, refusals: &[u16]) {
        for line in &self.console {
            let is_meant =
                refusals.iter().any(|status| line.contains(&format!("responded with a status of {status} ")));
            let is_wrong = line.starts_with("SEVERE") || line.starts_with("WARNING");
            assert!(!is_wrong || is_meant, "the browser's console: {line}");
        }
    }
}

/// Nothing that is kept or shown by the browser holds a token or a key.
pub(crate) async fn check_places(browser: &Browser) {
    check_storage(browser, "localStorage").await;
    let cookies = browser.run("return document.cookie").await;
    check_secrets("a cookie", cookies.as_str().expect("text"));
    let history = browser.command("Page.getNavigationHistory", json!({})).await.unwrap();
    for entry in history["entries"].as_array().unwrap() {
        for member in ["url", "userTypedURL", "title"] {
            check_secrets("the history", entry[member].as_str().unwrap_or_default());
        }
        // The address that the browser was sent to is told as `userTypedURL`; the page takes the spent code out of
        // `url`.
        let url = entry["url"].as_str().unwrap_or_default();
        assert!(!url.contains("#code="), "a code in the history: {url}");
    }
}

/// Nothing in the tab's own storage holds a token or a key: nobody is signed in.
pub(crate) async fn check_tab(browser: &Browser) {
    check_storage(browser, "sessionStorage").await;
}

async fn check_storage(browser: &Browser, name: &str) {
    // Entries under the name of a method, such as `key`, are left out by `Object.entries`.
    let script =
        format!("return [...Array({name}.length).keys()].map((at) => {name}.getItem({name}.key(at))).join('\\n')");
    let kept = browser.run(&script).await;
    check_secrets(name, kept.as_str().expect("text"));
}

fn check_secrets(place: &str, text: &str) {
    for beginning in SECRETS {
        assert!(!text.contains(beginning), "{place} holds a secret: {text}");
    }
}
