//! `signline import` and `signline export` as somebody at a terminal runs them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};

use reqwest::Method;
use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use test_support::app::{SAMPLE_SHEET, TIMEOUT};

use crate::client_support::{Company, GROUP, PREVIEW, command, preview_id, sheet, slipped, stub, whole_answer};

const UNAVAILABLE: &str = r#"{"type": "/problems/unavailable", "title": "No", "status": 503, "detail": "Later."}"#;

/// A program on a pseudo terminal.
struct Terminal(PtySession);

impl Terminal {
    fn run(mut command: Command) -> Self {
        command.stdin(Stdio::inherit()).env("TERM", "xterm");
        let timeout = u64::try_from(TIMEOUT.as_millis()).unwrap();
        Self(spawn_command(command, Some(timeout)).unwrap())
    }

    fn import(company: &Company, file: &Path, arguments: &[&str]) -> Self {
        Self::run(company.command("import", &[&[file.to_str().unwrap()], arguments].concat()))
    }

    /// Waits until it says this: what it said before.
    fn says(&mut self, text: &str) -> String {
        self.0.exp_string(text).unwrap_or_else(|error| panic!("{text} is not said: {error}"))
    }

    fn answer(&mut self, line: &str) {
        self.0.send_line(line).unwrap();
    }

    /// What it says to its end, and its exit status.
    fn end(mut self) -> (String, i32) {
        let rest = self.0.exp_eof().unwrap();
        match self.0.process().wait().unwrap() {
            WaitStatus::Exited(_, status) => (rest, status),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_yes_applies_what_was_shown() {
    let company = Company::new().await;
    let file = company.file("sheet.csv", SAMPLE_SHEET);
    for (answer, expected) in [("y", "revision 1"), ("YES", "revision 2")] {
        let mut terminal = Terminal::import(&company, &file, &[]);
        let shown = terminal.says("Apply? [y/N] ");
        assert!(shown.contains("\nadded   +1763555"), "{shown}");
        terminal.answer(answer);
        let (screen, status) = terminal.end();
        assert_eq!(status, 0);
        assert!(screen.contains(expected), "{screen}");
        company.file("sheet.csv", &format!("{SAMPLE_SHEET}7635554444,new@abccompany.com\r\n"));
    }
    assert_eq!(company.mappings().await, (4, 2));
}

#[tokio::test]
async fn anything_but_a_yes_drops_the_preview() {
    let company = Company::new().await;
    let file = company.file("sheet.csv", SAMPLE_SHEET);
    for answer in ["n", "", "yo"] {
        let mut terminal = Terminal::import(&company, &file, &[]);
        terminal.says("Apply? [y/N] ");
        terminal.answer(answer);
        let (screen, status) = terminal.end();
        assert_eq!(status, 5);
        assert!(screen.contains("signline: the preview is dropped; nothing was changed"), "{screen}");
    }
    let mut terminal = Terminal::import(&company, &file, &[]);
    terminal.says("Apply? [y/N] ");
    terminal.0.send_control('d').unwrap();
    assert_eq!(terminal.end().1, 5);
    assert_eq!(company.mappings().await, (0, 0));
}

#[tokio::test]
async fn a_preview_that_is_declined_can_not_be_applied_any_more() {
    let company = Company::new().await;
    let left = company.import_from_stdin(SAMPLE_SHEET, &[]);
    let id = preview_id(&left);
    let mut terminal = Terminal::run(company.command("import", &["--preview", &id]));
    terminal.says("Apply? [y/N] ");
    terminal.answer("n");
    assert_eq!(terminal.end().1, 5);
    assert_eq!(company.call(Method::GET, &format!("/abccompany/imports/{id}"), None).await.0, 404);
}

#[tokio::test]
async fn a_large_removal_wants_its_number() {
    let company = Company::with_mappings(12).await;
    let file = company.file("few.csv", &sheet(0..3));
    for (answer, status, mappings) in [("y", 5, (12, 1)), ("8", 5, (12, 1)), ("9", 0, (3, 2))] {
        let mut terminal = Terminal::import(&company, &file, &[]);
        terminal.says("This would remove 9 of 12 mappings");
        terminal.says("Type the number of removals to apply it");
        terminal.answer(answer);
        assert_eq!(terminal.end().1, status, "{answer}");
        assert_eq!(company.mappings().await, mappings, "{answer}");
    }
}

#[tokio::test]
async fn a_column_that_slipped_wants_its_number() {
    let company = Company::with_mappings(12).await;
    let file = company.file("slipped.csv", &slipped(12));
    for (answer, status, mappings) in [("y", 5, (12, 1)), ("11", 5, (12, 1)), ("12", 0, (12, 2))] {
        let mut terminal = Terminal::import(&company, &file, &[]);
        terminal.says("12 people would get somebody else's number");
        terminal.says("This would give 12 of 12 people a number");
        terminal.says("Type the number of people who get another's number to apply it");
        terminal.answer(answer);
        assert_eq!(terminal.end().1, status, "{answer}");
        assert_eq!(company.mappings().await, mappings, "{answer}");
    }
}

#[tokio::test]
async fn nobody_is_asked_who_has_said_so_already() {
    let company = Company::new().await;
    let file = company.file("sheet.csv", SAMPLE_SHEET);
    let (screen, status) = Terminal::import(&company, &file, &["--apply", "--yes"]).end();
    assert_eq!(status, 0);
    assert!(!screen.contains('?') && screen.contains("Applied"), "{screen}");
}

#[tokio::test]
async fn long_work_shows_how_far_it_is() {
    let (go, gone) = mpsc::channel();
    let gone = Mutex::new(gone);
    let url = stub(move |call, stream| {
        let line = call.lines().next().unwrap();
        if line.starts_with("POST") {
            gone.lock().unwrap().recv_timeout(TIMEOUT * 2).unwrap();
        }
        let answer = match line {
            line if line.contains("/apply") => whole_answer("503 No", "application/problem+json", UNAVAILABLE),
            line if line.contains("/imports") => whole_answer("201 Created", "application/json", PREVIEW),
            _ => whole_answer("200 OK", "application/json", GROUP),
        };
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sheet.csv");
    std::fs::write(&file, SAMPLE_SHEET).unwrap();
    let mut terminal = Terminal::run(command("import", &[file.to_str().unwrap(), "--apply"], &url, "slk_mine"));
    terminal.says("the service checks the file");
    go.send(()).unwrap();
    terminal.says("the service applies the file");
    go.send(()).unwrap();
    let (screen, status) = terminal.end();
    assert!(screen.contains("signline: No: Later."), "{screen}");
    assert_eq!(status, 1);
}

#[tokio::test]
async fn an_export_holds_nothing_that_the_terminal_would_obey() {
    let url = stub(|_, stream| {
        let answer = whole_answer("200 OK", "text/csv", "7635551111,\u{1b}[2J\u{9b}2J@abccompany.com\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let (screen, status) = Terminal::run(command("export", &[], &url, "slk_mine")).end();
    assert_eq!((screen.as_str().trim_end(), status), ("7635551111,?[2J??2J@abccompany.com", 0));
}

#[tokio::test]
async fn a_workbook_is_not_written_to_a_terminal() {
    let terminal = Terminal::run(command("export", &["--format", "xlsx"], "http://127.0.0.1:9", "slk_mine"));
    let (screen, status) = terminal.end();
    assert!(screen.contains("--output"), "{screen}");
    assert_eq!(status, 1);
}
