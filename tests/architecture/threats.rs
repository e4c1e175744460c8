//! The threat model and the tests that prove its walls name each other: SECURITY.md has an id for each threat, and a
//! test says `// proves T-17` above itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::collect;

/// How the comment above a test begins. The ids stand after it, with `, ` between them.
const MARK: &str = "// proves ";

/// Where tests stand.
const FOLDERS: [&str; 2] = ["src", "tests"];

/// A threat model that names tests which are gone proves nothing, and neither does a test of a threat that nobody has
/// named.
#[test]
fn every_threat_has_a_test_and_every_mark_names_a_threat() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (threats, proofs) = (threats(root), proofs(root));
    let without: Vec<_> = threats.iter().filter(|id| !proofs.contains_key(*id)).collect();
    assert!(without.is_empty(), "no test says that it proves the wall against {without:?} of SECURITY.md");
    let unknown: Vec<_> = proofs.iter().filter(|(id, _)| !threats.contains(*id)).collect();
    assert!(unknown.is_empty(), "tests name threats that are not in SECURITY.md: {unknown:?}");
    let tests = proofs.values().flatten().count();
    assert!(threats.len() > 90 && tests > 200, "{} threats, {tests} tests", threats.len());
}

/// The ids of the threats: the first cells of the tables of SECURITY.md.
fn threats(root: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(root.join("SECURITY.md")).expect("SECURITY.md");
    let mut ids = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with("| T-")) {
        let id = row.split('|').nth(1).unwrap_or_default().trim();
        assert!(ids.insert(id.to_owned()), "{id} stands twice in SECURITY.md");
    }
    ids
}

/// The ids that are named above tests, each with these tests.
fn proofs(root: &Path) -> BTreeMap<String, Vec<String>> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut files);
    }
    let mut proofs = BTreeMap::<String, Vec<String>>::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable file");
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(ids) = line.strip_prefix(MARK) else { continue };
            let test = test_below(&text, &lines[at..]);
            let test = test.unwrap_or_else(|| panic!("{}:{}: no test stands below", file.display(), at + 1));
            for id in ids.split(", ") {
                proofs.entry(id.to_owned()).or_default().push(test.to_owned());
            }
        }
    }
    proofs
}

/// The name of the test to which a mark belongs, which is the first of these lines. A test has an attribute that says
/// so, or is a case that a macro of the same file stamps for both engines, and so stands there by name once more.
fn test_below<'a>(file: &str, lines: &[&'a str]) -> Option<&'a str> {
    let above = lines.iter().take_while(|line| line.starts_with("//") || line.starts_with("#[")).count();
    let (_, function) = lines.get(above)?.split_once("fn ")?;
    let name = function.split('(').next()?;
    let is_marked = lines[..above].iter().any(|line| line.starts_with("#[") && line.contains("test"));
    let is_stamped = || file.contains("on_both_engines!") && file.matches(name).count() > 1;
    (is_marked || is_stamped()).then_some(name)
}
