//! Cached tokens: they pass without being checked anew, as long as they would pass if they were.

use std::sync::Arc;

use serde_json::json;
use signline::auth::{TokenCheck, TokenError, ValidatedToken};
use signline::ports::key_set_source::PublishedKey;

use crate::minting::*;

const LIFE: i64 = 3600;

fn token() -> String {
    token_for("bobsmith@abccompany.com", LIFE)
}

fn token_for(email: &str, life: i64) -> String {
    let claims = with(&id_token(), &[("email", json!(email)), ("exp", json!(NOW + life))]);
    sign_raw(&json!({"alg": "RS256", "kid": KID}).to_string(), claims.to_string())
}

fn refused(check: TokenCheck) -> Result<Arc<ValidatedToken>, TokenError> {
    Err(TokenError::Invalid(check))
}

#[tokio::test]
async fn a_cached_token_says_the_same() {
    let validator = World::usual().validator(policy());
    let first = validator.validate(&token()).await.unwrap();
    let again = validator.validate(&token()).await.unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!(validator.status().cached, 1);
}

#[tokio::test]
async fn a_token_is_validated_at_once_where_its_key_is_known() {
    let validator = World::usual().validator(policy());
    let token = token();
    let miss = || validator.cached(token.as_bytes()).unwrap_err();
    assert!(validator.validate_at_once(&token, miss()).is_none());
    assert_eq!(validator.status().checks, 0);
    validator.validate(&token_for("johndavidson@abccompany.com", LIFE)).await.unwrap();
    let validated = validator.validate_at_once(&token, miss()).unwrap().unwrap();
    assert_eq!(validator.status().checks, 2);
    assert!(Arc::ptr_eq(&validated, &validator.cached(token.as_bytes()).unwrap()));
}

#[tokio::test]
async fn without_a_cache_each_token_is_checked_each_time() {
    let validator = World::usual().validator(policy()).with_cache(0).unwrap();
    let [first, again] = [validator.validate(&token()).await.unwrap(), validator.validate(&token()).await.unwrap()];
    assert!(!Arc::ptr_eq(&first, &again) && first == again);
    assert_eq!(validator.status().cached, 0);
}

// proves T-08
#[tokio::test]
async fn a_cached_token_is_checked_anew_from_its_exp_on_and_then_refused() {
    let world = World::usual();
    let validator = world.validator(policy());
    let first = validator.validate(&token()).await.unwrap();
    world.set_clock(LIFE - 1);
    assert!(Arc::ptr_eq(&first, &validator.validate(&token()).await.unwrap()));
    // Within the leeway.
    world.set_clock(LIFE);
    assert!(!Arc::ptr_eq(&first, &validator.validate(&token()).await.unwrap()));
    world.set_clock(LIFE + 60);
    assert_eq!(validator.validate(&token()).await, refused(TokenCheck::Expired));
}

#[tokio::test]
async fn a_cached_token_is_refused_by_a_clock_that_was_set_back_before_its_time() {
    let world = World::usual();
    let validator = world.validator(policy());
    assert!(validator.validate(&token()).await.is_ok());
    world.set_clock(-61);
    assert_eq!(validator.validate(&token()).await, refused(TokenCheck::NotYetValid));
}

// proves T-09
#[tokio::test]
async fn a_cached_token_is_useless_once_its_key_is_withdrawn_or_replaced() {
    let other = published(BARE_KID, Some(TEMPLATE));
    for after in [vec![other.clone()], vec![PublishedKey { kid: KID.to_owned(), ..forged() }]] {
        let world = World::publishing(vec![published(KID, Some(TEMPLATE)), other.clone()]);
        let keys = world.keys();
        let validator = world.validator_with(policy(), Arc::clone(&keys));
        assert!(validator.validate(&token()).await.is_ok());
        world.publish(Some(after));
        keys.refresh().await;
        assert!(matches!(validator.validate(&token()).await, Err(TokenError::Invalid(_))));
    }
}

/// Another key.
fn forged() -> PublishedKey {
    let mut key = published(KID, Some(TEMPLATE));
    key.modulus[100] ^= 2;
    key
}

#[tokio::test]
async fn a_key_that_may_not_sign_for_the_tenant_any_more_makes_its_tokens_useless() {
    let world = World::usual();
    let keys = world.keys();
    let validator = world.validator_with(policy(), Arc::clone(&keys));
    assert!(validator.validate(&token()).await.is_ok());
    let issuer = format!("https://login.microsoftonline.com/{PERSONAL_ACCOUNTS}/v2.0");
    world.publish(Some(vec![published(KID, Some(&issuer))]));
    keys.refresh().await;
    assert_eq!(validator.validate(&token()).await, refused(TokenCheck::KeyIssuer));
}

#[tokio::test]
async fn a_cached_token_stays_cached_when_the_same_keys_are_fetched_again() {
    let world = World::usual();
    let keys = world.keys();
    let validator = world.validator_with(policy(), Arc::clone(&keys));
    let first = validator.validate(&token()).await.unwrap();
    keys.refresh().await;
    assert!(Arc::ptr_eq(&first, &validator.validate(&token()).await.unwrap()));
}

// proves T-28
#[tokio::test]
async fn a_token_that_differs_from_a_cached_one_in_any_letter_is_refused() {
    let validator = World::usual().validator(policy());
    let good = token();
    assert!(validator.validate(&good).await.is_ok());
    for at in 0..good.len() {
        let mut changed = good.clone();
        let other = if &good[at..=at] == "A" { "B" } else { "A" };
        changed.replace_range(at..=at, other);
        assert!(matches!(validator.validate(&changed).await, Err(TokenError::Invalid(_))), "letter {at}");
    }
    for (name, changed) in [("longer", good.clone() + "A"), ("shorter", good[..good.len() - 1].to_owned())] {
        assert!(matches!(validator.validate(&changed).await, Err(TokenError::Invalid(_))), "{name}");
    }
    assert_eq!(validator.status().cached, 1);
}

// proves T-80
#[tokio::test]
async fn bad_tokens_push_no_good_one_out() {
    let world = World::usual();
    let validator = world.validator(policy()).with_cache(10).unwrap();
    let first = validator.validate(&token()).await.unwrap();
    let good = token();
    let signed = good.rsplit_once('.').unwrap().0;
    for number in 0..1000 {
        let bad = format!("{signed}.{}", encode(format!("{number:0256}")));
        assert_eq!(validator.validate(&bad).await, refused(TokenCheck::Signature));
    }
    assert_eq!(validator.status().cached, 1);
    assert!(Arc::ptr_eq(&first, &validator.validate(&good).await.unwrap()));
}

// proves T-80
#[tokio::test]
async fn no_more_tokens_are_cached_than_there_is_room_for() {
    let validator = World::usual().validator(policy()).with_cache(10).unwrap();
    for number in 0..100 {
        let token = token_for(&format!("user{number}@abccompany.com"), LIFE);
        assert!(validator.validate(&token).await.is_ok());
    }
    assert!((1..=10).contains(&validator.status().cached), "{}", validator.status().cached);
}
