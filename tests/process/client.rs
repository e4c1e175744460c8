//! `signline import` and `signline export` as scripts run them, against the real service.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use entra_sim::{Config, Simulator};
use reqwest::Method;
use test_support::app::{SAMPLE_SHEET, TIMEOUT};

use crate::client_support::{
    Company, DONE, ERROR, GROUP, PREVIEW, REJECTED, STALE, UNCONFIRMED, USAGE, command, preview_id, sheet, slipped,
    stderr, stdout, stub, whole_answer,
};
use crate::support::{client, run, signline};

pub(crate) const BAD_SHEET: &str = "PhoneNumber,MEEmailAddress\n7.63555E+09,bobsmith@abccompany.com\n7635552222,\n\
     7635553333,\u{1b}[2J@abccompany.com\n";

#[tokio::test]
async fn a_file_is_shown_and_applied_if_the_script_says_so() {
    let company = Company::with_sample().await;
    let sheet = "PhoneNumber,MEEmailAddress\n7635551111,ann@abccompany.com\n7635554444,johndavidson@abccompany.com\n\
                 7635555555,new@abccompany.com\n";
    let output = company.import(&[company.file("sheet.csv", sheet).to_str().unwrap(), "--apply"]);
    assert_eq!(output.status.code(), DONE);
    let expected = "\
ABC Company (abccompany), compared with revision 1: 1 added, 2 changed, 1 removed, 0 unchanged

CHANGE   PHONE NUMBER  BEFORE                        AFTER
changed  +17635551111  bobsmith@abccompany.com       ann@abccompany.com
removed  +17635553333  jenniferlewis@abccompany.com
moved    +17635554444  at +17635552222               johndavidson@abccompany.com
added    +17635555555                                new@abccompany.com

Applied: the mappings are of revision 2.
";
    assert_eq!(stdout(&output), expected);
    assert_eq!(stderr(&output), "");
    assert_eq!(company.mappings().await, (3, 2));
}

#[tokio::test]
async fn without_a_terminal_a_file_is_left_as_a_preview_which_can_be_applied() {
    let company = Company::new().await;
    let left = company.import_from_stdin(SAMPLE_SHEET, &[]);
    assert_eq!(left.status.code(), DONE);
    assert!(stdout(&left).contains("Nothing is changed yet."), "{}", stdout(&left));
    assert_eq!(company.mappings().await, (0, 0));
    let id = preview_id(&left);
    let applied = company.import(&["--preview", &id, "--apply"]);
    assert_eq!(applied.status.code(), DONE);
    assert!(stdout(&applied).ends_with("Applied: the mappings are of revision 1.\n"), "{}", stdout(&applied));
    let again = company.import(&["--preview", &id, "--yes"]);
    assert_eq!(stdout(&again), "It was applied already: the mappings are of revision 1.\n");
    assert_eq!(company.mappings().await, (3, 1));
}

#[tokio::test]
async fn a_file_that_changes_nothing_is_not_left_behind() {
    let company = Company::with_sample().await;
    let output = company.import_from_stdin(SAMPLE_SHEET, &[]);
    assert_eq!(output.status.code(), DONE);
    assert!(stdout(&output).ends_with("3 unchanged\nThere is nothing to change.\n"), "{}", stdout(&output));
}

#[tokio::test]
async fn a_bad_file_ends_with_its_problems_and_changes_nothing() {
    let company = Company::with_sample().await;
    let bad = company.file("bad.csv", BAD_SHEET);
    let output = company.import(&[bad.to_str().unwrap(), "--apply"]);
    assert_eq!(output.status.code(), REJECTED);
    let listed = stdout(&output);
    assert!(listed.starts_with("LINE  COLUMN          VALUE "), "{listed}");
    assert!(listed.contains("\n2     PhoneNumber     7.63555E+09 "), "{listed}");
    assert!(listed.contains("\n3     MEEmailAddress "), "{listed}");
    assert!(listed.contains("\n4     MEEmailAddress  \\u{1b}[2J@abccompany.com  "), "{listed}");
    assert!(!listed.contains('\u{1b}'), "the terminal would obey");
    assert_eq!(listed.lines().count(), 4);
    assert_told(&output, "The file has 3 problems");
    assert_eq!(company.mappings().await, (3, 1));
}

