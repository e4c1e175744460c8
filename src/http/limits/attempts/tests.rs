//! Who is limited, and who is not.

use std::net::SocketAddr;

use actix_web::test::TestRequest;

use super::*;
use crate::auth::TokenCheck;

const BAD: Result<(), TokenError> = Err(TokenError::Invalid(TokenCheck::Signature));

fn attempts(per_address: u32, per_credential: u32) -> FailedAttempts {
    let proxies = TrustedProxies::parse("10.0.0.0/8").unwrap();
    FailedAttempts::new(AttemptLimits { per_address, per_credential, proxies })
}

fn from(peer: &str, forwarded: Option<&str>) -> HttpRequest {
    let request = TestRequest::default().peer_addr(SocketAddr::new(peer.parse().unwrap(), 4711));
    match forwarded {
        Some(forwarded) => request.insert_header((X_FORWARDED_FOR, forwarded)).to_http_request(),
        None => request.to_http_request(),
    }
}

async fn status<E: Failure>(
    attempts: &FailedAttempts,
    request: &HttpRequest,
    credential: (Kind, &str),
    outcome: Result<(), E>,
) -> u16 {
    let metrics = Metrics::new().unwrap();
    let checked = attempts.check((request, &metrics), credential, async { outcome }).await;
    checked.map_or_else(|problem| problem.kind().status().as_u16(), |()| 200)
}

// proves T-62
#[tokio::test]
async fn an_address_over_its_limit_is_told_so_and_its_good_tokens_pass() {
    let attempts = attempts(20, 0);
    let (here, elsewhere) = (from("192.0.2.1", None), from("192.0.2.2", None));
    for at in 0..20 {
        assert_eq!(status(&attempts, &here, (Kind::Token, &format!("bad {at}")), BAD).await, 401);
    }
    for at in 20..100 {
        assert_eq!(status(&attempts, &here, (Kind::Token, &format!("bad {at}")), BAD).await, 429);
    }
    for at in 0..1000 {
        let good: Result<(), TokenError> = Ok(());
        assert_eq!(status(&attempts, &here, (Kind::Token, &format!("good {at}")), good).await, 200);
    }
    assert_eq!(status(&attempts, &elsewhere, (Kind::Token, "bad"), BAD).await, 401);
}

#[tokio::test]
async fn failures_are_few_until_one_is_over_its_limit() {
    let attempts = attempts(2, 0);
    let here = from("192.0.2.1", None);
    for expected in [401, 401, 429] {
        assert!(attempts.are_few());
        assert_eq!(status(&attempts, &here, (Kind::Token, "bad"), BAD).await, expected);
    }
    assert!(!attempts.are_few());
}

#[tokio::test]
async fn checks_for_an_address_over_its_limit_are_bounded_and_a_key_that_was_good_always_passes() {
    let attempts = attempts(1, 0);
    let (here, unknown) = (from("192.0.2.1", None), || Err(ApiKeyRefusal::UnknownSecret));
    let good: Result<(), ApiKeyRefusal> = Ok(());
    assert_eq!(status(&attempts, &here, (Kind::ApiKey, "slk_good"), good).await, 200);
    let (metrics, mut looked_up) = (Metrics::new().unwrap(), 0);
    for at in 0..5000 {
        let look_up = async {
            looked_up += 1;
            unknown()
        };
        let guess = format!("slk_{at}");
        let refused = attempts.check::<(), _>((&here, &metrics), (Kind::ApiKey, &guess), look_up).await;
        assert!(refused.is_err());
    }
    assert!(looked_up < 4000, "{looked_up}");
    let good: Result<(), ApiKeyRefusal> = Ok(());
    assert_eq!(status(&attempts, &here, (Kind::ApiKey, "slk_good"), good).await, 200);
    // Once it is revoked it is a guess like any other, after the one lookup that finds out.
    assert_eq!(status::<ApiKeyRefusal>(&attempts, &here, (Kind::ApiKey, "slk_good"), unknown()).await, 429);
    assert!(attempts.good_keys.is_empty());
}

#[tokio::test]
async fn a_credential_that_fails_again_and_again_is_not_looked_at_wherever_it_comes_from() {
    let attempts = attempts(0, 5);
    let expired = || Err(TokenError::Invalid(TokenCheck::Expired));
    for at in 0..5 {
        let here = from(&format!("192.0.2.{at}"), None);
        assert_eq!(status::<TokenError>(&attempts, &here, (Kind::Token, "old"), expired()).await, 401);
    }
    let here = from("192.0.2.99", None);
    assert_eq!(status::<TokenError>(&attempts, &here, (Kind::Token, "old"), expired()).await, 429);
    let (metrics, looked_at) = (Metrics::new().unwrap(), std::cell::Cell::new(false));
    let check = async {
        looked_at.set(true);
        Ok::<_, TokenError>(())
    };
    assert!(attempts.check((&here, &metrics), (Kind::Token, "old"), check).await.is_err());
    assert!(!looked_at.get());
    assert_eq!(status::<TokenError>(&attempts, &here, (Kind::Token, "new"), Ok(())).await, 200);
}

