//! A disk that is full, under an SQLite database and under uploads.

use std::fs;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::company::{BUSY, CALM, Companies, Within};
use crate::watch::{Watch, Went};

/// A small disk, which a process of its own has mounted and nobody else sees: it is gone with the process.
struct Disk {
    place: TempDir,
    holder: Child,
}

impl Disk {
    fn mount(megabytes: u32) -> Self {
        let place = TempDir::new().unwrap();
        let mount = format!("mount -t tmpfs -o size={megabytes}m tmpfs \"$0\" && echo mounted && exec cat");
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if !is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["sh", "-c", &mount]).arg(place.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "mounted\n", "no disk could be mounted: run the tests as root, or allow user namespaces");
        Self { place, holder }
    }

    /// What runs a command where the disk is.
    fn within(&self) -> Within {
        let mut within = vec!["/usr/bin/nsenter".to_owned(), format!("--target={}", self.holder.id())];
        if !is_root() {
            within.extend(["--user".to_owned(), "--preserve-credentials".to_owned()]);
        }
        within.extend(["--mount".to_owned(), "--".to_owned()]);
        within
    }

    /// A file on the disk, as those who run there see it.
    fn inside(&self, name: &str) -> String {
        self.place.path().join(name).display().to_string()
    }

    /// The same file, as it is seen from here.
    fn outside(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.holder.id(), self.inside(name)))
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut filler = File::create(self.outside("filler")).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.outside("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn is_root() -> bool {
    String::from_utf8(Command::new("id").arg("-u").output().unwrap().stdout).unwrap().trim() == "0"
}

// proves T-57
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_no_mapping_and_is_told_in_words() {
    let disk = Disk::mount(12);
    let url = format!("sqlite://{}", disk.inside("test.db"));
    let folder = disk.inside("");
    let settings = [("SIGNLINE_DATABASE_URL", url.as_str()), ("TMPDIR", &folder)];
    let companies = Arc::new(Companies::found_within(disk.within(), &url, &settings).await);
    let serving = companies.serve();
    let watch = Watch::begin(&companies, std::slice::from_ref(&serving.base)).await;

    disk.fill();
    let full = Instant::now();
    // More than the database has room for, and more than waits in memory.
    for rows in [4_500, 400_000] {
        refused_as_full(companies.upload(&serving.base, BUSY, &sheet(rows))).await;
    }
    let workbook = format!("/v1/business-groups/{CALM}/mappings.xlsx");
    refused_as_full(companies.operate(&serving.base, Method::GET, &workbook)).await;
    let ready = companies.client.get(format!("{}/readyz", serving.base)).send().await.unwrap().text().await.unwrap();
    assert!(ready.contains("temporary files: the disk of the folder for temporary files is full"), "{ready}");
    sleep(Duration::from_secs(1)).await;
    let calm: Vec<_> = watch.seen_since(full).into_iter().filter(|seen| seen.calm).collect();
    assert!(calm.len() > 20 && calm.iter().all(|seen| seen.went == Went::Well), "a full disk held up sign-ins");
    assert!(watch.is_ready(&serving.base).await);

    // A power failure does not make it worse.
    serving.kill();
    let serving = companies.serve();
    watch.moved(0, &serving.base);
    refused_as_full(companies.upload(&serving.base, BUSY, &sheet(4_500))).await;

    disk.make_room();
    watch.recovered_since("after room was made", Instant::now()).await;
    companies.import(&serving.base, BUSY, &sheet(4_500)).await;
    watch.finish().await;
    drop(serving);
    let copy = TempDir::new().unwrap();
    for name in ["test.db", "test.db-wal"] {
        fs::copy(disk.outside(name), copy.path().join(name)).unwrap();
    }
    let url = format!("sqlite://{}", copy.path().join("test.db").display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    let (sound,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut database).await.unwrap();
    assert_eq!(sound, "ok");
}

async fn refused_as_full(call: RequestBuilder) {
    let answer = call.send().await.unwrap();
    let (status, retry_after) = (answer.status(), answer.headers().contains_key("retry-after"));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!((status.as_u16(), &problem["type"]), (503, &"/problems/unavailable".into()), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(retry_after && detail.contains("full") && detail.contains("nothing was changed"), "{detail}");
}

/// A sheet of numbers that nobody has, beside those that are moved about.
fn sheet(rows: usize) -> String {
    let row = |at: usize| format!("76355{},file{at}@abccompany.com\r\n", 50_100 + at % 4_800);
    std::iter::once("PhoneNumber,MEEmailAddress\r\n".to_owned()).chain((0..rows).map(row)).collect()
}
