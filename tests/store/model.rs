//! Random sequences of what administrators do, and of sign-ins, checked against a plain model in memory: the mappings,
//! the pins, the counts and every revision are the model's, on both engines.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use signline::domain::business_group::BusinessGroupId;
use signline::domain::history::ChangeCounts;
use signline::domain::import::{Confirmation, Import, ImportMode, ImportState, LargeChange, MAX_WAITING_PREVIEWS};
use signline::domain::mapping::Mapping;
use signline::domain::page::PageRequest;
use signline::ports::history_store::{Restore, Restored};
use signline::ports::import_store::{
    AppliedImport, ApplyImport, BadRowReason, ImportRefusal, KeptImportRefusal, TakenImport,
};
use signline::ports::mapping_store::{MappingFilter, MappingRefusal, Pin, PutOutcome, ReleasePinOutcome};
use test_support::database::Engine;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::support;
use crate::support::{BASE, ImportFile, World, context_at, guid, number, time};

/// How many numbers and addresses there are: few, so that they meet.
const FEW: u64 = 14;

/// The tenant of the group.
const TENANT: u32 = 1;

/// Sequences that are tried on each engine.
const SEQUENCES: u32 = 24;

type Mappings = BTreeMap<u64, u64>;

#[derive(Clone, Debug)]
enum Step {
    Put(u64, u64),
    Delete(u64),
    /// Who has the number's address signs in, with this account.
    SignIn(u64, u32),
    Release(u64),
    /// The rows, the mode, whether it is applied at once, whether what it does is confirmed.
    Upload(Mappings, ImportMode, bool, bool),
    /// One of the uploads so far, and whether what it does is confirmed.
    Apply(usize, bool),
    /// One of the revisions so far.
    Restore(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![Just(ImportMode::Replace), Just(ImportMode::Merge)];
    prop_oneof![
        2 => (0..FEW, 0..FEW).prop_map(|(at, email)| Step::Put(at, email)),
        1 => (0..FEW).prop_map(Step::Delete),
        3 => (0..FEW, 1..4_u32).prop_map(|(at, oid)| Step::SignIn(at, oid)),
        1 => (0..FEW).prop_map(Step::Release),
        4 => (sheet(), mode, any::<bool>(), any::<bool>())
            .prop_map(|(rows, mode, apply, confirm)| Step::Upload(rows, mode, apply, confirm)),
        3 => (any::<prop::sample::Index>(), any::<bool>())
            .prop_map(|(which, confirm)| Step::Apply(which.index(1000), confirm)),
        1 => any::<prop::sample::Index>().prop_map(|which| Step::Restore(which.index(1000))),
    ]
}

/// A sheet in which no address stands twice.
fn sheet() -> impl Strategy<Value = Mappings> {
    btree_map(0..FEW, 0..FEW, 0..14).prop_map(|rows| {
        let mut seen = std::collections::BTreeSet::new();
        rows.into_iter().filter(|(_, email)| seen.insert(*email)).collect()
    })
}

/// What must be.
struct Model {
    /// The mappings at each revision; the last are the present ones.
    revisions: Vec<Mappings>,
    uploads: Vec<Upload>,
    /// Which addresses are pinned to which accounts: those without a mapping keep their pin, too.
    pins: BTreeMap<u64, u32>,
}

struct Upload {
    id: Uuid,
    base: usize,
    target: Mappings,
    /// What it changes, and how many people get another's number.
    counts: ChangeCounts,
    reassigned: u64,
    applied_as: Option<usize>,
}

impl Model {
    fn now(&self) -> &Mappings {
        self.revisions.last().expect("there is always one")
    }

    fn revision(&self) -> usize {
        self.revisions.len() - 1
    }

    /// How many people get a number that somebody else has or had last, and have or had last another one themselves.
    fn reassigned(&self, target: &Mappings) -> u64 {
        let newest = || self.revisions.iter().rev();
        let holder = |at: &u64| newest().find_map(|mappings| mappings.get(at));
        let held_by =
            |mappings: &Mappings, of: &u64| mappings.iter().find(|(_, email)| *email == of).map(|(at, _)| *at);
        let number = |of: &u64| newest().find_map(|mappings| held_by(mappings, of));
        let changed = target.iter().filter(|(at, of)| self.now().get(at) != Some(*of));
        let another = |(at, of): &(&u64, &u64)| {
            holder(at).is_some_and(|holder| holder != *of) && number(of).is_some_and(|number| number != **at)
        };
        changed.filter(another).count() as u64
    }