#[tokio::test]
async fn the_problems_can_be_had_as_the_services_csv() {
    let company = Company::new().await;
    let bad = BAD_SHEET.to_owned() + "7635554444,=1+1\n";
    let problems = company.folder().join("problems.csv");
    let output = company.import_from_stdin(&bad, &["--problems-csv", problems.to_str().unwrap()]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (REJECTED, ""));
    let call = client().post(format!("{}/v1/business-groups/abccompany/imports", company.serving.base));
    let call = call.bearer_auth(&company.key).header("content-type", "text/csv").header("accept", "text/csv");
    let expected = call.body(bad).send().await.unwrap().text().await.unwrap();
    assert_eq!(fs::read_to_string(problems).unwrap(), expected);
    let nowhere = company.import_from_stdin(BAD_SHEET, &["--problems-csv", "/no/such/problems.csv"]);
    assert_eq!(nowhere.status.code(), REJECTED);
    assert!(stderr(&nowhere).contains("/no/such/problems.csv: No such file"), "{}", stderr(&nowhere));
    assert!(stdout(&nowhere).contains("7.63555E+09"), "the list is not lost: {}", stdout(&nowhere));
}

#[tokio::test]
async fn a_merge_can_leave_bad_rows_out_and_lists_them() {
    let company = Company::with_sample().await;
    let sheet = BAD_SHEET.to_owned() + "7635554444,new@abccompany.com\n";
    let arguments = ["--mode", "merge", "--on-problem", "skip", "--apply"];
    let output = company.import_from_stdin(&sheet, &arguments);
    assert_eq!(output.status.code(), DONE, "{}", stderr(&output));
    assert!(stdout(&output).contains("7.63555E+09"), "{}", stdout(&output));
    assert!(stdout(&output).contains("1 added, 0 changed, 0 removed, 0 unchanged; 3 problems left out"));
    assert_eq!(company.mappings().await, (4, 2));
}

#[tokio::test]
async fn a_large_removal_needs_its_number() {
    let company = Company::with_mappings(12).await;
    let few = company.file("few.csv", &sheet(0..3));
    let few = few.to_str().unwrap();
    for arguments in [&[few, "--apply"][..], &[few, "--apply", "--confirm-removals", "8"]] {
        let output = company.import(arguments);
        assert_eq!(output.status.code(), UNCONFIRMED);
        assert_told(&output, "would remove 9 of 12 mappings");
        assert_told(&output, "add --confirm-removals 9");
        assert_eq!(company.mappings().await, (12, 1));
    }
    let output = company.import(&[few, "--apply", "--confirm-removals", "9"]);
    assert_eq!(output.status.code(), DONE, "{}", stderr(&output));
    assert_eq!(company.mappings().await, (3, 2));
}

// proves T-55
#[tokio::test]
async fn a_column_that_slipped_needs_its_number() {
    let company = Company::with_mappings(12).await;
    let wrong = company.file("slipped.csv", &slipped(12));
    let wrong = wrong.to_str().unwrap();
    for arguments in [&[wrong, "--apply"][..], &[wrong, "--apply", "--confirm-removals", "12"]] {
        let output = company.import(arguments);
        assert_eq!(output.status.code(), UNCONFIRMED);
        assert!(stdout(&output).contains("12 people would get somebody else's number"), "{}", stdout(&output));
        assert!(stdout(&output).contains("--apply --confirm-changes 12\n"), "{}", stdout(&output));
        assert_told(&output, "give 12 of 12 people a number that is or was somebody else's");
        assert_told(&output, "add --confirm-changes 12");
        assert_eq!(company.mappings().await, (12, 1));
    }
    let output = company.import(&[wrong, "--apply", "--confirm-changes", "12"]);
    assert_eq!(output.status.code(), DONE, "{}", stderr(&output));
    assert_eq!(company.mappings().await, (12, 2));
}

