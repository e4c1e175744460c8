//! Lists in pages: `?limit=` and `?cursor=` in, `items` and `next_cursor` out.

use std::fmt::Display;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::page::PageRequest;
use crate::domain::phone_number::PhoneNumber;
use crate::http::problem::Problem;
use crate::http::problem::ProblemKind;

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The key that a list is ordered by, which is what a cursor stands for.
pub trait ListKey: Display + Sized {
    /// Reads what [`Display`] wrote; `None` for anything else.
    fn read(text: &str) -> Option<Self>;
}

impl ListKey for PhoneNumber {
    fn read(text: &str) -> Option<Self> {
        Self::parse_e164(text).ok()
    }
}

impl ListKey for BusinessGroupId {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }
}

impl ListKey for Uuid {
    fn read(text: &str) -> Option<Self> {
        Self::try_parse(text).ok()
    }
}

impl ListKey for i64 {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// Reads `limit` and `cursor`.
///
/// # Errors
/// 422 for a limit out of range, 400 for a cursor that no page gave.
pub fn page_request<K: ListKey>(limit: Option<u32>, cursor: Option<&str>) -> Result<PageRequest<K>, Problem> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid_field("limit", format!("a page has 1 to {MAX_LIMIT} items")));
    }
    let after = cursor.map(read_cursor).transpose()?;
    Ok(PageRequest { limit, after })
}

fn read_cursor<K: ListKey>(cursor: &str) -> Result<K, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    // A key in another spelling than ours (`+7`, a GUID in braces) was in no cursor that we gave.
    let key = text.and_then(|text| K::read(&text).filter(|key| key.to_string() == text));
    key.ok_or_else(|| {
        let detail = "The cursor is not one of this list: take next_cursor as it came, or start without one.";
        Problem::new(ProblemKind::MalformedRequest, detail)
    })
}

/// The cursor after the item with this key. Its form is nobody's business, hence the coding.
#[must_use]
pub fn cursor_after(key: &impl ListKey) -> String {
    URL_SAFE_NO_PAD.encode(key.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_key() {
        let group = BusinessGroupId::parse("abccompany").unwrap();
        let page = page_request(None, Some(&cursor_after(&group))).unwrap();
        assert_eq!(page, PageRequest { limit: 100, after: Some(group) });
    }

    #[test]
    fn a_limit_out_of_range_and_a_foreign_cursor_are_refused() {
        let kind = |limit, cursor: Option<&str>| page_request::<i64>(limit, cursor).unwrap_err().kind();
        assert_eq!(kind(Some(0), None), ProblemKind::InvalidRequest);
        assert_eq!(kind(Some(1001), None), ProblemKind::InvalidRequest);
        for foreign in ["%%".to_owned(), "x".to_owned(), cursor_after(&Uuid::nil()), URL_SAFE_NO_PAD.encode("+7")] {
            assert_eq!(kind(None, Some(&foreign)), ProblemKind::MalformedRequest, "{foreign}");
        }
    }
}
