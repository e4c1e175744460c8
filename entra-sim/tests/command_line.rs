//! The program, as an operator starts it.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

#[test]
fn what_stops_the_start_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    fs::write(&file, "tenants = 7\n").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (http, more) in [
        ("127.0.0.1:0", &["--config", "/no/such/file.toml"][..]),
        ("127.0.0.1:0", &["--config", file.to_str().unwrap()]),
        ("127.0.0.1:0", &["--ca-file", "/no/such/folder/ca.pem"]),
        ("192.0.2.1:8600", &[]),
        (&taken, &[]),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entra-sim"));
        let output = command.args(["--http", http, "--https", "127.0.0.1:0"]).args(more).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.starts_with("entra-sim: ") && stderr.lines().count() == 1, "{stderr}");
    }
}
