//! The examples of the OpenAPI document: bodies that were sent and answered, as the tests of the API keep them in
//! `openapi/examples/`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_embed::RustEmbed;
use serde_json::Value;

/// The files: `SCHEMA.snap`, or `SCHEMA.CASE.snap` where one example can't show all.
#[derive(RustEmbed)]
#[folder = "openapi/examples/"]
struct Files;

/// What is between the lines that tell of a file and what the file tells.
const END_OF_HEAD: &str = "\n---\n";

/// Examples of a schema by their case; one that is alone has none.
pub(super) type Cases = BTreeMap<String, Value>;

/// The examples of a schema.
pub(super) fn of_schema(name: &str) -> impl Iterator<Item = (&'static str, &'static Value)> + use<> {
    static ALL: LazyLock<BTreeMap<String, Cases>> = LazyLock::new(read);
    ALL.get(name).into_iter().flatten().map(|(case, example)| (case.as_str(), example))
}

fn read() -> BTreeMap<String, Cases> {
    let mut all: BTreeMap<String, Cases> = BTreeMap::new();
    for file in Files::iter() {
        let Some(name) = file.strip_suffix(".snap") else { continue };
        let (schema, case) = name.split_once('.').unwrap_or((name, ""));
        if let Some(example) = example(&file) {
            all.entry(schema.to_owned()).or_default().insert(case.to_owned(), example);
        }
    }
    all
}

fn example(file: &str) -> Option<Value> {
    let file = Files::get(file)?;
    let (_, example) = str::from_utf8(&file.data).ok()?.split_once(END_OF_HEAD)?;
    serde_json::from_str(example).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_an_example() {
        let files = Files::iter().filter(|file| file.ends_with(".snap")).inspect(|file| {
            assert!(example(file).is_some(), "openapi/examples/{file} can't be read");
        });
        assert!(files.count() > 30);
    }
}
