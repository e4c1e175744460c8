//! Lists in pages: `?limit=` and `?cursor=` in, `items` and `next_cursor` out.

use std::borrow::Cow;
use std::fmt::Display;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::openapi::schema::{ArrayBuilder, SchemaType};
use utoipa::openapi::{KnownFormat, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::domain::business_group::BusinessGroupId;
use crate::domain::mapping::MappingPlace;
use crate::domain::page;
use crate::domain::page::PageRequest;
use crate::domain::phone_number::PhoneNumber;
use crate::http::extract::{Input, malformed_query, read_query};
use crate::http::problem::{Problem, ProblemKind};

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items at most.
    #[param(inline)]
    pub limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// How many items a page has at most.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Limit(pub u32);

impl Limit {
    const USUAL: Self = Self(100);
    const MAX: Self = Self(1000);
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        let number = number.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)));
        number.default(Some(Self::USUAL.0.into())).minimum(Some(1)).maximum(Some(Self::MAX.0)).into()
    }
}

impl ToSchema for Limit {}

impl PageQuery {
    /// The page that is asked for.
    ///
    /// # Errors
    /// 422 for a limit out of range, 400 for a cursor that no page gave.
    pub fn read<K: ListKey>(&self) -> Result<PageRequest<K>, Problem> {
        let (Limit(limit), Limit(max)) = (self.limit.unwrap_or(Limit::USUAL), Limit::MAX);
        if !(1..=max).contains(&limit) {
            return Err(Problem::invalid_field("limit", format!("a page has 1 to {max} items")));
        }
        let after = self.cursor.as_deref().map(read_cursor).transpose()?;
        Ok(PageRequest { limit, after })
    }
}

/// The query of a list that can be filtered: which page, and of which items.
pub struct Listing<F> {
    /// Which items.
    pub filter: F,
    /// Which page of them.
    pub page: PageQuery,
}

impl<F: DeserializeOwned + IntoParams> Input for Listing<F> {
    async fn read(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        let (query, of_page, of_filter) = (request.query_string(), names::<PageQuery>(), names::<F>());
        let known: Vec<_> = of_filter.into_iter().chain(of_page.iter().cloned()).collect();
        let mut sent = form_urlencoded::parse(query.as_bytes());
        if let Some((other, _)) = sent.find(|(name, _)| !known.iter().any(|known| known == name)) {
            let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            let why = format!("unknown field `{other}`, expected one of {}", known.join(", "));
            return Err(malformed_query(&other, why));
        }
        let is_of_page = |name: &str| of_page.iter().any(|known| known == name);
        let filter = read_query(&part(query, |name| !is_of_page(name)))?;
        Ok(Self { filter, page: read_query(&part(query, is_of_page))? })
    }
}

/// The names of parameters, as the OpenAPI document has them.
fn names<P: IntoParams>() -> Vec<String> {
    P::into_params(|| None).into_iter().map(|parameter| parameter.name).collect()
}

/// The pairs of a query that have such a name.
fn part(query: &str, is_wanted: impl Fn(&str) -> bool) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| is_wanted(name));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A page of a list.
#[derive(Serialize)]
pub struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

/// What there are lists of.
pub trait Listed: Serialize + ToSchema {
    /// How the OpenAPI document tells of them.
    const LIST: ListDocument;
}

/// How the OpenAPI document tells of a page of a list.
pub struct ListDocument {
    /// The name of its schema.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// What its items are, and in which order.
    pub items: &'static str,
    /// What leads to the next page.
    pub next_cursor: &'static str,
}

/// What leads to the next page of a list that may have several.
pub const NEXT_CURSOR: &str = "The `cursor` of the next page; null on the last.";

impl<T> Page<T> {
    /// A page that was read, in an order by `key`.
    pub fn of<D, K: ListKey>(page: page::Page<D>, key: impl FnOnce(&D) -> &K) -> Self
    where
        T: From<D>,
    {
        let next_cursor = next_cursor(&page, key);
        Self { items: page.items.into_iter().map(T::from).collect(), next_cursor }
    }

    /// A page that was read, with what leads to the next.
    pub fn with_next<D>(items: Vec<D>, next_cursor: Option<String>) -> Self
    where
        T: From<D>,
    {
        Self { items: items.into_iter().map(T::from).collect(), next_cursor }
    }

    /// A list that has one page.
    pub fn of_all(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next_cursor: None }
    }
}

