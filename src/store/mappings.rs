use async_trait::async_trait;

use crate::domain::actor::Deed;
use crate::domain::audit::action;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::email::EmailAddress;
use crate::domain::guid::Guid;
use crate::domain::history::PastChange;
use crate::domain::mapping::Line;
use crate::domain::mapping::MappedNumber;
use crate::domain::mapping::Mapping;
use crate::domain::mapping_search::MappingSearch;
use crate::domain::page::Page;
use crate::domain::page::PageRequest;
use crate::domain::phone_number::PhoneNumber;
use crate::ports::mapping_store::DeleteOutcome;
use crate::ports::mapping_store::Export;
use crate::ports::mapping_store::ExportedMapping;
use crate::ports::mapping_store::MAX_CHANGES_SEARCHED;
use crate::ports::mapping_store::MAX_NEIGHBOURS;
use crate::ports::mapping_store::MAX_REVISIONS_SEARCHED;
use crate::ports::mapping_store::MappingFilter;
use crate::ports::mapping_store::MappingStore;
use crate::ports::mapping_store::Pin;
use crate::ports::mapping_store::PinOutcome;
use crate::ports::mapping_store::PutMapping;
use crate::ports::mapping_store::PutOutcome;
use crate::ports::mapping_store::ReleasePinOutcome;
use crate::ports::mapping_store::SignInFacts;
use crate::ports::store_error::StoreError;
use crate::store::audit;
use crate::store::audit::told;
use crate::store::change_sets;
use crate::store::change_sets::SingleChange;
use crate::store::change_sets::Step;
use crate::store::error::UnreadableRow;
use crate::store::export;
use crate::store::line_changes;
use crate::store::postgres::Postgres;
use crate::store::rows;
use crate::store::rows::MappingRow;
use crate::store::rows::to_i64;
use crate::store::sqlite::Sqlite;
use crate::store::statements;

