//! The client packages for TypeScript and Python, as others get them: by themselves, and with the `signline` program and the
//! simulator. What is tested stands in `clients/`; here is what it is tested with.
//!
//! `scripts/setup-clients` installs what builds them, `scripts/setup-chromium` the browser.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]
#![expect(clippy::disallowed_methods, reason = "programs and servers run by the machine's own clock")]

#[path = "../console/browser.rs"]
#[expect(dead_code, reason = "the stories of the console need more of it")]
mod browser;
#[path = "../console/driver.rs"]
mod driver;
#[path = "../console/elements.rs"]
#[expect(dead_code, reason = "the stories of the console need more of it")]
mod elements;
mod keep_equal;
mod packages;
mod page_server;
mod portal;
#[path = "../console/watch.rs"]
#[expect(dead_code, reason = "the stories of the console need more of it")]
mod watch;
#[path = "../console/world.rs"]
#[expect(dead_code, reason = "the stories of the console need more of it")]
mod world;

use std::process::Command;

use test_support::app::TENANT;
use test_support::database::Engine;

use crate::packages::{python_tests, said, typescript_tests};
use crate::world::World;

/// Whom the sheets of the tests map.
const USER: &str = "bobsmith@abccompany.com";

#[test]
fn the_typescript_package_does_by_itself_what_it_promises() {
    passes(typescript_tests("local"));
}

#[test]
fn the_python_package_does_by_itself_what_it_promises() {
    passes(python_tests("local"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_typescript_package_works_with_the_service() {
    let world = World::new(Engine::Sqlite, &[], None).await;
    passes(with_service(typescript_tests("service"), &world));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_package_works_with_the_service() {
    let world = World::new(Engine::Sqlite, &[], None).await;
    passes(with_service(python_tests("service"), &world));
}

/// Tells the tests where the service is, and whom it knows.
fn with_service(mut command: Command, world: &World) -> Command {
    let token = world.entra.token(TENANT, USER, "portal").unwrap().issued_by(world.entra.https_base());
    command
        .envs([("SIGNLINE_URL", &world.base), ("SIGNLINE_API_KEY", &world.operator)])
        .env("TEST_TENANT", TENANT)
        .env("TEST_USER_EMAIL", USER)
        .env("TEST_USER_TOKEN", token.mint());
    command
}

fn passes(mut command: Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}
