//! Who may import whom, one way and without circles: each path in the source is checked against one table. And what the
//! documents say of the code.

mod import_graph;
mod problems_page;
mod settings_page;
mod threats;

use std::fs;
use std::path::{Path, PathBuf};

use crate::import_graph::Crate;

/// A module of the crate, the modules it may use, and outside crates that it must not name.
const RULES: &[(&str, &[&str], &[&str])] = &[
    ("domain", &["domain"], &["actix", "sqlx", "reqwest", "serde", "tokio", "async_trait"]),
    ("ports", &["ports", "domain"], &["actix", "sqlx", "reqwest", "serde"]),
    ("auth", &["auth", "ports", "domain"], &["actix", "sqlx", "reqwest"]),
    ("access", &["access", "ports", "domain"], &["actix", "sqlx", "reqwest"]),
    ("tenants", &["tenants", "ports", "domain"], &["actix", "sqlx", "reqwest"]),
    ("mappings", &["mappings", "ports", "domain"], &["actix", "sqlx", "reqwest"]),
    ("api_keys", &["api_keys", "ports", "domain"], &["actix", "sqlx", "reqwest"]),
    ("audit", &["audit", "ports", "domain"], &["actix", "sqlx", "reqwest"]),
    ("import", &["import", "ports", "domain"], &["actix", "sqlx", "reqwest"]),
    ("export", &["export", "ports", "domain"], &["actix", "sqlx", "reqwest"]),
    ("consent", &["consent", "ports", "domain"], &["actix", "sqlx", "reqwest"]),
    ("store", &["store", "ports", "domain"], &["actix", "reqwest"]),
    ("entra", &["entra", "ports", "domain"], &["actix", "sqlx"]),
    (
        "http",
        &[
            "http", "auth", "access", "tenants", "mappings", "api_keys", "audit", "import", "export", "consent",
            "ports", "domain",
        ],
        &["sqlx", "reqwest"],
    ),
    ("client", &["client", "domain"], &["actix", "sqlx"]),
    ("config", &["config", "domain"], &["actix", "sqlx", "reqwest"]),
    ("telemetry", &["telemetry", "config"], &["actix", "sqlx", "reqwest"]),
    ("maintenance", &["maintenance", "consent", "ports"], &["actix", "sqlx", "reqwest"]),
];

/// These put it all together, and may name everything.
const FREE: [&str; 2] = ["bootstrap", "cli"];

/// The root files of the crates whose modules are looked at.
const CRATES: [&str; 2] = ["src/lib.rs", "entra-sim/src/lib.rs"];

fn read(root: &str) -> Crate {
    Crate::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(root))
}

#[test]
fn modules_import_one_way() {
    let signline = read(CRATES[0]);
    let mut broken = Vec::new();
    let mut count = 0;
    for (path, module) in signline.modules() {
        let Some(top) = path.first().filter(|top| !FREE.contains(&top.as_str())) else { continue };
        let rule = RULES.iter().find(|(name, ..)| name == top);
        let (_, may, must_not) = rule.unwrap_or_else(|| panic!("{top} has no rule: whom may it import?"));
        let wrong = module.uses().filter(|used| !may.contains(used));
        let foreign = must_not.iter().copied().filter(|name| module.names(name));
        broken.extend(wrong.chain(foreign).map(|name| format!("{} uses {name}", path.join("::"))));
        count += 1;
    }
    assert!(count > 150, "{count} modules");
    broken.dedup();
    assert!(broken.is_empty(), "against the rule of ARCHITECTURE.md:\n{}", broken.join("\n"));
}

#[test]
fn no_module_leads_back_to_itself() {
    for root in CRATES {
        let loops = read(root).loops();
        let circles: Vec<_> = loops.iter().map(|found| found.join(" → ")).collect();
        assert!(circles.is_empty(), "modules of {root} import each other in a circle:\n{}", circles.join("\n"));
    }
}

/// Where a name comes from must be seen where it is used: a star hides it, and takes in whatever is added later.
#[test]
fn nothing_but_tests_imports_all_names_of_another() {
    for root in CRATES {
        let read = read(root);
        let stars = read.modules().flat_map(|(path, module)| module.globs().map(move |from| (path.join("::"), from)));
        let stars: Vec<_> = stars.map(|(path, from)| format!("{path}: use {from}::*")).collect();
        assert!(stars.is_empty(), "imports of all names, in {root}:\n{}", stars.join("\n"));
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// How a statement says whose mappings it means.
const OF_A_GROUP: [&str; 6] = [
    "group_key = $",
    "group_key = {group}",
    "g.id = $1",
    "g.tenant_id = $1",
    "WHERE id = $1",
    "INSERT INTO mappings (phone_number, group_key,",
];

/// What is looked up in all groups at once, for operators and directories: the beginnings of these statements, by their files.
const IN_ALL_GROUPS: [(&str, &str); 2] = [
    ("dialect.rs", "SELECT g.id AS group_id, m.phone_number, m.email FROM mappings m"),
    ("mapping_search.rs", "SELECT g.id AS group_id,"),
];

// proves T-33
#[test]
fn every_statement_over_mappings_names_its_group() {
    let (mut files, mut checked) = (Vec::new(), 0);
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable file");
        for statement in statements(&text) {
            let reads = ["FROM mappings", "JOIN mappings", "UPDATE mappings", "INTO mappings", "SELECT_MAPPINGS"];
            // The one beginning of others, which are looked at where they are put together.
            let is_beginning = file.ends_with("mapping_rows.rs") && statement.ends_with("WHERE ");
            let is_in_all =
                IN_ALL_GROUPS.iter().any(|(name, beginning)| file.ends_with(name) && statement.starts_with(beginning));
            if !is_beginning && !is_in_all && reads.iter().any(|part| statement.contains(part)) {
                let names_group = OF_A_GROUP.iter().any(|part| statement.contains(part));
                assert!(names_group, "{}: this names no group: {statement}", file.display());
                checked += 1;
            }
        }
    }
    assert!(checked >= 28, "{checked}");
}

/// The texts of a file, each as it is put together: those of a `concatcp!` with the names that stand between them.
fn statements(source: &str) -> Vec<String> {
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |code, line| code + line + "\n");
    let mut statements = Vec::new();
    let mut rest = code.as_str();
    while let Some(start) = rest.find('"') {
        let put_together = rest[..start].rfind("concatcp!(").filter(|at| !rest[*at..start].contains(';'));
        if let Some(at) = put_together {
            let end = rest[at..].find(");\n").map_or(rest.len(), |end| at + end);
            statements.push(rest[at..end].to_owned());
            rest = &rest[end..];
        } else {
            let text = &rest[start + 1..];
            let end = end_of_text(text);
            statements.push(text[..end].to_owned());
            rest = &text[(end + 1).min(text.len())..];
        }
    }
    statements
}

/// Where a text ends that has begun.
fn end_of_text(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' if !is_escaped => return at,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}