macro_rules! mapping_store {
    ($name:ident, $engine:ty, $engine_module:ident) => {
        /// Mappings in a database.
        pub(super) struct $name(pub(super) $engine);

        #[async_trait]
        impl MappingStore for $name {
            async fn resolve(&self, tenant: Guid, email: Option<&EmailAddress>) -> Result<Option<Line>, StoreError> {
                let (tenant, email) = (tenant.to_string(), email.map(EmailAddress::as_str));
                let query = || sqlx::query_as(statements::RESOLVE).bind(&tenant).bind(email);
                let row: Option<LineRow> = self.0.look_up(query).await?;
                Ok(row.map(line).transpose()?)
            }

            async fn pin(&self, pin: &Pin) -> Result<PinOutcome, StoreError> {
                let mut transaction = self.0.begin().await?;
                let found: Option<(i64, Option<String>)> = sqlx::query_as(<$engine>::LOCK_LINE)
                    .bind(pin.group.as_str())
                    .bind(to_i64(pin.phone_number))
                    .bind(pin.email.as_str())
                    .bind(pin.tid.to_string())
                    .fetch_optional(&mut *transaction)
                    .await?;
                let group_key = match found {
                    None => return Ok(PinOutcome::NoSuchMapping),
                    Some((_, Some(oid))) => return Ok(PinOutcome::PinnedTo(rows::guid(&oid)?)),
                    Some((group_key, None)) => group_key,
                };
                for sign_in_name in &pin.other_sign_in_names {
                    let other: Option<(i64,)> = sqlx::query_as(statements::MAPPING_OF_EMAIL)
                        .bind(group_key)
                        .bind(sign_in_name.as_str())
                        .fetch_optional(&mut *transaction)
                        .await?;
                    if let Some((number,)) = other.filter(|(number,)| *number != to_i64(pin.phone_number)) {
                        let (sign_in_name, number) = (sign_in_name.clone(), rows::phone_number(number)?);
                        return Ok(PinOutcome::TwoNumbers { sign_in_name, number });
                    }
                }
                sqlx::query(statements::PIN)
                    .bind(to_i64(pin.phone_number))
                    .bind(group_key)
                    .bind(pin.tid.to_string())
                    .bind(pin.oid.to_string())
                    .bind(pin.now.as_microsecond())
                    .execute(&mut *transaction)
                    .await?;
                transaction.commit().await?;
                Ok(PinOutcome::PinnedTo(pin.oid))
            }

            async fn find(&self, group: &BusinessGroupId, number: PhoneNumber) -> Result<Option<Mapping>, StoreError> {
                let query = || sqlx::query_as(statements::FIND_MAPPING).bind(group.as_str()).bind(to_i64(number));
                let row: Option<MappingRow> = self.0.fetch_optional(query).await?;
                Ok(row.map(rows::mapping).transpose()?)
            }

            async fn list(
                &self,
                group: &BusinessGroupId,
                filter: &MappingFilter,
                page: &PageRequest<PhoneNumber>,
            ) -> Result<Option<Page<Mapping>>, StoreError> {
                let query = || sqlx::query_as(statements::FIND_GROUP_KEY).bind(group.as_str());
                let group: Option<(i64,)> = self.0.fetch_optional(query).await?;
                let Some((group_key,)) = group else {
                    return Ok(None);
                };
                let (after, limit) = (page.after.map_or(0, to_i64), i64::from(page.limit) + 1);
                let found: Vec<MappingRow> = match &filter.search {
                    None => {
                        let query =
                            || sqlx::query_as(statements::LIST_MAPPINGS).bind(group_key).bind(after).bind(limit);
                        self.0.fetch_all(query).await?
                    }
                    Some(search) if *search == MappingSearch::default() => Vec::new(),
                    Some(search) => {
                        let number_part = search.number_part.as_ref().map(|digits| format!("%{digits}%"));
                        let number_start = search.number_start.as_ref().map(|digits| format!("{digits}%"));
                        let email_part = search.email_part.as_deref().map(like_pattern);
                        let query = || {
                            let query = sqlx::query_as(statements::SEARCH_MAPPINGS).bind(group_key).bind(after);
                            query.bind(limit).bind(&number_part).bind(&number_start).bind(&email_part)
                        };
                        self.0.fetch_all(query).await?
                    }
                };
                let found: Result<Vec<_>, UnreadableRow> = found.into_iter().map(rows::mapping).collect();
                Ok(Some(Page::from_one_more(found?, page.limit)))
            }

            async fn put(&self, change: &PutMapping) -> Result<PutOutcome, StoreError> {
                let mut transaction = self.0.begin().await?;
                let entered =
                    change_sets::$engine_module::enter(&mut transaction, &self.0, &change.group, &change.deed);
                let (Some(group), deed) = entered.await? else {
                    return Ok(PutOutcome::NoSuchGroup);
                };
                let number = to_i64(change.phone_number);
                let before: Option<MappingRow> = sqlx::query_as(statements::FIND_MAPPING)
                    .bind(change.group.as_str())
                    .bind(number)
                    .fetch_optional(&mut *transaction)
                    .await?;
                if let Some(row) = &before
                    && row.1 == change.email.as_str()
                {
                    return Ok(PutOutcome::Updated(rows::mapping(row.clone())?));
                }
                let taken: Option<(i64,)> = sqlx::query_as(statements::MAPPING_OF_EMAIL)
                    .bind(group.key)
                    .bind(change.email.as_str())
                    .fetch_optional(&mut *transaction)
                    .await?;
                if let Some((by,)) = taken {
                    return Ok(PutOutcome::EmailTaken { by: rows::phone_number(by)? });
                }
                let ranges: Vec<(i64, i64)> =
                    sqlx::query_as(statements::RANGES_OF_GROUP).bind(group.key).fetch_all(&mut *transaction).await?;
                if !ranges.iter().any(|(first, last)| (*first..=*last).contains(&number)) {
                    return Ok(PutOutcome::NumberNotAssigned);
                }
                let statement = if before.is_some() { statements::CHANGE_MAPPING } else { statements::ADD_MAPPING };
                sqlx::query(statement)
                    .bind(number)
                    .bind(group.key)
                    .bind(change.email.as_str())
                    .bind(deed.at.as_microsecond())
                    .execute(&mut *transaction)
                    .await?;
                let single = SingleChange {
                    number: change.phone_number,
                    old_email: before.as_ref().map(|row| row.1.as_str()),
                    new_email: Some(change.email.as_str()),
                };
                let revision =
                    change_sets::$engine_module::record_single(&mut transaction, group, single, &deed).await?;
                let detail = vec![told("phone_number", &change.phone_number), told("revision", &revision)];
                let event = audit::done(&deed, action::PUT_MAPPING, &change.group, detail);
                audit::$engine_module::record(&mut transaction, &event).await?;
                // With the pin that the address had before, if it had one.
                let row: MappingRow = sqlx::query_as(statements::FIND_MAPPING)
                    .bind(change.group.as_str())
                    .bind(number)
                    .fetch_one(&mut *transaction)
                    .await?;
                let mapping = rows::mapping(row)?;
                line_changes::commit(transaction, self.0.lines(), group.tenant).await?;
                Ok(if before.is_some() { PutOutcome::Updated(mapping) } else { PutOutcome::Created(mapping) })
            }

            async fn delete(
                &self,
                id: &BusinessGroupId,
                number: PhoneNumber,
                deed: &Deed,
            ) -> Result<DeleteOutcome, StoreError> {
                let mut transaction = self.0.begin().await?;
                let entered = change_sets::$engine_module::enter(&mut transaction, &self.0, id, deed);
                let (Some(group), deed) = &entered.await? else {
                    return Ok(DeleteOutcome::NotFound);
                };
                let group = *group;
                let deleted: Option<(String,)> = sqlx::query_as(statements::DELETE_MAPPING)
                    .bind(to_i64(number))
                    .bind(group.key)
                    .fetch_optional(&mut *transaction)
                    .await?;
                let Some((email,)) = deleted else {
                    return Ok(DeleteOutcome::NotFound);
                };
                let single = SingleChange { number, old_email: Some(&email), new_email: None };
                let revision =
                    change_sets::$engine_module::record_single(&mut transaction, group, single, deed).await?;
                let detail = vec![told("phone_number", &number), told("revision", &revision)];
                let event = audit::done(deed, action::DELETE_MAPPING, id, detail);
                audit::$engine_module::record(&mut transaction, &event).await?;
                line_changes::commit(transaction, self.0.lines(), group.tenant).await?;
                Ok(DeleteOutcome::Deleted)
            }

            async fn release_pin(
                &self,
                id: &BusinessGroupId,
                number: PhoneNumber,
                deed: &Deed,
            ) -> Result<ReleasePinOutcome, StoreError> {
                let mut transaction = self.0.begin().await?;
                let entered = change_sets::$engine_module::enter(&mut transaction, &self.0, id, deed);
                let (Some(group), deed) = &entered.await? else {
                    return Ok(ReleasePinOutcome::NotFound);
                };
                let group = *group;
                let mapping: Option<(Option<String>,)> = sqlx::query_as(<$engine>::LOCK_PIN)
                    .bind(to_i64(number))
                    .bind(group.key)
                    .fetch_optional(&mut *transaction)
                    .await?;
                let oid = match mapping {
                    None => return Ok(ReleasePinOutcome::NotFound),
                    Some((None,)) => return Ok(ReleasePinOutcome::NotPinned),
                    Some((Some(oid),)) => oid,
                };
                sqlx::query(statements::RELEASE_PIN)
                    .bind(to_i64(number))
                    .bind(group.key)
                    .execute(&mut *transaction)
                    .await?;
                let step = Step::Released(number);
                let revision =
                    change_sets::$engine_module::record_without_changes(&mut transaction, group, step, deed).await?;
                let detail = vec![told("phone_number", &number), told("oid", &oid), told("revision", &revision)];
                let event = audit::done(deed, action::RELEASE_PIN, id, detail);
                audit::$engine_module::record(&mut transaction, &event).await?;
                line_changes::commit(transaction, self.0.lines(), group.tenant).await?;
                Ok(ReleasePinOutcome::Released)
            }

            async fn sign_in_facts(
                &self,
                group: &BusinessGroupId,
                email: &EmailAddress,
            ) -> Result<Option<SignInFacts>, StoreError> {
                let mut transaction = self.0.begin_snapshot().await?;
                let id = group;
                let group: Option<CheckedGroup> = sqlx::query_as(statements::GROUP_OF_CHECK)
                    .bind(group.as_str())
                    .fetch_optional(&mut *transaction)
                    .await?;
                let Some((group_key, is_linked, is_vouched_for, allow_guests, pinning, revision)) = group else {
                    return Ok(None);
                };
                let mapping: Option<MappingRow> = sqlx::query_as(statements::FIND_MAPPING_OF_EMAIL)
                    .bind(group_key)
                    .bind(email.as_str())
                    .fetch_optional(&mut *transaction)
                    .await?;
                let since = revision - i64::from(MAX_REVISIONS_SEARCHED);
                let change = match &mapping {
                    Some((number, ..)) => {
                        sqlx::query_as(statements::LAST_CHANGE_OF_NUMBER).bind(group_key).bind(since).bind(*number)
                    }
                    None => sqlx::query_as(statements::LAST_CHANGE_OF_EMAIL)
                        .bind(group_key)
                        .bind(since)
                        .bind(email.as_str())
                        .bind(i64::from(MAX_CHANGES_SEARCHED)),
                };
                let change: Option<PastChangeRow> = change.fetch_optional(&mut *transaction).await?;
                let refused = audit::$engine_module::refused_sign_in(&mut transaction, (id, group_key), email).await?;
                let mut neighbours: Vec<(i64, String)> = Vec::new();
                if mapping.is_none() {
                    let name = email.local_part();
                    // `A` is what follows `@`.
                    let same_name = (format!("{name}@"), format!("{name}A"));
                    let same_name = sqlx::query_as(statements::MAPPINGS_BETWEEN_EMAILS)
                        .bind(group_key)
                        .bind(same_name.0)
                        .bind(same_name.1)
                        .bind(i64::from(MAX_NEIGHBOURS));
                    neighbours.append(&mut same_name.fetch_all(&mut *transaction).await?);
                    for statement in [statements::MAPPINGS_BEFORE_EMAIL, statements::MAPPINGS_AFTER_EMAIL] {
                        let query = sqlx::query_as(statement).bind(group_key).bind(email.as_str());
                        let query = query.bind(i64::from(MAX_NEIGHBOURS));
                        neighbours.append(&mut query.fetch_all(&mut *transaction).await?);
                    }
                }
                let neighbours: Result<Vec<_>, UnreadableRow> = neighbours.into_iter().map(neighbour).collect();
                Ok(Some(SignInFacts {
                    is_linked,
                    is_vouched_for,
                    allow_guests,
                    identity_pinning: rows::pinning(&pinning)?,
                    mapping: mapping.map(rows::mapping).transpose()?,
                    last_change: change.map(past_change).transpose()?,
                    refused,
                    neighbours: neighbours?,
                }))
            }

            async fn export(&self, group: &BusinessGroupId) -> Result<Option<Export>, StoreError> {
                export::$engine_module(&self.0, group).await
            }
        }
    };
}

