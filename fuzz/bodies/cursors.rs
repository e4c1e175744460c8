//! Cursors and limits of lists, as they come in a query.

use std::fmt::Debug;

use signline::domain::business_group::BusinessGroupId;
use signline::domain::page::PageRequest;
use signline::domain::phone_number::PhoneNumber;
use signline::http::problem::{Problem, ProblemKind};
use signline::http::v1::paging::{Limit, ListKey, PageQuery, cursor_after};
use uuid::Uuid;

/// Takes the input for a cursor of each list, and for a key from which a cursor is made.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    check_list::<PhoneNumber>(text);
    check_list::<BusinessGroupId>(text);
    check_list::<Uuid>(text);
    check_list::<i64>(text);
    check_limit(input);
}

/// A cursor is refused as the caller's mistake, or is the one that its key makes.
fn check_list<K: ListKey + Debug + PartialEq>(text: &str) {
    match of_cursor::<K>(text) {
        Ok(page) => {
            let key = page.after.expect("the key of the cursor");
            assert_eq!(cursor_after(&key), text, "two cursors for {key:?}");
        }
        Err(problem) => assert_eq!(problem.kind(), ProblemKind::MalformedRequest),
    }
    if let Some(key) = K::read(text) {
        let cursor = cursor_after(&key);
        let page = of_cursor::<K>(&cursor).expect("a cursor that we made");
        assert_eq!(page.after, Some(key));
    }
}

fn of_cursor<K: ListKey>(cursor: &str) -> Result<PageRequest<K>, Problem> {
    PageQuery { limit: None, cursor: Some(cursor.to_owned()) }.read()
}

fn check_limit(input: &[u8]) {
    let Some(bytes) = input.first_chunk() else { return };
    let limit = u32::from_le_bytes(*bytes);
    match (PageQuery { limit: Some(Limit(limit)), cursor: None }).read::<i64>() {
        Ok(page) => assert!((1..=1000).contains(&limit) && page.limit == limit),
        Err(problem) => assert_eq!(problem.kind(), ProblemKind::InvalidRequest),
    }
}
