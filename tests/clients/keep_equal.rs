//! The example that keeps a business group's mappings equal to a sheet.

use std::fs;
use std::process::Output;

use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;
use test_support::database::Engine;

use crate::packages::{python_example, said};
use crate::world::{GROUP, World};

/// A business group and its sheet.
struct Job {
    world: World,
    folder: TempDir,
}

impl Job {
    async fn new() -> Self {
        let world = World::new(Engine::Sqlite, &[], None).await;
        world.company(GROUP, "ABC Company", "+1763555").await;
        Self { world, folder: tempfile::tempdir().unwrap() }
    }

    /// Keeps the mappings equal to these rows, each a number's last four digits and an address: what was said, and the status.
    fn run(&self, rows: &[(u32, &str)], options: &[&str]) -> (String, Option<i32>) {
        let rows = rows.iter().map(|(number, email)| format!("763555{number:04},{email}\n"));
        let sheet = self.folder.path().join("sheet.csv");
        fs::write(&sheet, std::iter::once("PhoneNumber,MEEmailAddress\n".to_owned()).chain(rows).collect::<String>())
            .unwrap();
        let mut command = python_example("keep_equal.py");
        command.arg(sheet).args(["--business-group", GROUP]).args(options);
        command.envs([("SIGNLINE_URL", &self.world.base), ("SIGNLINE_API_KEY", &self.world.operator)]);
        let output: Output = command.output().unwrap();
        (said(&output), output.status.code())
    }

    /// How many mappings there are, and of which revision.
    async fn mappings(&self) -> (u64, i64) {
        let path = format!("/v1/business-groups/{GROUP}");
        let group = self.world.operate(Method::GET, &path, Value::Null).await;
        (group["mapping_count"].as_u64().unwrap(), group["revision"].as_i64().unwrap())
    }
}

const ANN: (u32, &str) = (1, "ann@abccompany.com");
const BOB: (u32, &str) = (2, "bob@abccompany.com");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_is_printed_and_with_a_dry_run_not_done() {
    let job = Job::new().await;
    let (said, status) = job.run(&[ANN, BOB], &["--dry-run"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("+ +17635550001 ann@abccompany.com\n+ +17635550002 bob@abccompany.com\n"), "{said}");
    assert_eq!(job.mappings().await, (0, 0));

    assert_eq!(job.run(&[ANN, BOB], &[]).1, Some(0));
    assert_eq!(job.mappings().await, (2, 1));
    let (said, status) = job.run(&[(1, "anne@abccompany.com"), (3, BOB.1)], &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("~ +17635550001 ann@abccompany.com -> anne@abccompany.com\n"), "{said}");
    assert!(said.contains("~ +17635550003 (from +17635550002) bob@abccompany.com"), "{said}");
    assert_eq!(job.mappings().await, (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_equal_already_stays_as_it_is() {
    let job = Job::new().await;
    assert_eq!(job.run(&[ANN, BOB], &[]).1, Some(0));
    let (said, status) = job.run(&[ANN, BOB], &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("0 added, 0 changed, 0 removed, 2 unchanged"), "{said}");
    assert_eq!(job.mappings().await, (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_change_is_refused_until_somebody_says_how_many() {
    let job = Job::new().await;
    let emails: Vec<_> = (0..12).map(|row| format!("user{row}@abccompany.com")).collect();
    let all: Vec<_> = (0..12).zip(&emails).map(|(row, email)| (row, email.as_str())).collect();
    assert_eq!(job.run(&all, &[]).1, Some(0));

    let (said, status) = job.run(&all[..3], &[]);
    assert_eq!(status, Some(5), "{said}");
    assert!(said.contains("--confirm-removals 9"), "{said}");
    assert_eq!(job.mappings().await, (12, 1));
    // Nothing waits to be applied later.
    let again = job.run(&all[..3], &["--confirm-removals", "8"]);
    assert_eq!(again.1, Some(5), "{}", again.0);
    assert_eq!(job.run(&all[..3], &["--confirm-removals", "9"]).1, Some(0));
    assert_eq!(job.mappings().await, (3, 2));

    assert_eq!(job.run(&all, &[]).1, Some(0));
    let slipped: Vec<_> = (0..12).map(|row| (row, all[(row as usize + 1) % 12].1)).collect();
    let (said, status) = job.run(&slipped, &[]);
    assert_eq!(status, Some(5), "{said}");
    assert!(said.contains("--confirm-changes 12"), "{said}");
    assert_eq!(job.run(&slipped, &["--confirm-changes", "12"]).1, Some(0));
    assert_eq!(job.mappings().await, (12, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_sheet_is_told_by_line() {
    let job = Job::new().await;
    let (said, status) = job.run(&[ANN, (2, "bob")], &[]);
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("line 3, MEEmailAddress: "), "{said}");
    assert_eq!(job.mappings().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_good_is_told() {
    let mut job = Job::new().await;
    job.world.operator = "slk_nobody".to_owned();
    let (said, status) = job.run(&[ANN], &[]);
    assert_eq!(status, Some(1), "{said}");
    assert!(!said.contains("Traceback"), "{said}");
}
