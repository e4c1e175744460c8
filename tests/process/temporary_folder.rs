//! A folder for temporary files that can't be written, as under a read-only root.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use test_support::database::TestDatabase;

use crate::support::{Serving, client, operator_key, run};

/// Not even root can make a file there.
const FOLDERS: [&str; 2] = ["/proc", "/no/such/folder"];

async fn call(serving: &Serving, key: &str, method: Method, path: &str, body: Vec<u8>, media_type: &str) -> Response {
    let call = client().request(method, format!("{}{path}", serving.base)).bearer_auth(key);
    call.header("content-type", media_type).body(body).send().await.unwrap()
}

#[tokio::test]
async fn a_folder_that_cant_be_written_is_told_at_the_start_in_readyz_and_in_the_call() {
    for folder in FOLDERS {
        let database = TestDatabase::sqlite();
        let key = operator_key(database.url());
        let serving = Serving::start(&[("SIGNLINE_DATABASE_URL", database.url()), ("TMPDIR", folder)]);
        let range = json!({"first": "+17635550000", "last": "+17635559999"});
        let group = json!({"id": "abccompany", "name": "ABC", "number_ranges": [range]}).to_string();
        let path = "/v1/business-groups";
        let created = call(&serving, &key, Method::POST, path, group.into(), "application/json").await;
        assert_eq!(created.status(), 201);

        let ready = client().get(format!("{}/readyz", serving.base)).send().await.unwrap().text().await.unwrap();
        let line = ready.lines().find(|line| line.starts_with("temporary files: ")).unwrap();
        assert!(line.contains("can't be written") && !line.contains(folder), "{ready}");

        // A workbook that is more than waits in memory, as far as anybody can tell before it is read.
        let workbook = [b"PK\x03\x04".as_slice(), &vec![0; 5 << 20]].concat();
        let path = "/v1/business-groups/abccompany/imports";
        let upload = call(&serving, &key, Method::POST, path, workbook, "text/csv").await;
        let path = "/v1/business-groups/abccompany/mappings.xlsx";
        let export = call(&serving, &key, Method::GET, path, Vec::new(), "text/csv").await;
        for answer in [upload, export] {
            assert_eq!(answer.status(), 503);
            assert!(answer.headers().contains_key("retry-after"));
            let problem: Value = answer.json().await.unwrap();
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("folder for temporary files can't be written"), "{detail}");
            assert!(!detail.contains(folder) && !detail.contains("database"), "{detail}");
        }
        // What fits into memory goes on.
        let sheet = b"PhoneNumber,MEEmailAddress\n7635551111,bobsmith@abccompany.com\n".to_vec();
        let path = "/v1/business-groups/abccompany/imports?apply=true";
        assert_eq!(call(&serving, &key, Method::POST, path, sheet, "text/csv").await.status(), 200);

        let (code, _, log) = serving.terminate();
        assert_eq!(code, Some(0));
        let warning = log.lines().find(|line| line.contains("TMPDIR")).unwrap();
        assert!(warning.contains("WARN") && warning.contains(folder), "{warning}");
    }
}

#[test]
fn the_doctor_names_a_folder_that_cant_be_written() {
    for folder in FOLDERS {
        let database = TestDatabase::sqlite();
        let authority = ("SIGNLINE_AUTHORITY", "http://127.0.0.1:9");
        let output = run(&["doctor"], &[("SIGNLINE_DATABASE_URL", database.url()), authority, ("TMPDIR", folder)]);
        let stdout = String::from_utf8(output.stdout).unwrap();
        let line = stdout.lines().find(|line| line.starts_with("problem  files")).unwrap_or_else(|| panic!("{stdout}"));
        assert!(line.contains(folder) && line.contains("TMPDIR"), "{line}");
        assert_eq!(output.status.code(), Some(1));
    }
}
