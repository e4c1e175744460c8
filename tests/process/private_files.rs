//! Who may read the files that the program makes: their owner, whatever the umask.

use std::fs;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use test_support::database::TestDatabase;

use crate::client::BAD_SHEET;
use crate::client_support::{Company, DONE, REJECTED};
use crate::support::{Serving, signline};

/// The same command under a umask that takes nothing away.
fn under_an_open_umask(command: &Command) -> Command {
    let mut open = Command::new("/bin/sh");
    open.args(["-c", "umask 000; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    open.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            open.env(name, value);
        }
    }
    open
}

fn mode(file: impl AsRef<Path>) -> u32 {
    fs::metadata(&file).unwrap_or_else(|error| panic!("{}: {error}", file.as_ref().display())).permissions().mode()
        & 0o777
}

fn file_of(database: &TestDatabase) -> String {
    database.url().strip_prefix("sqlite://").unwrap().to_owned()
}

// proves T-91
#[tokio::test]
async fn a_new_sqlite_database_and_the_files_beside_it_are_their_owners_alone() {
    let database = TestDatabase::sqlite();
    let file = file_of(&database);
    let variables = [
        ("SIGNLINE_DATABASE_URL", database.url()),
        ("SIGNLINE_LISTEN", "127.0.0.1:0"),
        ("SIGNLINE_AUTHORITY", "http://127.0.0.1:9"),
    ];
    let serving = Serving::run(under_an_open_umask(&signline(&["serve"], &variables)));
    for name in [file.clone(), format!("{file}-wal"), format!("{file}-shm")] {
        assert_eq!(mode(&name), 0o600, "{name}");
    }
    assert_eq!(serving.terminate().0, Some(0));
    // A file that somebody has put there is theirs to guard.
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    let serving = Serving::run(under_an_open_umask(&signline(&["serve"], &variables)));
    assert_eq!((mode(&file), mode(format!("{file}-wal"))), (0o640, 0o640));
    drop(serving);
}

// proves T-91
#[tokio::test]
async fn an_export_is_its_owners_alone_and_keeps_the_mode_of_a_file_in_its_place() {
    let company = Company::with_sample().await;
    for name in ["new.csv", "new.xlsx"] {
        let file = company.folder().join(name);
        let export = company.command("export", &["--output", file.to_str().unwrap()]);
        assert_eq!(under_an_open_umask(&export).output().unwrap().status.code(), DONE);
        assert_eq!(mode(&file), 0o600);
        for kept in [0o644, 0o640, 0o400] {
            fs::set_permissions(&file, Permissions::from_mode(kept)).unwrap();
            assert_eq!(under_an_open_umask(&export).output().unwrap().status.code(), DONE);
            assert_eq!(mode(&file), kept);
        }
    }
}

// proves T-91
#[tokio::test]
async fn the_problems_of_a_file_are_their_owners_alone() {
    let company = Company::with_sample().await;
    let (sheet, problems) = (company.file("bad.csv", BAD_SHEET), company.folder().join("problems.csv"));
    let import = company.command("import", &[sheet.to_str().unwrap(), "--problems-csv", problems.to_str().unwrap()]);
    assert_eq!(under_an_open_umask(&import).output().unwrap().status.code(), REJECTED);
    assert_eq!(mode(&problems), 0o600);
}
