//! Mappings of many addresses or numbers at once: these are one parameter, a JSON array, and one statement finds them all.

use serde_json::{Value, json};

use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::phone_number::PhoneNumber;
use crate::ports::mapping_store::{FoundMapping, LookedUp, MappingRefusal};
use crate::store::db::Db;
use crate::store::error::UnreadableRow;
use crate::store::locks::FIND_GROUP_KEY;
use crate::store::record::record;
use crate::store::rows;
use crate::store::sql::sql;

record! {
    struct FoundRow {
        group_id: String,
        phone_number: i64,
        email: String,
    }
}

impl TryFrom<FoundRow> for FoundMapping {
    type Error = UnreadableRow;

    fn try_from(row: FoundRow) -> Result<Self, UnreadableRow> {
        Ok(Self {
            business_group: rows::group_id(row.group_id),
            phone_number: rows::phone_number(row.phone_number)?,
            email: EmailAddress::from_stored(row.email),
        })
    }
}

/// See [`MappingStore::look_up`](crate::ports::mapping_store::MappingStore::look_up).
pub(super) async fn look_up(
    db: &Db,
    group: Option<&BusinessGroupId>,
    asked: &LookedUp,
) -> Result<Vec<FoundMapping>, MappingRefusal> {
    let statements = &db.dialect().look_up;
    let (statement, asked) = match (asked, group) {
        (LookedUp::Emails(emails), None) => (statements.emails, texts(emails)),
        (LookedUp::Emails(emails), Some(_)) => (statements.emails_of_group, texts(emails)),
        (LookedUp::PhoneNumbers(numbers), None) => (statements.numbers, json!(digits(numbers))),
        (LookedUp::PhoneNumbers(numbers), Some(_)) => (statements.numbers_of_group, json!(digits(numbers))),
    };
    let find = sql(statement).bind(asked.to_string());
    let find = if let Some(group) = group { find.bind(group) } else { find };
    let found: Vec<FoundRow> = db.all(find).await?;
    if let Some(group) = group
        && found.is_empty()
        && !db.exists(sql(FIND_GROUP_KEY).bind(group)).await?
    {
        return Err(MappingRefusal::NoSuchGroup);
    }
    Ok(rows::all(found)?)
}

fn texts<'a>(emails: impl IntoIterator<Item = &'a EmailAddress>) -> Value {
    emails.into_iter().map(EmailAddress::as_str).collect()
}

fn digits<'a>(numbers: impl IntoIterator<Item = &'a PhoneNumber>) -> Vec<i64> {
    numbers.into_iter().copied().map(rows::to_i64).collect()
}