// proves T-88
#[tokio::test]
async fn an_id_that_a_shell_would_run_is_no_answer_of_the_service() {
    for id in ["1", "1; rm -rf ~", "$(id)", "01A216AF-3115-7536-8791-796723826D23", "01a216af31157536879179672382 6d23"]
    {
        let preview = PREVIEW.replace("01a216af-3115-7536-8791-796723826d23", id);
        let url = stub(move |call, stream| {
            let answer = match call.lines().next().unwrap_or_default() {
                line if line.contains("/imports") => whole_answer("201 Created", "application/json", &preview),
                _ => whole_answer("200 OK", "application/json", GROUP),
            };
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sheet.csv");
        fs::write(&file, SAMPLE_SHEET).unwrap();
        let output = command("import", &[file.to_str().unwrap()], &url, "slk_mine").output().unwrap();
        assert_eq!((output.status.code(), stdout(&output).as_str()), (ERROR, ""), "{id}");
        assert_told(&output, "gives no answer of Signline (its JSON: an id that is not a UUID");
    }
}

// proves T-87
#[tokio::test]
async fn the_key_goes_over_plain_http_to_another_machine_only_if_that_is_said() {
    let insecure = "http://signline.invalid:8080";
    for (command_name, arguments) in [("export", &[][..]), ("import", &["-"])] {
        let output = command(command_name, arguments, insecure, "slk_mine").output().unwrap();
        assert_eq!(output.status.code(), USAGE);
        assert_told(&output, "--insecure-http");
        assert!(!stderr(&output).contains("slk_mine"), "{}", stderr(&output));
        let output = command(command_name, &[arguments, &["--url", "http://192.0.2.1"]].concat(), insecure, "slk_mine");
        assert_eq!({ output }.output().unwrap().status.code(), USAGE);
        let said = [arguments, &["--insecure-http"]].concat();
        let output = command(command_name, &said, insecure, "slk_mine").env_remove("http_proxy").output().unwrap();
        assert_eq!(output.status.code(), ERROR);
        assert_told(&output, "can't be reached: ");
    }
    // On this machine, and encrypted, nothing has to be said.
    for url in ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9", "https://127.0.0.1:9"] {
        let output = command("export", &[], url, "slk_mine").output().unwrap();
        assert_eq!(output.status.code(), ERROR, "{url}: {}", stderr(&output));
    }
}

// proves T-87
#[tokio::test]
async fn the_key_follows_no_redirect() {
    let (tell, message) = mpsc::channel();
    let elsewhere = stub(move |call, stream| {
        tell.send(call.to_owned()).unwrap();
        stream.write_all(whole_answer("200 OK", "application/json", GROUP).as_bytes()).unwrap();
    });
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let target = elsewhere.replace("127.0.0.1", "localhost");
        let url = stub(move |_, stream| {
            let moved =
                format!("HTTP/1.1 {status}\r\nlocation: {target}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(moved.as_bytes()).unwrap();
        });
        let output = command("export", &[], &url, "slk_mine").output().unwrap();
        assert_eq!(output.status.code(), ERROR);
        assert_told(&output, "gives no answer of Signline (HTTP status 30");
    }
    assert!(message.try_recv().is_err(), "the key went on");
}

#[tokio::test]
async fn a_stale_preview_tells_who_changed_what() {
    let company = Company::with_sample().await;
    let left = company.import_from_stdin(&sheet(0..3), &[]);
    company.change_one().await;
    let output = company.import(&["--preview", &preview_id(&left), "--apply"]);
    assert_eq!(output.status.code(), STALE);
    let text = stdout(&output);
    let message: Vec<_> = text.lines().rev().take(2).map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!(message[1], ["REVISION", "AT", "BY", "SOURCE", "ADDED", "CHANGED", "REMOVED"]);
    assert_eq!((message[0][0], &message[0][message[0].len() - 4..]), ("2", &["api", "1", "0", "0"][..]), "{text}");
    assert!(text.contains("operator ("), "{text}");
    assert_told(&output, "The mappings changed since the preview.");
    assert_eq!(company.mappings().await, (4, 2));
}

#[tokio::test]
async fn an_edited_export_is_not_taken_if_the_mappings_changed_since() {
    let company = Company::with_sample().await;
    company.change_one().await;
    let output = company.import_from_stdin(SAMPLE_SHEET, &["--if-match", "1", "--apply"]);
    assert_eq!(output.status.code(), STALE);
    assert_told(&output, "The mappings changed since your export");
    let output = company.import_from_stdin(SAMPLE_SHEET, &["--if-match", "\"2\"", "--apply"]);
    assert_eq!(output.status.code(), DONE);
}

#[tokio::test]
async fn long_lists_are_cut_and_say_so() {
    let company = Company::new().await;
    let first = company.import_from_stdin(&sheet(0..1100), &[]);
    let text = stdout(&first);
    assert_eq!(text.lines().filter(|line| line.starts_with("added ")).count(), 20);
    assert!(text.contains("\n… and 1080 more; --all shows them\n"), "{text}");
    let all = stdout(&company.import_from_stdin(&sheet(0..1100), &["--all"]));
    let rows: Vec<_> = all.lines().filter(|line| line.starts_with("added ")).collect();
    assert_eq!(rows.len(), 1100);
    assert!(rows.iter().all(|row| row.find("user") == rows[0].find("user")), "the columns are not lined up");
    assert_eq!(all.matches("PHONE NUMBER").count(), 1);
    let bad = "7635550000,nobody\n".repeat(1200);
    let output = company.import_from_stdin(&format!("PhoneNumber,MEEmailAddress\n{bad}"), &[]);
    assert_eq!(output.status.code(), REJECTED);
    assert_eq!(stdout(&output).lines().count(), 1001);
    assert!(stderr(&output).contains("the first 1000 of "), "{}", stderr(&output));
}

#[tokio::test]
async fn errors_are_one_line_that_says_what_to_do_and_never_holds_the_key() {
    let company = Company::new().await;
    let sheet = company.file("sheet.csv", SAMPLE_SHEET);
    let sheet = sheet.to_str().unwrap();
    let base = company.serving.base.as_str();
    let page = stub(|_, stream| {
        stream.write_all(whole_answer("200 OK", "text/html", "<html>").as_bytes()).unwrap();
    });
    let gateway = stub(|_, stream| {
        stream.write_all(whole_answer("502 Bad Gateway", "text/html", "<html>").as_bytes()).unwrap();
    });
    let elsewhere = stub(|_, stream| {
        let moved =
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(moved.as_bytes()).unwrap();
    });
    let folder = company.folder().to_str().unwrap();
    for (url, key, file, message) in [
        ("http://127.0.0.1:9", "slk_mine", sheet, "http://127.0.0.1:9 can't be reached: Connection refused"),
        (base, "slk_mine", sheet, "Check SIGNLINE_API_KEY. (request "),
        (base, "two words", sheet, "SIGNLINE_API_KEY holds no API key"),
        (base, "", sheet, "SIGNLINE_API_KEY is not set"),
        ("signline.example.com", "slk_mine", sheet, "SIGNLINE_URL: use a URL"),
        (&page, "slk_mine", sheet, "gives no answer of Signline"),
        (&gateway, "slk_mine", sheet, "gives no answer of Signline (HTTP status 502 Bad Gateway)"),
        (&elsewhere, "slk_mine", sheet, "gives no answer of Signline (HTTP status 302 Found)"),
        (base, &company.key, "/no/such.csv", "/no/such.csv: No such file"),
        (base, &company.key, folder, "is a directory"),
    ] {
        let output = command("import", &[file], url, key).output().unwrap();
        assert_eq!((output.status.code(), stdout(&output).as_str()), (ERROR, ""), "{message}");
        assert_told(&output, message);
        let hidden = key.is_empty() || !stderr(&output).contains(key);
        assert!(hidden, "the key is told: {}", stderr(&output));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_under_a_private_authority_is_called_if_its_certificate_is_named() {
    // Any TLS listener will do: what it answers is no matter.
    let elsewhere = Simulator::start(Config::sample()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    fs::write(&authority, elsewhere.ca_pem()).unwrap();
    let mut command = command("export", &[], elsewhere.https_base(), "slk_mine");
    assert_told(&command.output().unwrap(), "can't be reached: ");
    assert_told(&command.env("SSL_CERT_FILE", &authority).output().unwrap(), "gives no answer of Signline");
}

#[tokio::test]
async fn another_group_is_told_before_the_upload() {
    let company = Company::new().await;
    let arguments = ["import", "-", "--business-group", "nobody", "--url", &company.serving.base];
    let output = run(&arguments, &[("SIGNLINE_API_KEY", &company.key)]);
    assert_eq!(output.status.code(), ERROR);
    assert_told(&output, "There is no such business group. (request ");
}

#[tokio::test]
async fn a_wrong_command_line_has_a_status_of_its_own() {
    for arguments in [
        &["import", "--business-group", "abccompany"][..],
        &["import", "sheet.csv"],
        &["import", "sheet.csv", "--business-group", "ABC Company"],
        &["import", "sheet.csv", "--business-group", "abccompany", "--confirm-removals", "3"],
        &["import", "sheet.csv", "--business-group", "abccompany", "--confirm-changes", "3"],
        &["import", "sheet.csv", "--business-group", "abccompany", "--mode", "append"],
        &["import", "sheet.csv", "--business-group", "abccompany", "--if-match", "newest"],
        &["import", "sheet.csv", "--business-group", "abccompany", "--preview", "01a216af-3115-7536-8791-796723826d23"],
        &["export", "--business-group", "abccompany", "--format", "pdf"],
        &["export", "--business-group", "abccompany", "--url", "https://me:secret@signline.example.com"],
    ] {
        let output = run(arguments, &[("SIGNLINE_API_KEY", "slk_mine")]);
        assert_eq!(output.status.code(), USAGE, "{arguments:?}: {}", stderr(&output));
    }
}

#[tokio::test]
async fn an_apply_that_breaks_off_says_how_to_find_out() {
    let url = stub(|call, stream| {
        let answer = match call.lines().next().unwrap_or_default() {
            line if line.contains("/apply") => return,
            line if line.contains("/imports") => whole_answer("201 Created", "application/json", PREVIEW),
            _ => whole_answer("200 OK", "application/json", GROUP),
        };
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sheet.csv");
    fs::write(&file, SAMPLE_SHEET).unwrap();
    let output = command("import", &[file.to_str().unwrap(), "--apply"], &url, "slk_mine").output().unwrap();
    assert_eq!(output.status.code(), ERROR);
    assert_told(&output, "whether it was applied is not known");
    assert_told(
        &output,
        "signline import --preview 01a216af-3115-7536-8791-796723826d23 --business-group abccompany --apply",
    );
    assert!(stdout(&output).starts_with("ABC \\u{1b}[2J (abccompany)"), "{}", stdout(&output));
}

#[tokio::test]
async fn an_export_that_is_imported_changes_nothing() {
    let company = Company::with_mappings(1500).await;
    let file = company.folder().join("export.csv");
    let exported = company.export(&["--output", file.to_str().unwrap()]);
    assert_eq!((exported.status.code(), stdout(&exported).as_str()), (DONE, ""));
    assert_eq!(stderr(&exported), "the mappings of abccompany as of revision 1\n");
    let printed = company.export(&[]);
    assert_eq!((printed.status.code(), stdout(&printed)), (DONE, fs::read_to_string(&file).unwrap()));
    let imported = company.import(&[file.to_str().unwrap(), "--if-match", "1"]);
    assert!(stdout(&imported).contains("0 added, 0 changed, 0 removed, 1500 unchanged"), "{}", stdout(&imported));
}

#[tokio::test]
async fn a_reader_who_has_had_enough_makes_no_error() {
    let company = Company::with_mappings(1500).await;
    let mut command = company.command("export", &[]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).matches("pipe").count()), (DONE, 0));
}

#[tokio::test]
async fn an_export_takes_the_place_of_a_file_and_of_nothing_else() {
    let company = Company::with_sample().await;
    let old = company.file("old.csv", "old");
    let link = company.folder().join("link.csv");
    std::os::unix::fs::symlink(&old, &link).unwrap();
    assert_eq!(company.export(&["--output", link.to_str().unwrap()]).status.code(), DONE);
    assert_eq!(fs::read_to_string(&old).unwrap(), SAMPLE_SHEET);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let mode = fs::metadata(&old).unwrap().permissions().mode();
    assert_eq!(mode & 0o600, 0o600);
    for (place, message) in [("/dev/null", "is not a file"), (company.folder().to_str().unwrap(), "is a directory")] {
        let output = company.export(&["--output", place]);
        assert_eq!(output.status.code(), ERROR);
        assert_told(&output, message);
    }
}

#[tokio::test]
async fn an_export_that_is_not_whole_leaves_the_file_as_it_was() {
    const CHUNKED: &str = "transfer-encoding: chunked\r\n";
    const ROWS: &str = "1c\r\nPhoneNumber,MEEmailAddress\r\n\r\n";
    for (header, body, message) in [
        (CHUNKED, ROWS, "broke off"),
        ("content-length: 100\r\n", "PhoneNumber,MEEmailAddress\r\n", "broke off"),
        ("connection: close\r\n", "PhoneNumber,MEEmailAddress\r\n", "whole"),
    ] {
        let url = stub(move |_, stream| {
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n{header}\r\n{body}");
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("export.csv");
        fs::write(&file, "old").unwrap();
        let output = command("export", &["--output", file.to_str().unwrap()], &url, "slk_mine").output().unwrap();
        assert_eq!(output.status.code(), ERROR, "{message}");
        assert_told(&output, message);
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something is left beside the file");
    }
}

#[tokio::test]
async fn an_export_that_is_interrupted_leaves_nothing() {
    let url = stub(|_, stream| {
        let begin = "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: 100\r\n\r\nPhoneNumber";
        stream.write_all(begin.as_bytes()).unwrap();
        thread::sleep(TIMEOUT);
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.csv");
    let mut command = command("export", &["--output", file.to_str().unwrap()], &url, "slk_mine");
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while fs::read_dir(folder.path()).unwrap().count() == 0 {
        assert!(begun.elapsed() < TIMEOUT, "no file is begun");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), ERROR);
    assert_told(&output, "interrupted");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_help_tells_the_exit_statuses_and_where_the_key_is_read() {
    for command in ["import", "export"] {
        let help = signline(&[command, "--help"], &[]).output().unwrap();
        let text = stdout(&help);
        assert!(text.contains("Exit status:") && text.contains("SIGNLINE_API_KEY"), "{text}");
        assert!(text.contains("[env: SIGNLINE_URL] [default: http://127.0.0.1:8080]"), "{text}");
    }
}

#[tokio::test]
async fn a_dropped_preview_is_told() {
    let company = Company::new().await;
    let left = company.import_from_stdin(SAMPLE_SHEET, &[]);
    let id = preview_id(&left);
    assert_eq!(company.call(Method::DELETE, &format!("/abccompany/imports/{id}"), None).await.0, 204);
    let output = company.import(&["--preview", &id, "--apply"]);
    assert_eq!(output.status.code(), ERROR);
    assert_told(&output, "There is no such import");
}

/// The last line on the standard error stream is the program's, and tells this.
fn assert_told(output: &Output, text: &str) {
    let message = stderr(output);
    let line = message.lines().last().unwrap_or_default();
    assert!(line.starts_with("signline: ") && line.contains(text), "{message}");
    assert_eq!(message.matches("signline: ").count(), 1, "{message}");
}
