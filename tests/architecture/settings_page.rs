//! docs/settings.md has the table that the program prints.

use std::fs;
use std::path::Path;

use signline::config;

#[test]
fn the_table_of_settings_is_the_programs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md");
    let page = fs::read_to_string(path).expect("docs/settings.md");
    let (_, rest) = page.split_once("<!-- settings: begin -->\n").expect("the table's begin");
    let (table, _) = rest.split_once("<!-- settings: end -->").expect("the table's end");
    assert_eq!(table, config::document(), "put what `signline settings` prints between the two comments");
}
