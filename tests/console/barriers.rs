//! What axe-core finds that would keep somebody out.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::browser::Browser;

/// The impacts that no view may have.
const GRAVE: [&str; 2] = ["serious", "critical"];

/// The library. Without it the test fails: it is never passed over.
fn axe() -> String {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core/axe.min.js");
    fs::read_to_string(place).expect("axe-core is missing: run scripts/setup-axe")
}

impl Browser {
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
        let grave: Vec<_> = violations.iter().filter(is_grave).map(told).collect();
        assert!(grave.is_empty(), "{view}:\n{}", grave.join("\n"));
    }
}

/// A violation and the elements that it is about.
fn told(violation: &Value) -> String {
    let nodes = violation["nodes"].as_array().into_iter().flatten();
    let nodes: Vec<_> = nodes.map(|node| format!("  {}\n    {}", node["html"], node["failureSummary"])).collect();
    format!("{} ({}): {}\n{}", violation["id"], violation["impact"], violation["help"], nodes.join("\n"))
}
