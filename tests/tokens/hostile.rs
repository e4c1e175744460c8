//! Tokens that are refused, and by which check.

use serde_json::json;
use signline::auth::{TokenCheck, TokenError};

use crate::hostile_table;
use crate::hostile_table::{Row, claims_with};
use crate::minting::*;

/// Refuses every row by its own check, also when the header of all good tokens is known.
async fn refuse(rows: fn(&Mint) -> Vec<Row>, at_least: usize) {
    let rows = rows(&Mint::microsofts());
    assert!(rows.len() >= at_least, "{} rows", rows.len());
    let validator = World::usual().validator(policy());
    for header_is_known in [false, true] {
        if header_is_known {
            validator.validate(&sign(&id_token())).await.expect("a good token");
        }
        for (name, token, check) in &rows {
            let refused = Err(TokenError::Invalid(*check));
            assert_eq!(validator.validate(token).await, refused, "{name}");
            // What has to be fetched first can't be said at once.
            let miss = validator.cached(token.as_bytes()).expect_err(name);
            let at_once = validator.validate_at_once(token, miss);
            assert!(at_once == Some(refused) || (at_once.is_none() && *check == TokenCheck::UnknownKey), "{name}");
        }
    }
}

// proves T-03
#[tokio::test]
async fn tokens_of_another_form_are_refused() {
    refuse(hostile_table::of_another_form, 21).await;
}

// proves T-01
#[tokio::test]
async fn headers_with_another_algorithm_are_refused() {
    refuse(hostile_table::with_another_algorithm, 19).await;
}

// proves T-02
#[tokio::test]
async fn headers_with_anything_odd_are_refused() {
    refuse(hostile_table::with_an_odd_header, 37).await;
}

// proves T-01
#[tokio::test]
async fn tokens_that_the_named_key_did_not_sign_are_refused() {
    refuse(hostile_table::not_signed_by_the_named_key, 8).await;
}

// proves T-03
#[tokio::test]
async fn claims_that_cannot_be_read_in_one_way_only_are_refused() {
    refuse(hostile_table::with_ambiguous_claims, 16).await;
}

// proves T-04
#[tokio::test]
async fn tokens_of_another_tenant_issuer_or_key_are_refused() {
    refuse(hostile_table::of_another_tenant_issuer_or_key, 44).await;
}

// proves T-06
#[tokio::test]
async fn tokens_for_others_are_refused() {
    refuse(hostile_table::for_others, 42).await;
}

// proves T-07
#[tokio::test]
async fn access_tokens_that_were_given_to_others_are_refused_whomever_they_are_for() {
    refuse(hostile_table::given_to_others, 46).await;
}

// proves T-14
#[tokio::test]
async fn an_address_whose_domain_nobody_has_verified_is_refused() {
    refuse(hostile_table::with_a_disowned_address, 17).await;
}

// proves T-08
#[tokio::test]
async fn tokens_out_of_their_time_are_refused() {
    refuse(hostile_table::out_of_their_time, 33).await;
}

// proves T-84
#[tokio::test]
async fn what_is_said_of_a_refused_token_holds_nothing_of_it() {
    let validator = World::usual().validator(policy());
    for claim in ["aud", "iss", "tid", "oid", "ver"] {
        let error = validator.validate(&claims_with(&Mint::microsofts(), claim, json!("SECRET"))).await.unwrap_err();
        assert!(!error.to_string().contains("SECRET"), "{error}");
        assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
    }
}
