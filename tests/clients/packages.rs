//! The packages, built once for all tests.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// Where they stand. They are built anew if anything of them has changed.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let output = Command::new(root().join("scripts/build-clients")).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    root().join("target/clients/built")
});

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The tests of the package for TypeScript that need the service, or those that don't.
pub(crate) fn typescript_tests(name: &str) -> Command {
    let libraries =
        env::var_os("MICROSOFT_LIBRARIES").map_or_else(|| root().join("target/microsoft-libraries"), PathBuf::from);
    let mut command = Command::new(libraries.join("node"));
    command.arg("--test").arg(BUILT.join(format!("typescript/test-built/{name}.test.js")));
    command
}

/// The tests of the package for Python that need the service, or those that don't.
pub(crate) fn python_tests(name: &str) -> Command {
    let mut command = python();
    command.args(["-m", "unittest", "discover", "--pattern", &format!("test_{name}.py"), "--start-directory"]);
    command.arg(BUILT.join("python/tests"));
    command
}

/// A script of the package's examples.
pub(crate) fn python_example(name: &str) -> Command {
    let mut command = python();
    command.arg(BUILT.join("python/examples").join(name));
    command
}

/// The folder with the portal's page, and the package as a module for browsers.
pub(crate) fn for_browsers() -> (PathBuf, PathBuf) {
    (BUILT.join("portal"), BUILT.join("signline.js"))
}

/// Python with the package. It writes nothing beside it.
fn python() -> Command {
    let mut command = Command::new(root().join("target/clients/python/bin/python"));
    command.arg("-B").env("PYTHONPATH", BUILT.join("python")).env("NO_PROXY", "localhost,127.0.0.1");
    command
}

/// All that a program said.
pub(crate) fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat()
}