    /// Of the previews that wait the oldest go.
    fn wait(&mut self, upload: Upload) {
        self.uploads.push(upload);
        let waiting = self.uploads.iter().enumerate().filter(|(_, upload)| upload.applied_as.is_none());
        let waiting: Vec<_> = waiting.map(|(at, _)| at).collect();
        if waiting.len() > MAX_WAITING_PREVIEWS as usize {
            self.uploads.remove(waiting[0]);
        }
    }

    /// Takes new mappings, as a new revision if they are other ones.
    fn become_(&mut self, mappings: Mappings) {
        if *self.now() != mappings {
            self.revisions.push(mappings);
        }
    }
}

/// What changes from one state to another; an address that moves to a new number is one change.
fn counts(before: &Mappings, after: &Mappings) -> ChangeCounts {
    let mut counts = ChangeCounts::default();
    let lost: Vec<u64> = before.iter().filter(|(at, _)| !after.contains_key(at)).map(|(_, email)| *email).collect();
    for (at, email) in after {
        match before.get(at) {
            Some(old) if old == email => {}
            Some(_) => counts.changed += 1,
            None if lost.contains(email) => counts.changed += 1,
            None => counts.added += 1,
        }
    }
    let gained = |email: &u64| after.iter().any(|(at, other)| other == email && !before.contains_key(at));
    counts.removed = lost.iter().filter(|email| !gained(email)).count() as u64;
    counts
}

fn confirmation(confirm: bool, removed: u64, reassigned: u64) -> Confirmation {
    Confirmation { removed: confirm.then_some(removed), reassigned: confirm.then_some(reassigned) }
}

fn email(of: u64) -> String {
    format!("u{of}@abc.com")
}

/// The engine under test, and its model.
struct Pair<'w> {
    world: &'w World,
    group: BusinessGroupId,
    model: Model,
}

