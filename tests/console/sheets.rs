//! Sheets that are refused, that take much away, and the way back.

use std::fmt::Write;

use reqwest::Method;
use serde_json::json;
use test_support::app::SAMPLE_SHEET;

use crate::story::Story;
use crate::world::{GROUP, World};

/// The company with a key of its administrator.
async fn company(world: &World) -> String {
    world.company(GROUP, "ABC Company", "+1763555").await;
    world.key("business-group-admin", GROUP).await
}

/// A sheet of so many people.
fn sheet(people: usize) -> String {
    let mut sheet = "PhoneNumber,MEEmailAddress\r\n".to_owned();
    for at in 1..=people {
        write!(sheet, "763555{at:04},person{at}@abccompany.com\r\n").unwrap();
    }
    sheet
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_problems_of_a_bad_sheet_are_told_by_line_and_can_be_downloaded() {
    let story = Story { refusals: &[422], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.sign_in_with_key(world, &key).await;
            let bad = "PhoneNumber,MEEmailAddress\r\n7635551111,bobsmith@abccompany.com\r\n\
                       2125550000,ann@abccompany.com\r\n7635552222,no address\r\n7635551111,eve@abccompany.com\r\n";
            browser.upload("bad.csv", bad).await;
            browser.reads("bad.csv has 3 problems").await;
            let problems = browser.run(
                "return [...document.querySelectorAll('[data-test=problems] tbody tr')].map((row) => \
                 row.cells[0].innerText.trim() + ' ' + row.querySelector('[data-code]').dataset.code).join()",
            );
            let shown = problems.await;
            browser.click("button", "Download the problems").await;
            let (name, file) = browser.downloaded().await;
            assert_eq!(name, "problems.csv");
            let file = String::from_utf8(file).unwrap();
            let rows: Vec<_> = file.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>()).collect();
            assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), ["3", "4", "5"], "{file}");
            for (row, shown) in rows.iter().zip(shown.as_str().unwrap().split(',')) {
                assert!(shown.starts_with(row[0]), "{shown}");
                assert!(row.iter().any(|cell| Some(*cell) == shown.split(' ').nth(1)), "{shown} {row:?}");
            }

            browser.choose_file(&browser.file("good.csv", SAMPLE_SHEET)).await;
            browser.the("heading", "Review changes").await;
            assert_eq!(browser.counts().await, ["3", "0", "0", "0"]);
            browser.click("button", "Discard").await;
            browser.the("heading", "Upload a sheet").await;

            browser.click("radio", "Additions and changes…").await;
            browser.choose_file(&browser.file("bad.csv", bad)).await;
            browser.click("button", "Leave these rows out").await;
            browser.the("heading", "Review changes").await;
            assert_eq!(browser.counts().await, ["1", "0", "0", "0"]);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sheet_that_takes_much_away_has_to_be_confirmed_and_can_be_taken_back() {
    let story = Story { refusals: &[409, 422], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.sign_in_with_key(world, &key).await;
            browser.upload("all.csv", sheet(12)).await;
            browser.click("button", "Import 12 changes").await;
            browser.reads("The mappings are at revision 1 now.").await;

            browser.go_to("Mappings").await;
            browser.click("link", "Upload a sheet").await;
            browser.drop_file("few.csv", &sheet(5)).await;
            browser.the("heading", "Review changes").await;
            assert_eq!(browser.counts().await, ["0", "0", "7", "5"]);
            browser.click("button", "Import 7 changes").await;
            browser.the("heading", "Remove 7 mappings?").await;
            browser.fill("textbox", "Type 7 to confirm", "12").await;
            browser.click("button", "Remove and import").await;
            browser.reads("That is not the number.").await;
            browser.fill("textbox", "Type 7 to confirm", "7").await;
            browser.click("button", "Remove and import").await;
            browser.reads("The mappings are at revision 2 now.").await;
            browser.go_to("Mappings").await;
            browser.reads("5 mappings").await;

            browser.go_to("History").await;
            browser.click("button", "Restore revision 1").await;
            browser.the("heading", "Restore revision 1?").await;
            browser.click("button", "Restore").await;
            browser.reads("Revision 1 is restored: 7 added, 0 changed, 0 removed").await;
            browser.go_to("Mappings").await;
            browser.reads("12 mappings").await;
            browser.click("button", "Export All").await;
            assert_eq!(browser.downloaded().await.1, sheet(12).as_bytes());

            browser.click("button", "Export as Excel").await;
            let (name, workbook) = browser.downloaded().await;
            browser.upload(&name, workbook).await;
            browser.the("button", "Import (nothing changes)").await;
            assert_eq!(browser.counts().await, ["0", "0", "0", "12"]);
        })
        .await;
}

// proves T-55
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sheet_whose_column_slipped_is_told_before_it_is_imported_and_has_to_be_confirmed() {
    let story = Story { refusals: &[409, 422], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.sign_in_with_key(world, &key).await;
            browser.upload("right.csv", sheet(12)).await;
            browser.click("button", "Import 12 changes").await;
            browser.reads("The mappings are at revision 1 now.").await;

            let right = sheet(12);
            let mut lines: Vec<_> = right.lines().map(|line| line.split_once(',').unwrap()).collect();
            let addresses: Vec<_> = lines[1..].iter().map(|(_, address)| *address).collect();
            for (line, address) in lines[1..].iter_mut().zip(addresses.iter().cycle().skip(11)) {
                line.1 = address;
            }
            let mut slipped = String::new();
            for (number, address) in lines {
                write!(slipped, "{number},{address}\r\n").unwrap();
            }
            browser.go_to("Mappings").await;
            browser.click("link", "Upload a sheet").await;
            browser.choose_file(&browser.file("slipped.csv", slipped)).await;
            browser.the("heading", "Review changes").await;
            browser.reads("12 people would get somebody else's number.").await;
            browser.click("button", "Import 12 changes").await;
            browser.the("heading", "Give 12 people somebody else's number?").await;
            browser.fill("textbox", "Type 12 to confirm", "yes").await;
            browser.click("button", "Change and import").await;
            browser.reads("That is not the number.").await;
            browser.fill("textbox", "Type 12 to confirm", "12").await;
            browser.click("button", "Change and import").await;
            browser.reads("The mappings are at revision 2 now.").await;
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_changed_since_a_sheet_was_looked_at_is_told_before_it_is_imported() {
    let story = Story { refusals: &[409], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            let key = company(world).await;
            browser.sign_in_with_key(world, &key).await;
            browser.upload("lines.csv", SAMPLE_SHEET).await;
            browser.the("button", "Import 3 changes").await;
            let path = format!("/v1/business-groups/{GROUP}/mappings/7635551111");
            world.operate(Method::PUT, &path, json!({"email": "bobsmith@abccompany.com"})).await;
            browser.click("button", "Import 3 changes").await;
            browser.reads("The mappings have changed since you reviewed the sheet").await;
            browser.click("button", "Review the sheet again").await;
            browser.click("button", "Import 2 changes").await;
            browser.reads("The sheet is imported.").await;
        })
        .await;
}
