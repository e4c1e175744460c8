//! The pictures of the console in `docs/images/`: `make screenshots`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::browser::{NARROW, USUAL};
use crate::story::Story;
use crate::views;

/// The views that are drawn in the dark as well, and those as a telephone shows them.
const DARK: [&str; 2] = ["overview", "mappings"];
const ON_A_TELEPHONE: [&str; 2] = ["line", "mappings"];

#[test]
fn every_picture_stands_in_the_page_of_the_console() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shown_in = |page: &str, folder: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(root.join(page)).unwrap();
        text.split(folder).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let drawn = fs::read_dir(root.join("docs/images")).expect("pictures are missing: run make screenshots");
    let drawn: BTreeSet<_> = drawn.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(shown_in("docs/console.md", "\"images/"), drawn);
    let first = shown_in("README.md", "\"docs/images/");
    assert!(!first.is_empty() && first.is_subset(&drawn), "{first:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it writes into docs/images/: make screenshots"]
async fn every_view_is_drawn() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
    fs::create_dir_all(&folder).unwrap();
    let story = Story { refusals: &[403, 409, 422], ..Story::USUAL };
    story
        .tell(async |world, browser| {
            browser.prefer("light").await;
            let draw = async |view: &str| {
                views::steady(browser).await;
                browser.web.screenshot(&folder.join(format!("{view}.png"))).await.unwrap();
                if DARK.contains(&view) {
                    browser.prefer("dark").await;
                    browser.web.screenshot(&folder.join(format!("{view}-dark.png"))).await.unwrap();
                    browser.prefer("light").await;
                }
                if ON_A_TELEPHONE.contains(&view) {
                    browser.resize(NARROW).await;
                    browser.web.screenshot(&folder.join(format!("{view}-narrow.png"))).await.unwrap();
                    browser.resize(USUAL).await;
                }
            };
            views::walk(world, browser, &draw).await;
        })
        .await;
}