impl Pair<'_> {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Put(at, of) => self.put(at, of).await,
            Step::Delete(at) => self.delete(at).await,
            Step::SignIn(at, oid) => self.sign_in(at, oid).await,
            Step::Release(at) => self.release(at).await,
            Step::Upload(rows, mode, apply, confirm) => self.upload(rows, mode, apply, confirm).await,
            Step::Apply(which, confirm) if !self.model.uploads.is_empty() => {
                self.apply(which % self.model.uploads.len(), confirm).await;
            }
            Step::Apply(..) => {}
            Step::Restore(which) => self.restore(which % self.model.revisions.len()).await,
        }
        self.compare().await;
    }

    async fn put(&mut self, at: u64, of: u64) {
        let mut after = self.model.now().clone();
        let taken = after.iter().any(|(other, email)| *email == of && *other != at);
        let outcome = self.world.put(&self.group, at, &email(of)).await;
        match (taken, after.insert(at, of)) {
            (true, _) => assert!(matches!(outcome, Err(MappingRefusal::EmailTaken { .. }))),
            (false, Some(_)) => assert!(matches!(outcome, Ok(PutOutcome::Updated(_)))),
            (false, None) => assert!(matches!(outcome, Ok(PutOutcome::Created(_)))),
        }
        if !taken {
            self.model.become_(after);
        }
    }

    async fn delete(&mut self, at: u64) {
        let mut after = self.model.now().clone();
        let known = after.remove(&at).is_some();
        let outcome = self.world.stores.mappings.delete(&self.group, number(BASE + at), &context_at(1)).await;
        assert_eq!(outcome, if known { Ok(()) } else { Err(MappingRefusal::NoSuchMapping) });
        self.model.become_(after);
    }

    async fn sign_in(&mut self, at: u64, oid: u32) {
        let of = self.model.now().get(&at).copied();
        let pin = Pin {
            group: self.group.clone(),
            phone_number: number(BASE + at),
            email: support::address(&email(of.unwrap_or_default())),
            tid: guid(TENANT),
            oid: guid(oid),
            other_sign_in_names: Box::default(),
            now: time(0),
        };
        let pinned_to = self.world.stores.mappings.pin(&pin).await.unwrap().pinned_to();
        let expected = of.map(|of| *self.model.pins.entry(of).or_insert(oid));
        assert_eq!(pinned_to, expected.map(guid));
    }

    async fn release(&mut self, at: u64) {
        let outcome = self.world.stores.mappings.release_pin(&self.group, number(BASE + at), &context_at(1)).await;
        let of = self.model.now().get(&at).copied();
        let expected = match of.map(|of| self.model.pins.remove(&of)) {
            Some(Some(_)) => Ok(ReleasePinOutcome::Released),
            Some(None) => Ok(ReleasePinOutcome::NotPinned),
            None => Err(MappingRefusal::NoSuchMapping),
        };
        assert_eq!(outcome, expected);
        if outcome == Ok(ReleasePinOutcome::Released) {
            // A revision like the one before.
            self.model.revisions.push(self.model.now().clone());
        }
    }

    async fn upload(&mut self, rows: Mappings, mode: ImportMode, apply: bool, confirm: bool) {
        let before = self.model.now().clone();
        let mut target = if mode == ImportMode::Merge { before.clone() } else { Mappings::new() };
        target.extend(&rows);
        let expected = counts(&before, &target);
        let reassigned = self.model.reassigned(&target);
        let confirmed = confirmation(confirm, expected.removed, reassigned);
        let named: Vec<_> = rows.iter().map(|(at, of)| (*at, email(*of))).collect();
        let named: Vec<_> = named.iter().map(|(at, email)| (*at, email.as_str())).collect();
        let apply_now = apply.then_some(confirmed);
        let file = ImportFile { apply: apply_now, ..support::file(&self.group, mode, &named) };
        let id = file.id;
        let outcome = self.world.import(file).await;

        // An address that a number outside the file keeps.
        let taken = |(at, of): (&u64, &u64)| {
            before.iter().any(|(other, email)| email == of && other != at && !rows.contains_key(other))
        };
        if mode == ImportMode::Merge && rows.iter().any(taken) {
            let Err(ImportRefusal::BadRows(bad_rows)) = outcome else { panic!("{outcome:?}") };
            let all_taken = bad_rows.first.iter().all(|bad| matches!(bad.reason, BadRowReason::EmailTaken { .. }));
            assert!(all_taken && bad_rows.count == rows.iter().filter(|row| taken(*row)).count() as u64);
            return;
        }
        if apply
            && !confirm
            && let Some(large) = LargeChange::of(before.len() as u64, expected, reassigned)
        {
            assert_eq!(outcome, Err(ImportRefusal::Unconfirmed(large)));
            return;
        }
        let Ok(TakenImport { import, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((import.counts, import.row_count), (expected, rows.len() as u64));
        assert_eq!(import.reassigned, Some(reassigned), "{before:?} {target:?}");
        let unchanged = rows.iter().filter(|(at, of)| before.get(at) == Some(of)).count() as u64;
        assert_eq!(import.unchanged, unchanged);
        let base = self.model.revision();
        let mut upload = Upload { id, base, target: target.clone(), counts: expected, reassigned, applied_as: None };
        if apply {
            self.model.become_(target);
            upload.applied_as = Some(self.model.revision());
        }
        assert_applied(&import, upload.applied_as);
        self.model.wait(upload);
    }

    async fn apply(&mut self, which: usize, confirm: bool) {
        let upload = &self.model.uploads[which];
        let (group, removed) = (self.group.clone(), upload.counts.removed);
        let confirmed = confirmation(confirm, removed, upload.reassigned);
        let apply = ApplyImport { group, id: upload.id, confirmed, context: context_at(2000) };
        let outcome = self.world.stores.imports.apply(apply).await;
        let before = self.model.now().len() as u64;
        if let Some(revision) = upload.applied_as {
            let Ok(AppliedImport { import, is_new: false }) = outcome else { panic!("{outcome:?}") };
            assert_applied(&import, Some(revision));
        } else if upload.base != self.model.revision() {
            let Err(KeptImportRefusal::Stale { since, .. }) = outcome else { panic!("{outcome:?}") };
            assert_eq!(since.len(), (self.model.revision() - upload.base).min(20));
        } else if let Some(large) = LargeChange::of(before, upload.counts, upload.reassigned).filter(|_| !confirm) {
            assert_eq!(outcome, Err(KeptImportRefusal::Unconfirmed(large)));
        } else {
            let Ok(AppliedImport { import, is_new: true }) = outcome else { panic!("{outcome:?}") };
            let target = upload.target.clone();
            self.model.become_(target);
            let revision = Some(self.model.revision());
            assert_applied(&import, revision);
            self.model.uploads[which].applied_as = revision;
        }
    }

    async fn restore(&mut self, revision: usize) {
        let target = self.model.revisions[revision].clone();
        let expected = counts(self.model.now(), &target);
        let wanted = i64::try_from(revision).unwrap();
        let restore = Restore { group: self.group.clone(), revision: wanted, context: context_at(3000) };
        let outcome = self.world.stores.history.restore(restore).await;
        self.model.become_(target);
        let revision = i64::try_from(self.model.revision()).unwrap();
        assert_eq!(outcome, Ok(Restored { revision, counts: expected }));
    }

    /// The mappings, the count, the revision and the newest revision's changes are the model's.
    async fn compare(&self) {
        let (now, revision) = (self.model.now(), self.model.revision());
        let expected: Vec<_> = now.iter().map(|(at, of)| (*at, email(*of))).collect();
        assert_eq!(self.world.all(&self.group).await, expected);
        let group = self.world.read(&self.group).await;
        assert_eq!((group.mapping_count, group.revision), (now.len() as u64, i64::try_from(revision).unwrap()));
        let page = PageRequest { limit: 1, after: None };
        let newest = self.world.stores.history.list(&self.group, &page).await.unwrap().items.pop();
        let changed = revision.checked_sub(1).map(|before| counts(&self.model.revisions[before], now));
        assert_eq!(newest.map(|newest| newest.counts), changed);
        let page = PageRequest { limit: 100, after: None };
        let listed = self.world.stores.mappings.list(&self.group, &MappingFilter::default(), &page).await.unwrap();
        let pinned = |mapping: &Mapping| Some((mapping.phone_number.digits() - BASE, mapping.pinned_to?.oid));
        let pins: Vec<_> = listed.items.iter().filter_map(pinned).collect();
        let pin = |(at, of): (&u64, &u64)| Some((*at, guid(*self.model.pins.get(of)?)));
        let expected: Vec<_> = now.iter().filter_map(pin).collect();
        assert_eq!(pins, expected);
    }
}

fn assert_applied(import: &Import, revision: Option<usize>) {
    let expected = revision
        .map_or(ImportState::Ready, |revision| ImportState::Applied { revision: i64::try_from(revision).unwrap() });
    assert_eq!(import.state, expected);
}

fn hold_against_the_model(engine: Engine) {
    let runtime = Runtime::new().unwrap();
    let world = runtime.block_on(World::new(engine));
    let config = Config { cases: SEQUENCES, failure_persistence: None, ..Config::default() };
    // A group of its own for each sequence; the numbers are given back at its end.
    let outcome = TestRunner::new(config).run(&vec(step(), 1..40), |steps| {
        runtime.block_on(async {
            let group = world.group(&format!("g{}", Uuid::new_v4().simple())).await;
            world.stores.business_groups.link_tenant(&group, guid(TENANT), &context_at(0)).await.unwrap();
            let model = Model { revisions: vec![Mappings::new()], uploads: Vec::new(), pins: BTreeMap::new() };
            let mut pair = Pair { world: &world, group, model };
            for step in steps {
                pair.take(step).await;
            }
            pair.restore(0).await;
            world.stores.business_groups.delete(&pair.group, &context_at(1)).await.unwrap();
        });
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

// proves T-55
#[test]
fn any_sequence_of_changes_is_the_models_on_postgres() {
    hold_against_the_model(Engine::Postgres);
}

#[test]
fn any_sequence_of_changes_is_the_models_on_sqlite() {
    hold_against_the_model(Engine::Sqlite);
}