mapping_store!(PostgresMappings, Postgres, postgres);
mapping_store!(SqliteMappings, Sqlite, sqlite);

/// `id, proven or the operator's, allow_guests, identity_pinning, phone_number, pinned_oid`
type LineRow = (String, bool, bool, String, Option<i64>, Option<String>);

fn line((id, is_vouched_for, allow_guests, pinning, number, pinned_oid): LineRow) -> Result<Line, UnreadableRow> {
    let pinned_oid = pinned_oid.as_deref().map(rows::guid).transpose()?;
    let mapped =
        number.map(|number| rows::phone_number(number).map(|phone_number| MappedNumber { phone_number, pinned_oid }));
    Ok(Line {
        business_group: rows::group_id(id),
        is_vouched_for,
        allow_guests,
        identity_pinning: rows::pinning(&pinning)?,
        mapped: mapped.transpose()?,
    })
}

/// `group_key, linked to a tenant, that proven or the operator's, allow_guests, identity_pinning, revision`
type CheckedGroup = (i64, bool, bool, bool, String, i64);

/// `revision, at, actor_kind, actor_id, actor_name`, and then as [`rows::ChangeRow`]
type PastChangeRow = (i64, i64, Option<String>, String, String, i64, Option<String>, Option<String>, Option<i64>);

fn past_change(row: PastChangeRow) -> Result<PastChange, UnreadableRow> {
    let (revision, at, kind, id, name, number, old_email, new_email, moved_with) = row;
    let change = rows::change((number, old_email, new_email, moved_with))?;
    Ok(PastChange { revision, at: rows::timestamp(at)?, actor: rows::actor(kind.as_deref(), id, name), change })
}

fn neighbour((number, email): (i64, String)) -> Result<ExportedMapping, UnreadableRow> {
    Ok(ExportedMapping { phone_number: rows::phone_number(number)?, email: EmailAddress::from_stored(email) })
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
