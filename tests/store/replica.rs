//! A replica in the tests: stores of its own, what it hears of others, and a resolver whose lookups are counted.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use signline::domain::actor::AuditContext;
use signline::domain::application::Applications;
use signline::domain::business_group::{BusinessGroupId, BusinessGroupPatch, IdentityPinning};
use signline::domain::email::EmailAddress;
use signline::domain::guid::Guid;
use signline::domain::mapping::{Line, Mapping, MappingPlace};
use signline::domain::page::{Page, PageRequest};
use signline::domain::phone_number::PhoneNumber;
use signline::domain::sign_in::{AppRoles, SignIn};
use signline::mappings::{Lines, ResolveError, Resolver};
use signline::ports::clock::SystemClock;
use signline::ports::mapping_store::{
    Export, FoundMapping, GroupMapping, LookedUp, MappingFilter, MappingRefusal, MappingStore, Pin, PinOutcome,
    PutMapping, PutOutcome, ReleasePinOutcome, SignInFacts, WantedInAll,
};
use signline::ports::store_error::StoreError;
use signline::store::Stores;
use test_support::app::TIMEOUT;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn};
use tokio::time::{Instant, sleep, timeout};

use crate::support::*;

/// Mappings that count the lookups, and hold them up where a test wants it.
struct Counted {
    inner: Arc<dyn MappingStore>,
    lookups: AtomicUsize,
    pins: AtomicUsize,
    /// A lookup that has been read passes with a permit; closed, all pass.
    gate: Semaphore,
}

#[async_trait]
impl MappingStore for Counted {
    async fn resolve(&self, tenant: Guid, email: Option<&EmailAddress>) -> Result<Option<Line>, StoreError> {
        let found = self.inner.resolve(tenant, email).await;
        self.lookups.fetch_add(1, Ordering::SeqCst);
        if let Ok(permit) = self.gate.acquire().await {
            permit.forget();
        }
        found
    }

    async fn pin(&self, pin: &Pin) -> Result<PinOutcome, StoreError> {
        self.pins.fetch_add(1, Ordering::SeqCst);
        self.inner.pin(pin).await
    }

    async fn find(&self, group: &BusinessGroupId, number: PhoneNumber) -> Result<Mapping, MappingRefusal> {
        self.inner.find(group, number).await
    }

    async fn list(
        &self,
        group: &BusinessGroupId,
        filter: &MappingFilter,
        page: &PageRequest<MappingPlace>,
    ) -> Result<Page<Mapping>, MappingRefusal> {
        self.inner.list(group, filter, page).await
    }

    async fn look_up(
        &self,
        group: Option<&BusinessGroupId>,
        asked: &LookedUp,
    ) -> Result<Vec<FoundMapping>, MappingRefusal> {
        self.inner.look_up(group, asked).await
    }

    async fn find_in_all(
        &self,
        wanted: &WantedInAll,
        page: &PageRequest<PhoneNumber>,
    ) -> Result<Page<GroupMapping>, StoreError> {
        self.inner.find_in_all(wanted, page).await
    }

    async fn put_if(&self, change: &PutMapping, revisions: Option<&[i64]>) -> Result<PutOutcome, MappingRefusal> {
        self.inner.put_if(change, revisions).await
    }

    async fn delete_if(
        &self,
        group: &BusinessGroupId,
        number: PhoneNumber,
        revisions: Option<&[i64]>,
        context: &AuditContext,
    ) -> Result<(), MappingRefusal> {
        self.inner.delete_if(group, number, revisions, context).await
    }

    async fn release_pin(
        &self,
        group: &BusinessGroupId,
        number: PhoneNumber,
        context: &AuditContext,
    ) -> Result<ReleasePinOutcome, MappingRefusal> {
        self.inner.release_pin(group, number, context).await
    }

    async fn sign_in_facts(
        &self,
        group: &BusinessGroupId,
        email: &EmailAddress,
    ) -> Result<SignInFacts, MappingRefusal> {
        self.inner.sign_in_facts(group, email).await
    }

    async fn export(&self, group: &BusinessGroupId) -> Result<Option<Export>, StoreError> {
        self.inner.export(group).await
    }
}

/// One replica: its stores, what it hears, and its resolver.
pub(crate) struct Replica {
    pub(crate) stores: Stores,
    counted: Arc<Counted>,
    pub(crate) resolver: Arc<Resolver>,
    listening: Option<JoinHandle<Infallible>>,
}

impl Replica {
    /// A replica that does not listen to others.
    pub(crate) fn deaf(stores: Stores) -> Self {
        let open = Semaphore::new(0);
        open.close();
        Self::behind(open, stores)
    }

    /// A replica whose lookups pass this gate once they have read.
    fn behind(gate: Semaphore, stores: Stores) -> Self {
        let inner = Arc::clone(&stores.mappings);
        let counted = Arc::new(Counted { inner, lookups: AtomicUsize::new(0), pins: AtomicUsize::new(0), gate });
        let store: Arc<dyn MappingStore> = Arc::<Counted>::clone(&counted);
        let lines = Lines::new(Arc::clone(&store), Arc::clone(&stores.lines), 1000);
        let resolver = Arc::new(Resolver::new(lines, store, Arc::new(SystemClock)));
        Self { stores, counted, resolver, listening: None }
    }

    /// The first replica of a world, which takes for granted that nothing is changed elsewhere.
    pub(crate) fn trusting(world: &World) -> Self {
        let replica = Self::deaf(world.stores.clone());
        replica.stores.lines.extend_lease(Instant::now(), Duration::from_hours(1));
        replica
    }