/// The cursor of the page after one that is ordered by `key`.
pub fn next_cursor<D, K: ListKey>(page: &page::Page<D>, key: impl FnOnce(&D) -> &K) -> Option<String> {
    page.items.last().filter(|_| page.has_more).map(|last| cursor_after(key(last)))
}

// Derived, its name would be of the generic type's, and what it says would be the same of all lists.
impl<T: Listed> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name())).description(Some(T::LIST.items));
        let text_or_null = SchemaType::from_iter([Type::String, Type::Null]);
        let cursor = ObjectBuilder::new().schema_type(text_or_null).description(Some(T::LIST.next_cursor));
        let page = ObjectBuilder::new().property("items", items).required("items").property("next_cursor", cursor);
        page.description(Some(T::LIST.description)).into()
    }
}

impl<T: Listed> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        T::LIST.name.into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
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

impl ListKey for MappingPlace {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
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

fn read_cursor<K: ListKey>(cursor: &str) -> Result<K, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    // A key in another spelling than ours (`+7`, a GUID in braces) was in no cursor that we gave.
    let key = text.and_then(|text| K::read(&text).filter(|key| key.to_string() == text));
    key.ok_or_else(foreign_cursor)
}

/// 400 for a cursor that this list did not give.
pub(super) fn foreign_cursor() -> Problem {
    let detail = "The cursor is not one of this list: take next_cursor as it came, or start without one.";
    Problem::new(ProblemKind::MalformedRequest, detail)
}

/// The cursor after the item with this key. Its form is nobody's business, hence the coding.
#[must_use]
pub fn cursor_after(key: &impl ListKey) -> String {
    URL_SAFE_NO_PAD.encode(key.to_string())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn query(limit: Option<u32>, cursor: Option<&str>) -> PageQuery {
        PageQuery { limit: limit.map(Limit), cursor: cursor.map(str::to_owned) }
    }

    #[derive(Debug, Deserialize, IntoParams)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        q: Option<String>,
    }

    async fn listing(query: &str) -> Result<Listing<Filter>, String> {
        let request = TestRequest::with_uri(&format!("/?{query}")).to_http_request();
        Listing::read(&request, &mut Payload::None).await.map_err(|problem| problem.to_string())
    }

    #[tokio::test]
    async fn a_query_is_of_the_page_and_of_the_filter_and_of_nothing_else() {
        let read = listing("cursor=a%26b&q=x%3Dy&limit=7").await.unwrap();
        assert_eq!((read.page.limit.unwrap().0, read.page.cursor.as_deref()), (7, Some("a&b")));
        assert_eq!(read.filter.q.as_deref(), Some("x=y"));
        for (wrong, expected) in [
            ("limt=7", "limt: unknown field `limt`, expected one of `q`, `limit`, `cursor`."),
            ("limit=x", "limit: invalid digit found in string."),
            ("q=1&q=2", ": duplicate field `q`."),
            ("cursor=1&cursor=2", ": duplicate field `cursor`."),
        ] {
            let message = listing(wrong).await.err().unwrap();
            assert!(message.ends_with(expected), "{message}");
        }
        let of_any_list = read_query::<PageQuery>("limt=7").unwrap_err().to_string();
        assert!(of_any_list.ends_with("limt: unknown field `limt`, expected `limit` or `cursor`."), "{of_any_list}");
    }

    #[test]
    fn a_cursor_leads_back_to_its_key() {
        let group = BusinessGroupId::parse("abccompany").unwrap();
        let page = query(None, Some(&cursor_after(&group))).read().unwrap();
        assert_eq!(page, PageRequest { limit: 100, after: Some(group) });
    }

    #[test]
    fn a_limit_out_of_range_and_a_foreign_cursor_are_refused() {
        let kind = |limit, cursor: Option<&str>| query(limit, cursor).read::<i64>().unwrap_err().kind();
        assert_eq!(kind(Some(0), None), ProblemKind::InvalidRequest);
        assert_eq!(kind(Some(1001), None), ProblemKind::InvalidRequest);
        for foreign in ["%%".to_owned(), "x".to_owned(), cursor_after(&Uuid::nil()), URL_SAFE_NO_PAD.encode("+7")] {
            assert_eq!(kind(None, Some(&foreign)), ProblemKind::MalformedRequest, "{foreign}");
        }
    }
}
