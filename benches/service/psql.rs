//! `psql`, as an operator has it.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::Result;

/// Runs a script, up to its first error.
pub(crate) fn run(url: &str, script: &str) -> Result<()> {
    let mut psql = Command::new("psql")
        .args([url, "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    psql.stdin.take().ok_or("psql takes no script")?.write_all(script.as_bytes())?;
    let output = psql.wait_with_output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned().into()) }
}
