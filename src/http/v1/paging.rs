//! Lists in pages: `?limit=` and `?cursor=` in, `items` and `next_cursor` out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::page::PageRequest;
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

/// Reads `limit` and `cursor`; `parse` reads the key that a cursor stands for.
///
/// # Errors
/// 422 for a limit out of range, 400 for a cursor that no page gave.
pub fn page_request<K>(
    limit: Option<u32>,
    cursor: Option<&str>,
    parse: impl Fn(&str) -> Option<K>,
) -> Result<PageRequest<K>, Problem> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid_field("limit", format!("a page has 1 to {MAX_LIMIT} items")));
    }
    let after = cursor.map(|cursor| read_cursor(cursor, parse)).transpose()?;
    Ok(PageRequest { limit, after })
}

fn read_cursor<K>(cursor: &str, parse: impl Fn(&str) -> Option<K>) -> Result<K, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| parse(&text)).ok_or_else(|| {
        let detail = "The cursor is not one of this list: take next_cursor as it came, or start without one.";
        Problem::new(ProblemKind::MalformedRequest, detail)
    })
}

/// The cursor after the item with this key. Its form is nobody's business, hence the coding.
#[must_use]
pub fn cursor_after(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_key() {
        let page = page_request(None, Some(&cursor_after("abccompany")), |text| Some(text.to_owned())).unwrap();
        assert_eq!(page, PageRequest { limit: 100, after: Some("abccompany".to_owned()) });
    }

    #[test]
    fn a_limit_out_of_range_and_a_foreign_cursor_are_refused() {
        let kind = |limit, cursor| {
            let page = page_request(limit, cursor, |text| text.parse::<u64>().ok());
            page.unwrap_err().kind()
        };
        assert_eq!(kind(Some(0), None), ProblemKind::InvalidRequest);
        assert_eq!(kind(Some(1001), None), ProblemKind::InvalidRequest);
        assert_eq!(kind(None, Some("%%")), ProblemKind::MalformedRequest);
        assert_eq!(kind(None, Some(&cursor_after("x"))), ProblemKind::MalformedRequest);
    }
}