    pub(crate) async fn hearing(stores: Stores) -> Self {
        let mut replica = Self::deaf(stores);
        let watch = Arc::clone(&replica.stores.line_watch);
        replica.listening = Some(spawn(async move { watch.listen().await }));
        replica.wait_until_trusted().await;
        replica
    }

    /// The first replica of a world.
    pub(crate) async fn of(world: &World) -> Self {
        Self::hearing(world.stores.clone()).await
    }

    pub(crate) async fn wait_until_trusted(&self) {
        let trusted = async {
            while !self.stores.lines.is_trusted(Instant::now()) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(TIMEOUT, trusted).await.expect("changes are heard");
    }

    pub(crate) async fn resolve(&self, email: &str) -> Found {
        found(&self.resolver, &sign_in(1, email)).await
    }

    pub(crate) async fn resolve_as(&self, sign_in: &SignIn) -> Found {
        found(&self.resolver, sign_in).await
    }

    /// What is answered without waiting for anything, if it is.
    pub(crate) fn at_once(&self, sign_in: &SignIn) -> Option<u64> {
        let line = self.resolver.resolve_at_once(sign_in, Instant::now())?;
        Some(line.phone_number.digits() - BASE)
    }

    /// Asks until the answer is this one.
    pub(crate) async fn wait_for(&self, sign_in: &SignIn, expected: Found) {
        let seen = async {
            while self.resolve_as(sign_in).await != expected {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(TIMEOUT, seen).await.unwrap_or_else(|_| panic!("never {expected:?}"));
    }

    /// How many lines were read from the store.
    pub(crate) fn lookups(&self) -> usize {
        self.counted.lookups.load(Ordering::SeqCst)
    }

    /// How many first sign-ins were asked of the store.
    pub(crate) fn pins(&self) -> usize {
        self.counted.pins.load(Ordering::SeqCst)
    }

    /// The same, but its lookups stop once they have read, until they are let go on.
    pub(crate) fn gated(mut self) -> Self {
        let mut gated = Self::behind(Semaphore::new(0), self.stores.clone());
        gated.listening = self.listening.take();
        gated
    }

    /// Asks in the background.
    pub(crate) fn ask(&self, email: &str) -> JoinHandle<Found> {
        let (resolver, sign_in) = (Arc::clone(&self.resolver), sign_in(1, email));
        spawn(async move { found(&resolver, &sign_in).await })
    }

    pub(crate) async fn wait_for_lookups(&self, count: usize) {
        let read = async {
            while self.lookups() < count {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(TIMEOUT, read).await.expect("the store is asked");
    }

    pub(crate) fn let_go_on(&self) {
        self.counted.gate.close();
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

/// An offset from `BASE`, or why there is none.
pub(crate) type Found = Result<u64, &'static str>;

pub(crate) async fn found(resolver: &Resolver, sign_in: &SignIn) -> Found {
    match resolver.resolve(sign_in).await {
        Ok(line) => Ok(line.phone_number.digits() - BASE),
        Err(ResolveError::TenantNotLinked) => Err("tenant not linked"),
        Err(ResolveError::TenantNotProven) => Err("tenant not proven"),
        Err(ResolveError::GuestNotAllowed) => Err("guest not allowed"),
        Err(ResolveError::NoEmailClaim) => Err("no e-mail claim"),
        Err(ResolveError::NoMapping) => Err("no mapping"),
        Err(ResolveError::IdentityChanged) => Err("identity changed"),
        Err(ResolveError::TwoNumbers(_)) => Err("two numbers"),
        Err(ResolveError::Store(error)) => panic!("{error}"),
    }
}

pub(crate) const NO_MAPPING: Found = Err("no mapping");

/// A sign-in to tenant number so and so; each address is another person.
pub(crate) fn sign_in(tenant: u32, email: &str) -> SignIn {
    let person = email.bytes().map(u32::from).sum();
    SignIn {
        tid: guid(tenant),
        oid: guid(person),
        email: Some(address(email)),
        other_sign_in_names: Box::default(),
        application: Applications::parse("portal=0c11e470-1111-4222-8333-444455557777")
            .expect("applications")
            .find(Guid::parse("0c11e470-1111-4222-8333-444455557777").expect("a GUID"))
            .expect("an application")
            .clone(),
        is_guest: false,
        roles: AppRoles::default(),
        expires_at: Timestamp::MAX,
    }
}

pub(crate) const BOB: &str = "bob@abc.com";
pub(crate) const EVE: &str = "eve@abc.com";

/// A group linked to tenant 1, with Bob's line.
pub(crate) async fn company(world: &World) -> BusinessGroupId {
    let group = world.group("abc").await;
    world.stores.business_groups.link_tenant(&group, guid(1), &context_at(0)).await.expect("the store answers");
    world.put(&group, 1, BOB).await.unwrap();
    group
}

/// Lets Bob sign in for the first time: a line that is pinned to nobody is asked for once more when it is used.
pub(crate) async fn pin(world: &World) {
    assert_eq!(Replica::deaf(world.stores.clone()).resolve(BOB).await, Ok(1));
}

/// Another account with Bob's address.
pub(crate) fn somebody_else() -> SignIn {
    SignIn { oid: guid(99), ..sign_in(1, BOB) }
}

pub(crate) async fn switch_pinning(world: &World, group: &BusinessGroupId, pinning: IdentityPinning) {
    let patch = BusinessGroupPatch { identity_pinning: Some(pinning), ..BusinessGroupPatch::default() };
    world.stores.business_groups.update(group, patch, &context_at(0)).await.unwrap();
}
