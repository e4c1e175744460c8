//! Keys that come and go, and endpoints that don't answer.

use std::sync::Arc;

use serde_json::json;
use signline::auth::{TokenCheck, TokenError};
use tokio::task::JoinSet;

use crate::minting::*;

fn token_of(kid: &str) -> String {
    sign_raw(&json!({"alg": "RS256", "kid": kid}).to_string(), long_lived())
}

/// Claims that are good for days, so that only the keys grow old.
fn long_lived() -> String {
    with(&id_token(), &[("exp", json!(NOW + 10 * 86_400))]).to_string()
}

#[tokio::test]
async fn a_new_key_is_usable_at_once_and_a_withdrawn_one_stops_at_the_next_refresh() {
    let world = World::publishing(vec![published("old", Some(TEMPLATE))]);
    let keys = world.keys();
    let validator = world.validator_with(policy(), Arc::clone(&keys));
    keys.refresh().await;
    assert!(validator.validate(&token_of("old")).await.is_ok());
    world.publish(Some(vec![published("old", Some(TEMPLATE)), published("new", Some(TEMPLATE))]));
    assert!(validator.validate(&token_of("new")).await.is_ok());
    world.publish(Some(vec![published("new", Some(TEMPLATE))]));
    assert!(validator.validate(&token_of("old")).await.is_ok());
    keys.refresh().await;
    assert_eq!(validator.validate(&token_of("old")).await, Err(TokenError::Invalid(TokenCheck::UnknownKey)));
}

#[tokio::test]
async fn a_token_of_a_withdrawn_key_is_refused_by_its_form_first() {
    let world = World::publishing(vec![published("old", Some(TEMPLATE))]);
    let keys = world.keys();
    let validator = world.validator_with(policy(), Arc::clone(&keys));
    assert!(validator.validate(&token_of("old")).await.is_ok());
    world.publish(Some(vec![published("new", Some(TEMPLATE))]));
    keys.refresh().await;
    let padded = format!("{}==", token_of("old"));
    assert_eq!(validator.validate(&padded).await, Err(TokenError::Invalid(TokenCheck::Base64)));
}

#[tokio::test]
async fn sign_ins_go_on_for_a_day_while_microsoft_is_down() {
    let world = World::publishing(vec![published("k", Some(TEMPLATE))]);
    let keys = world.keys();
    let validator = world.validator_with(policy(), Arc::clone(&keys));
    assert!(validator.validate(&token_of("k")).await.is_ok());
    world.publish(None);
    world.wait(86_399);
    keys.refresh().await;
    assert!(validator.validate(&token_of("k")).await.is_ok());
    world.wait(1);
    assert!(matches!(validator.validate(&token_of("k")).await, Err(TokenError::KeysUnavailable { .. })));
}

// proves T-68
#[tokio::test]
async fn two_hundred_tokens_of_unknown_keys_cause_one_fetch() {
    let world = World::publishing(vec![published("k", Some(TEMPLATE))]);
    let validator = Arc::new(world.validator(policy()));
    let mut asking = JoinSet::new();
    for number in 0..200 {
        let validator = Arc::clone(&validator);
        asking.spawn(async move { validator.validate(&token_of(&format!("unknown-{number}"))).await });
    }
    for outcome in asking.join_all().await {
        assert_eq!(outcome, Err(TokenError::Invalid(TokenCheck::UnknownKey)));
    }
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn a_token_that_is_refused_by_its_form_causes_no_fetch() {
    let world = World::publishing(vec![]);
    let validator = world.validator(policy());
    for token in ["", "a.b.c", "x", &format!("{}.e30.AAAA", encode(r#"{"alg":"none","kid":"k"}"#))] {
        assert!(matches!(validator.validate(token).await, Err(TokenError::Invalid(_))));
    }
    assert_eq!(world.fetches(), 0);
}