#[tokio::test]
async fn what_proves_that_it_was_given_out_does_not_count_for_the_address_nor_do_faults_inside() {
    let attempts = attempts(1, 0);
    let here = from("192.0.2.1", None);
    for at in 0..50 {
        let token = format!("token {at}");
        let expired = Err(TokenError::Invalid(TokenCheck::Expired));
        assert_eq!(status::<TokenError>(&attempts, &here, (Kind::Token, &token), expired).await, 401);
        let no_keys = Err(TokenError::KeysUnavailable { retry_after: Duration::from_secs(1) });
        assert_eq!(status::<TokenError>(&attempts, &here, (Kind::Token, &token), no_keys).await, 503);
        assert_eq!(status(&attempts, &here, (Kind::ApiKey, &token), Err(ApiKeyRefusal::Expired)).await, 401);
    }
}

#[tokio::test]
async fn callers_behind_a_trusted_proxy_are_told_apart_and_neighbours_in_ipv6_are_one() {
    let attempts = attempts(1, 0);
    let mut at = 0;
    let mut bad = async |request: &HttpRequest| {
        at += 1;
        status(&attempts, request, (Kind::Token, &format!("bad {at}")), BAD).await
    };
    assert_eq!(bad(&from("10.0.0.1", Some("192.0.2.1"))).await, 401);
    assert_eq!(bad(&from("10.0.0.1", Some("192.0.2.1"))).await, 429);
    assert_eq!(bad(&from("10.0.0.2", Some("192.0.2.7, 192.0.2.2"))).await, 401);
    assert_eq!(bad(&from("10.0.0.2", Some("192.0.2.8, 192.0.2.2"))).await, 429);
    // A stranger who claims to be somebody else is still the stranger.
    assert_eq!(bad(&from("192.0.2.3", Some("192.0.2.4"))).await, 401);
    assert_eq!(bad(&from("192.0.2.3", Some("192.0.2.5"))).await, 429);
    assert_eq!(bad(&from("2001:db8::1", None)).await, 401);
    assert_eq!(bad(&from("2001:db8::ffff:1", None)).await, 429);
    assert_eq!(bad(&from("2001:db8:0:1::1", None)).await, 401);
}

/// Counts a failure of the address of this number.
fn fail(attempts: &FailedAttempts, address: u32) -> Result<(), Refused> {
    let here = from(&Ipv4Addr::from_bits(address).to_string(), None);
    attempts.fail(&here, Kind::Token, "bad", false)
}

// proves T-67
#[test]
fn the_memory_of_failures_is_bounded() {
    const MANY: u32 = 200_000;
    let attempts = attempts(1, 0);
    for address in 0..MANY {
        assert!(fail(&attempts, address).is_ok());
    }
    let (addresses, now) = (attempts.addresses.as_ref().unwrap(), attempts.now());
    let is_remembered = |address| addresses.is_full(&Ipv4Addr::from_bits(address).into(), now).is_some();
    let remembered = (0..MANY).filter(|address| is_remembered(*address)).count();
    assert!((CAPACITY / 2..=CAPACITY).contains(&remembered), "{remembered}");
}

#[test]
fn who_fails_again_and_again_is_remembered_among_many_who_fail_once() {
    let attempts = attempts(1, 0);
    let mut refused = 0;
    for address in 1..=200_000 {
        assert!(fail(&attempts, address).is_ok());
        // They come when the memory is full already.
        if address > 100_000 && address % 1000 == 0 {
            refused += u32::from(fail(&attempts, 0).is_err());
        }
    }
    assert!(refused > 90, "{refused} of 100");
}

#[tokio::test]
async fn names_of_others_are_told_ten_times_a_minute_for_one_group_however_many_ask_at_once() {
    let (attempts, metrics) = (attempts(0, 0), Metrics::new().unwrap());
    let group = |id: &str| BusinessGroupId::parse(id).unwrap();
    let taken = async || {
        tokio::task::yield_now().await;
        Err::<(), _>(Problem::new(ProblemKind::NameTaken, "taken"))
    };
    let (squatter, third) = (group("squatter"), group("third"));
    let tries = (0..30).map(|_| attempts.rename(&metrics, &squatter, taken()));
    let answers = futures_util::future::join_all(tries).await;
    let told = |kind| answers.iter().filter(|answer| answer.as_ref().unwrap_err().kind() == kind).count();
    assert_eq!((told(ProblemKind::NameTaken), told(ProblemKind::TooManyRequests)), (10, 20));
    let renamed = std::cell::Cell::new(false);
    let change = async {
        renamed.set(true);
        Ok(())
    };
    assert!(attempts.rename(&metrics, &squatter, change).await.is_err());
    assert!(!renamed.get(), "a free name would tell as much");
    assert!(attempts.rename(&metrics, &third, async { Ok(()) }).await.is_ok());
}
