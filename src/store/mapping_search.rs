//! Mappings that are searched for, in one group or in all.

use const_format::concatcp;

use crate::domain::mapping::{Mapping, MappingPlace, MappingSort};
use crate::domain::mapping_search::MappingSearch;
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone_number::PhoneNumber;
use crate::ports::mapping_store::{GroupMapping, MappingFilter, WantedInAll};
use crate::ports::store_error::StoreError;
use crate::store::db::Db;
use crate::store::error::UnreadableRow;
use crate::store::mapping_rows::{MappingRow, SELECT_GROUP_MAPPINGS, SELECT_MAPPINGS};
use crate::store::record::record;
use crate::store::rows;
use crate::store::sql::{Sql, sql};

/// Whether a mapping is found by a search, bound by [`bind_search`] as `$4` to `$7`. A pattern that is null is one of no
/// mapping.
const IS_FOUND: &str = "($4 = FALSE OR '+' || CAST(m.phone_number AS TEXT) LIKE $5 \
     OR '+' || CAST(m.phone_number AS TEXT) LIKE $6 OR m.email LIKE $7 ESCAPE '\\')";

/// Of the group `$1`; `$3` is whether they are pinned to an account of its tenant.
const OF_GROUP: &str = concatcp!(
    SELECT_MAPPINGS,
    "m.group_key = $1 AND ($3 IS NULL \
     OR (m.pinned_oid IS NOT NULL AND m.pinned_tid = COALESCE(g.tenant_id, m.pinned_tid)) = $3) AND ",
    IS_FOUND
);
const LIST_BY_NUMBER: &str = concatcp!(OF_GROUP, " AND m.phone_number > $8 ORDER BY m.phone_number LIMIT $2");
const LIST_BY_EMAIL: &str = concatcp!(OF_GROUP, " AND m.email > $8 ORDER BY m.email LIMIT $2");
/// No index has this order: each page is sorted out of all mappings of the group, which costs less than what an index would
/// add to every import.
const LIST_BY_TIME: &str = concatcp!(
    OF_GROUP,
    " AND (m.updated_at, m.phone_number) > ($8, $9) ORDER BY m.updated_at, m.phone_number LIMIT $2"
);

/// `$1` is the number, `$3` the address, null where none is asked for. Statements of their own, so that each can be planned
/// by what it is asked with: two by an index, and the third through all mappings.
const IN_ALL: &str = concatcp!(" AND ", IS_FOUND, " AND m.phone_number > $8 ORDER BY m.phone_number LIMIT $2");
const BY_NUMBER_IN_ALL: &str =
    concatcp!(SELECT_GROUP_MAPPINGS, "m.phone_number = $1 AND ($3 IS NULL OR m.email = $3)", IN_ALL);
const BY_EMAIL_IN_ALL: &str = concatcp!(SELECT_GROUP_MAPPINGS, "$1 IS NULL AND m.email = $3", IN_ALL);
const SEARCH_IN_ALL: &str = concatcp!(SELECT_GROUP_MAPPINGS, "$1 IS NULL AND $3 IS NULL", IN_ALL);

record! {
    struct GroupMappingRow {
        group_id: String,
        mapping: MappingRow,
    }
}

impl TryFrom<GroupMappingRow> for GroupMapping {
    type Error = UnreadableRow;

    fn try_from(row: GroupMappingRow) -> Result<Self, UnreadableRow> {
        Ok(Self { business_group: rows::group_id(row.group_id), mapping: row.mapping.try_into()? })
    }
}

/// See [`MappingStore::find_in_all`](crate::ports::mapping_store::MappingStore::find_in_all).
pub(super) async fn find_in_all(
    db: &Db,
    wanted: &WantedInAll,
    page: &PageRequest<PhoneNumber>,
) -> Result<Page<GroupMapping>, StoreError> {
    let statement = match (wanted.phone_number, &wanted.email) {
        (Some(_), _) => BY_NUMBER_IN_ALL,
        (None, Some(_)) => BY_EMAIL_IN_ALL,
        (None, None) => SEARCH_IN_ALL,
    };
    let find = sql(statement).bind(wanted.phone_number).bind(rows::one_more(page)).bind(wanted.email.as_ref());
    let find = bind_search(find, wanted.search.as_ref()).bind(rows::after_number(page));
    rows::page(db.all::<GroupMappingRow>(find).await?, page)
}

/// Reads a page of a group's mappings.
pub(super) async fn list(
    db: &Db,
    group_key: i64,
    filter: &MappingFilter,
    page: &PageRequest<MappingPlace>,
) -> Result<Page<Mapping>, StoreError> {
    let of_page = |list: &'static str| {
        let list = sql(list).bind(group_key).bind(rows::one_more(page)).bind(filter.is_pinned);
        bind_search(list, filter.search.as_ref())
    };
    // A place in another list is none in this one.
    let after = page.after.as_ref().filter(|place| place.sort() == filter.sort);
    let list = match (filter.sort, after) {
        (MappingSort::PhoneNumber, Some(MappingPlace::PhoneNumber(number))) => of_page(LIST_BY_NUMBER).bind(*number),
        (MappingSort::PhoneNumber, _) => of_page(LIST_BY_NUMBER).bind(0_i64),
        (MappingSort::Email, Some(MappingPlace::Email(email))) => of_page(LIST_BY_EMAIL).bind(email),
        (MappingSort::Email, _) => of_page(LIST_BY_EMAIL).bind(""),
        (MappingSort::UpdatedAt, Some(MappingPlace::UpdatedAt(at, number))) => {
            of_page(LIST_BY_TIME).bind(*at).bind(*number)
        }
        (MappingSort::UpdatedAt, _) => of_page(LIST_BY_TIME).bind(i64::MIN).bind(0_i64),
    };
    rows::page(db.all::<MappingRow>(list).await?, page)
}

/// Binds what [`IS_FOUND`] is asked with.
fn bind_search(sql: Sql, search: Option<&MappingSearch>) -> Sql {
    let number_part = search.and_then(|search| search.number_part.as_ref()).map(|digits| format!("%{digits}%"));
    let number_start = search.and_then(|search| search.number_start.as_ref()).map(|digits| format!("{digits}%"));
    let email_part = search.and_then(|search| search.email_part.as_deref()).map(like_pattern);
    sql.bind(search.is_some()).bind(number_part).bind(number_start).bind(email_part)
}

/// A `LIKE` pattern for texts that contain `text` literally.
fn like_pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if ['\\', '%', '_'].contains(&letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
