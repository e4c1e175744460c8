//! Passwords in the URL of the database: what of them is told, and to whom.

use std::fs;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use crate::support::run;

const COMMANDS: [&[&str]; 4] = [&["serve"], &["migrate"], &["api-key", "create", "--role", "operator"], &["doctor"]];

/// Reads everything that its driver could say.
const LOG: (&str, &str) =
    ("SIGNLINE_LOG", "trace,sqlx_postgres::options::parse=trace,sqlx_postgres::options::pgpass=trace");

fn all_of(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

// proves T-89
#[test]
fn a_password_that_is_not_encoded_is_refused_with_a_hint_and_told_nowhere() {
    for sign in ["?", "#", "/", "@", "%"] {
        let url = format!("postgres://signline:12{sign}sesame{sign}hunter2@127.0.0.1:1/signline");
        for variable in ["SIGNLINE_DATABASE_URL", "SIGNLINE_LISTEN_DATABASE_URL"] {
            for command in COMMANDS {
                let good = ("SIGNLINE_DATABASE_URL", "postgres://signline@127.0.0.1:1/signline");
                let output = run(command, &[good, LOG, (variable, &url)]);
                let printed = all_of(&output);
                assert_eq!(output.status.code(), Some(1), "{command:?}: {printed}");
                assert!(printed.contains(variable) && printed.contains("percent-encoded"), "{command:?}: {printed}");
                assert!(printed.contains("PGPASSWORD"), "{printed}");
                for part in ["sesame", "hunter2"] {
                    assert!(!printed.contains(part), "{sign}, {command:?}: {printed}");
                }
            }
        }
    }
}

// proves T-89
#[test]
fn a_parameter_that_is_part_of_a_password_is_not_told() {
    for (query, printed_name) in [("password=sesame&hunter2=1", None), ("connect_timeout=3", Some("connect_timeout"))] {
        let url = format!("postgres://signline@127.0.0.1:1/signline?{query}");
        for command in COMMANDS {
            let output = run(command, &[LOG, ("SIGNLINE_DATABASE_URL", &url)]);
            let printed = all_of(&output);
            assert_eq!(output.status.code(), Some(1), "{command:?}: {printed}");
            assert!(
                printed.contains("parameter") && printed_name.is_none_or(|name| printed.contains(name)),
                "{printed}"
            );
            assert!(!printed.contains("sesame") && !printed.contains("hunter2"), "{command:?}: {printed}");
        }
    }
}

// proves T-89
#[test]
fn a_password_file_that_is_not_well_formed_is_not_told() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".pgpass");
    fs::write(&file, "hunter2-alone-on-a-line\n127.0.0.1:1:*:signline:hunter2\\x\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let home = home.path().to_str().unwrap();
    for command in COMMANDS {
        let url = ("SIGNLINE_DATABASE_URL", "postgres://signline@127.0.0.1:1/signline");
        let output = run(command, &[url, LOG, ("HOME", home), ("SIGNLINE_AUTHORITY", "http://127.0.0.1:9")]);
        let printed = all_of(&output);
        assert_eq!(output.status.code(), Some(1), "{printed}");
        assert!(!printed.contains("hunter2"), "{command:?}: {printed}");
    }
}
