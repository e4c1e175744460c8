//! The corpora of the fuzz targets, replayed: what the fuzzers found their way by holds in every build.

#[path = "../../fuzz/bodies/mod.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets reach it")]
mod bodies;

use std::fs;
use std::path::Path;

/// Hands every file of a corpus to its target's body.
#[expect(clippy::print_stdout, reason = "a test that fails shows what it printed: the file last")]
fn replay(target: &str, check: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&corpus).expect("the corpus") {
        let file = entry.expect("a file of the corpus").path();
        println!("{}", file.display());
        check(&fs::read(&file).expect("a file of the corpus"));
        count += 1;
    }
    assert!(count >= 20, "{} holds {count} files only", corpus.display());
}

// proves T-81
#[test]
fn tokens_of_the_corpus_are_judged_as_another_library_judges_them() {
    replay("token", bodies::token::check);
}

// proves T-81
#[test]
fn import_files_of_the_corpus_are_read_alike_in_every_form() {
    replay("import", bodies::import::check);
}

// proves T-81
#[test]
fn numbers_and_addresses_of_the_corpus_are_read_back_as_they_were_written() {
    replay("identities", bodies::identities::check);
}

// proves T-81
#[test]
fn cursors_of_the_corpus_lead_back_to_their_keys() {
    replay("cursors", bodies::cursors::check);
}
