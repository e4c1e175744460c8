//! What axe-core finds that would keep somebody out.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::browser::{Browser, NARROW, USUAL};
use crate::story::Story;
use crate::views;

/// The impacts that no view may have.
const GRAVE: [&str; 2] = ["serious", "critical"];

/// A tablet, or half a screen.
const BETWEEN: (u32, u32) = (800, 820);

/// The library. Without it the test fails: it is never passed over.
fn axe() -> String {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core/axe.min.js");
    fs::read_to_string(place).expect("axe-core is missing: run scripts/setup-axe")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_view_keeps_anybody_out_in_light_or_in_the_dark_on_a_telephone() {
    let story = Story { refusals: &[403, 409, 422], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let check = async |view: &str| {
                for (scheme, size) in [("light", USUAL), ("dark", NARROW)] {
                    browser.prefer(scheme).await;
                    browser.resize(size).await;
                    browser.check_barriers(&format!("{view}, {scheme}, {} pixels wide", size.0)).await;
                    browser.check_width(view, size).await;
                }
                browser.resize(BETWEEN).await;
                browser.check_width(view, BETWEEN).await;
                browser.resize(USUAL).await;
            };
            views::walk(world, browser, &check).await;
        })
        .await;
}

impl Browser {
    /// Nothing stands beyond the right edge.
    async fn check_width(&self, view: &str, (width, _): (u32, u32)) {
        let wide = self.run("return document.documentElement.scrollWidth").await;
        assert!(wide.as_u64().unwrap() <= u64::from(width), "{view} is {wide} pixels wide where there are {width}");
    }

    /// Holds the page as it is now to axe's rules.
    pub(crate) async fn check_barriers(&self, view: &str) {
        if self.run("return window.axe === undefined").await == true {
            self.run(&axe()).await;
        }
        let script = "const done = arguments[0]; \
            axe.run(document, { resultTypes: ['violations'] }).then((found) => done(found.violations), (error) => done(String(error)));";
        let found = self.web.execute_async(script, Vec::new()).await.unwrap();
        let Value::Array(violations) = found.json() else { panic!("axe fails on {view}: {:?}", found.json()) };
        let is_grave = |violation: &&Value| GRAVE.iter().any(|impact| violation["impact"] == *impact);
        let grave: Vec<_> = violations.iter().filter(is_grave).map(description).collect();
        assert!(grave.is_empty(), "{view}:\n{}", grave.join("\n"));
    }
}

/// A violation and the elements that it is about.
fn description(violation: &Value) -> String {
    let nodes = violation["nodes"].as_array().into_iter().flatten();
    let nodes: Vec<_> = nodes.map(|node| format!("  {}\n    {}", node["html"], node["failureSummary"])).collect();
    format!("{} ({}): {}\n{}", violation["id"], violation["impact"], violation["help"], nodes.join("\n"))
}
