//! What the files of the console hold: no other host, no script or style inside a page, and all of its words.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

/// A file of the page.
pub(crate) struct ConsoleFile {
    /// Its path below `/console/`.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) bytes: Vec<u8>,
}

impl ConsoleFile {
    /// Whether it is of Microsoft's library, which the page fetches for signing in with Microsoft.
    pub(crate) fn is_of_microsoft(&self) -> bool {
        self.path.starts_with("vendor/msal-browser/")
    }

    /// Whether it is our own.
    fn is_own(&self) -> bool {
        !self.path.starts_with("vendor/")
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    fn is_script(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|ending| ending == "js")
    }
}

/// What stands in the folder and is no part of the page: by what its libraries are fetched, and its types and rules checked.
const TOOLS: [&str; 4] = ["package.json", "package-lock.json", "biome.json", "tsconfig.json"];

/// The files of the page: all of the folder but [`TOOLS`].
pub(crate) fn console_files() -> Vec<ConsoleFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    files.retain(|file| !TOOLS.contains(&file.path.as_str()));
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<ConsoleFile>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let bytes = fs::read(&path).unwrap();
            files.push(ConsoleFile { path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), bytes });
        }
    }
}

/// How many bytes are loaded for each view, besides Microsoft's library: the page, and the view's own modules.
pub(crate) fn loaded_with_each_view() -> BTreeMap<String, usize> {
    let files: BTreeMap<_, _> = console_files().into_iter().map(|file| (file.path.clone(), file)).collect();
    let mut frame: BTreeSet<_> = ["index.html", "style.css", "icon.svg", "text.en.json"].map(str::to_owned).into();
    reach(&files, "js/main.js", &mut frame);
    let index = &files["js/views/index.js"];
    let views: BTreeSet<_> = imports(index, "import(").into_iter().collect();
    let loaded = |view: String| {
        let mut all = frame.clone();
        reach(&files, &view, &mut all);
        let bytes = all.iter().map(|path| files[path].bytes.len()).sum();
        (view, bytes)
    };
    views.into_iter().map(loaded).collect()
}

/// Adds a module and what it imports.
fn reach(files: &BTreeMap<String, ConsoleFile>, path: &str, reached: &mut BTreeSet<String>) {
    if reached.insert(path.to_owned()) {
        for import in imports(&files[path], "from") {
            reach(files, &import, reached);
        }
    }
}

/// The paths that a module names after a word: `from "…"`, `import("…")`.
fn imports(file: &ConsoleFile, word: &str) -> Vec<String> {
    let after = file.text().split(word).skip(1);
    let named = after.filter_map(|rest| rest.trim_start_matches(' ').strip_prefix('"')?.split('"').next());
    let relative = named.filter(|path| path.starts_with('.'));
    relative.map(|path| resolve(&file.path, path)).collect()
}

fn resolve(from: &str, to: &str) -> String {
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in to.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[test]
fn every_import_leads_to_a_file_of_the_page() {
    let files = console_files();
    let paths: BTreeSet<_> = files.iter().map(|file| file.path.clone()).collect();
    let own_scripts: Vec<_> = files.iter().filter(|file| file.is_own() && file.is_script()).collect();
    assert!(own_scripts.len() > 20);
    let mut imported: BTreeSet<_> = ["js/main.js".to_owned()].into();
    for file in own_scripts {
        let all = imports(file, "from").into_iter().chain(imports(file, "import("));
        imported.extend(all.inspect(|path| assert!(paths.contains(path), "{} imports {path}", file.path)));
    }
    let unused: Vec<_> = paths.iter().filter(|path| path.starts_with("js/") && !imported.contains(*path)).collect();
    assert!(unused.is_empty(), "nobody imports {unused:?}");
}

// proves T-95
#[test]
fn no_file_names_another_host() {
    for file in console_files().iter().filter(|file| file.is_own()) {
        // The name of a namespace is fetched by nobody.
        let text = file.text().replace("http://www.w3.org/2000/svg", "");
        // In a script, what stands after `@import` is a type, in a comment.
        let of_styles = ["@import", "url("].into_iter().filter(|_| !file.is_script());
        for mark in ["http://", "https://", "\"//", "'//"].into_iter().chain(of_styles) {
            assert!(!text.contains(mark), "{}: {mark}", file.path);
        }
    }
}

// proves T-94
#[test]
fn no_script_or_style_stands_in_a_page_and_no_text_becomes_one() {
    for file in console_files().iter().filter(|file| file.is_own()) {
        let text = file.text();
        for mark in
            [" style=", "<style", "javascript:", "innerHTML", "unsafeHTML", "insertAdjacentHTML", "eval(", "onclick="]
        {
            assert!(!text.contains(mark), "{}: {mark}", file.path);
        }
        for script in text.split("<script").skip(1) {
            assert!(script.starts_with(" type=\"module\" src="), "{}", file.path);
        }
    }
}

// proves T-95
#[test]
fn nothing_is_kept_longer_than_a_tab() {
    for file in console_files().iter().filter(|file| file.is_own()) {
        for mark in ["localStorage", "document.cookie", "indexedDB"] {
            assert!(!file.text().contains(mark), "{}: {mark}", file.path);
        }
    }
}

#[test]
fn every_text_that_is_used_is_there_and_every_one_that_is_there_is_used() {
    let files = console_files();
    let words = files.iter().find(|file| file.path == "text.en.json").unwrap();
    let words: BTreeMap<String, Value> = serde_json::from_slice(&words.bytes).unwrap();
    let mut used = BTreeSet::new();
    for file in files.iter().filter(|file| file.is_own() && file.is_script()) {
        let quoted: BTreeSet<_> = file.text().split('"').filter(|text| is_key(text)).collect();
        // A text of one word is known by the call alone: `t("save")`.
        let asked =
            file.text().match_indices("t(\"").filter(|(at, _)| !file.text()[..*at].ends_with(char::is_alphanumeric));
        let asked = asked.filter_map(|(at, mark)| file.text()[at + mark.len()..].split('"').next());
        used.extend(quoted.into_iter().chain(asked).map(str::to_owned));
    }
    let missing: Vec<_> = used.iter().filter(|key| !words.contains_key(*key)).collect();
    assert!(missing.is_empty(), "there is no text of {missing:?}");
    let unused: Vec<_> = words.keys().filter(|key| !used.contains(*key)).collect();
    assert!(unused.is_empty(), "nobody uses {unused:?}");
}

/// Whether a text in quotes looks like the key of a text: words with dots between them, and no name of a file.
fn is_key(text: &str) -> bool {
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let names_file = ["js", "json", "svg", "csv", "xlsx"].iter().any(|ending| text.ends_with(&format!(".{ending}")));
    // What MSAL keeps in the tab's storage is named in this way too.
    text.split('.').all(is_word) && text.contains('.') && !names_file && !text.starts_with("msal.")
}

#[test]
fn texts_with_a_number_have_a_form_for_one_and_for_others() {
    let files = console_files();
    let words = files.iter().find(|file| file.path == "text.en.json").unwrap();
    let words: BTreeMap<String, Value> = serde_json::from_slice(&words.bytes).unwrap();
    for (key, text) in words {
        match text {
            Value::String(text) => assert!(!text.trim().is_empty(), "{key}"),
            Value::Object(forms) => {
                let names: Vec<_> = forms.keys().map(String::as_str).collect();
                assert_eq!(names, ["one", "other"], "{key}");
            }
            other => panic!("{key}: {other}"),
        }
    }
}
