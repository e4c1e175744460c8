//! Tokens that are taken, and what is read from them.

use serde_json::{Value, json};
use signline::auth::{ApiRegistration, TokenCheck, TokenError};
use signline::domain::app_id_uri::AppIdUris;
use signline::domain::application::Applications;
use signline::domain::authority::Authority;
use signline::domain::email::EmailAddress;
use signline::domain::guid::Guid;
use signline::domain::sign_in::{AppRoles, SignIn};

use crate::minting::*;

async fn read(token: &str) -> SignIn {
    World::usual().validator(policy()).validate(token).await.expect("a good token").sign_in.clone()
}

#[tokio::test]
async fn each_kind_of_token_names_its_application() {
    for (name, claims, application) in [
        ("v2 ID token", id_token(), "portal"),
        ("v1 ID token", v1_id_token(), "portal"),
        ("audience as api:// URI", with(&id_token(), &[("aud", json!(format!("api://{PORTAL}")))]), "portal"),
        ("ID token of another application", with(&id_token(), &[("aud", json!(MOBILE))]), "maxuc-mobile"),
        ("v2 access token", access_token(), "maxuc-mobile"),
        ("v1 access token", v1_access_token(), "maxuc-mobile"),
        ("access token by client id", with(&v1_access_token(), &[("aud", json!(API))]), "maxuc-mobile"),
        ("marked as a user's", with(&access_token(), &[("idtyp", json!("user"))]), "maxuc-mobile"),
        ("both claims of the client", with(&access_token(), &[("appid", json!(MOBILE))]), "maxuc-mobile"),
        ("an application's for another", with(&id_token(), &given_to(MOBILE, "azp")), "portal"),
        ("an application's for itself", with(&id_token(), &given_to(PORTAL, "azp")), "portal"),
        ("an application's for another, v1", with(&v1_id_token(), &given_to(MOBILE, "appid")), "portal"),
        (
            "an application's for another, by URI",
            with(&with(&id_token(), &given_to(PORTAL, "azp")), &[("aud", json!(format!("api://{MOBILE}")))]),
            "maxuc-mobile",
        ),
    ] {
        let sign_in = read(&sign(&claims)).await;
        assert_eq!(sign_in.application.to_string(), application, "{name}");
        assert_eq!((sign_in.tid.to_string().as_str(), sign_in.oid.to_string().as_str()), (TENANT, USER), "{name}");
        assert_eq!(sign_in.email.unwrap().as_str(), "bobsmith@abccompany.com", "{name}");
        assert_eq!(sign_in.expires_at.as_second(), NOW + 3600, "{name}");
        assert!(!sign_in.is_guest, "{name}");
    }
}

/// What makes an access token of an ID token.
fn given_to(client: &str, claim: &'static str) -> [(&'static str, Value); 2] {
    [(claim, json!(client)), ("scp", json!("Calls.Read"))]
}

#[tokio::test]
async fn a_further_audience_of_the_api_is_held_to_all_that_its_client_id_is() {
    let mut own = policy();
    let uris = AppIdUris::parse("https://voice.example/signline,api://voice.example/api").unwrap();
    own.api = own.api.map(|api| ApiRegistration { app_id_uris: uris.clone(), ..api });
    let mut without_client_id = own.clone();
    without_client_id.api = own.api.clone().map(|api| ApiRegistration { client_id: None, ..api });
    for policy in [own, without_client_id] {
        let validator = World::usual().validator(policy);
        let judged = async |claims: &Value, changes: &[(&str, Value)]| {
            let outcome = validator.validate(&sign(&with(claims, changes))).await;
            outcome.map(|token| token.sign_in.application.to_string())
        };
        for uri in ["https://voice.example/signline", "https://voice.example/signline/", "api://voice.example/api"] {
            let aud = ("aud", json!(uri));
            for claims in [access_token(), v1_access_token()] {
                let refused = |check| Err(TokenError::Invalid(check));
                let changed = async |name, value| judged(&claims, &[aud.clone(), (name, value)]).await;
                assert_eq!(judged(&claims, std::slice::from_ref(&aud)).await.as_deref(), Ok("maxuc-mobile"), "{uri}");
                assert_eq!(changed("scp", json!("Other")).await, refused(TokenCheck::Scope), "{uri}");
                assert_eq!(changed("scp", Value::Null).await, refused(TokenCheck::AppOnly), "{uri}");
                let claim = if claims["ver"] == "1.0" { "appid" } else { "azp" };
                assert_eq!(changed(claim, json!(STRANGER)).await, refused(TokenCheck::ClientApplication), "{uri}");
            }
            assert_eq!(judged(&id_token(), &[aud]).await, Err(TokenError::Invalid(TokenCheck::Scope)), "{uri}");
        }
        let other = judged(&access_token(), &[("aud", json!("https://voice.example/"))]).await;
        assert_eq!(other, Err(TokenError::Invalid(TokenCheck::Audience)));
    }
}

/// A small installation registers one application for both.
#[tokio::test]
async fn a_registration_that_is_both_application_and_api_has_its_id_tokens_and_its_access_tokens_taken() {
    let mut both = policy();
    both.api = both.api.map(|api| ApiRegistration { client_id: Some(Guid::parse(PORTAL).unwrap()), ..api });
    let validator = World::usual().validator(both);
    let judged = async |claims: &Value| {
        validator.validate(&sign(claims)).await.map(|token| token.sign_in.application.to_string())
    };
    assert_eq!(judged(&id_token()).await.as_deref(), Ok("portal"));
    let access = with(&access_token(), &[("aud", json!(PORTAL))]);
    assert_eq!(judged(&access).await.as_deref(), Ok("maxuc-mobile"));
    let other_scope = with(&access, &[("scp", json!("User.Read"))]);
    assert_eq!(judged(&other_scope).await, Err(TokenError::Invalid(TokenCheck::Scope)));
}

#[tokio::test]
async fn headers_as_microsoft_writes_them_are_taken() {
    for header in [
        json!({"alg": "RS256", "kid": KID}),
        json!({"typ": "jwt", "alg": "RS256", "kid": KID}),
        json!({"typ": "JWT", "alg": "RS256", "x5t": KID, "kid": KID}),
        json!({"alg": "RS256", "kid": BARE_KID}),
    ] {
        read(&sign_raw(&header.to_string(), id_token().to_string())).await;
    }
}

#[tokio::test]
async fn the_times_have_the_leeway_of_the_settings_to_the_second() {
    for changes in [
        [("exp", json!(NOW - 59))].as_slice(),
        &[("nbf", json!(NOW + 60))],
        &[("iat", json!(NOW + 60))],
        &[("iat", Value::Null)],
        &[("exp", json!(NOW + 400 * 86_400))],
    ] {
        read(&sign(&with(&id_token(), changes))).await;
    }
}

#[tokio::test]
async fn the_address_is_the_first_claim_that_is_shaped_like_one() {
    let of = |changes: &[(&str, Value)]| sign(&with(&id_token(), changes));
    for (token, expected) in [
        (of(&[("email", json!("First@abc.com")), ("upn", json!("last@abc.com"))]), Some("first@abc.com")),
        (of(&[("email", json!(""))]), Some("bobsmith@abccompany.com")),
        (of(&[("email", json!(7))]), Some("bobsmith@abccompany.com")),
        (of(&[("email", json!(["eve@abc.com"]))]), Some("bobsmith@abccompany.com")),
        (of(&[("email", json!("eve@abc.com bob@abc.com"))]), Some("bobsmith@abccompany.com")),
        (of(&[("email", json!("\u{212A}im@abc.com"))]), Some("bobsmith@abccompany.com")),
        (of(&[("preferred_username", json!("+17635551111")), ("upn", json!("u@abc.com"))]), Some("u@abc.com")),
        (of(&[("preferred_username", Value::Null)]), None),
        (of(&[("preferred_username", Value::Null), ("unique_name", json!("u@abc.com"))]), None),
    ] {
        assert_eq!(read(&token).await.email.as_ref().map(EmailAddress::as_str), expected);
    }
}

/// Entra writes these as arrays of texts.
#[tokio::test]
async fn of_an_array_of_addresses_the_first_counts() {
    let mut verified = policy();
    verified.email_claims =
        ["verified_primary_email", "verified_secondary_email", "preferred_username"].map(str::to_owned).to_vec();
    let validator = World::usual().validator(verified);
    let (primary, secondary) = ("verified_primary_email", "verified_secondary_email");
    for (changes, expected) in [
        (vec![(primary, json!(["First@abc.com", "second@abc.com"]))], "first@abc.com"),
        (vec![(primary, json!("first@abc.com"))], "first@abc.com"),
        (vec![(primary, json!([])), (secondary, json!(["other@abc.com"]))], "other@abc.com"),
        (vec![(primary, json!(["", "second@abc.com"]))], "bobsmith@abccompany.com"),
        (vec![(primary, json!(["first@abc.com", 7]))], "bobsmith@abccompany.com"),
        (vec![(primary, json!([["first@abc.com"]]))], "bobsmith@abccompany.com"),
        (vec![(primary, json!({"0": "first@abc.com"}))], "bobsmith@abccompany.com"),
    ] {
        let token = validator.validate(&sign(&with(&id_token(), &changes))).await.unwrap();
        assert_eq!(token.sign_in.email.as_ref().unwrap().as_str(), expected, "{changes:?}");
    }
}

// proves T-13
#[tokio::test]
async fn a_guests_email_counts_only_if_its_domain_is_verified() {
    let email = ("email", json!("first@abc.com"));
    for guest in [("acct", json!(1)), ("idp", json!("live.com"))] {
        for (edov, expected) in [
            (Value::Null, "bobsmith@abccompany.com"),
            (json!(false), "bobsmith@abccompany.com"),
            (json!("0"), "bobsmith@abccompany.com"),
            (json!(true), "first@abc.com"),
            (json!("true"), "first@abc.com"),
            (json!("1"), "first@abc.com"),
            (json!(1), "first@abc.com"),
        ] {
            let changes = [email.clone(), guest.clone(), ("xms_edov", edov.clone())];
            let sign_in = read(&sign(&with(&id_token(), &changes))).await;
            assert!(sign_in.is_guest);
            assert_eq!(sign_in.email.unwrap().as_str(), expected, "{edov}");
        }
        for edov in [Value::Null, json!(false)] {
            let changes = [email.clone(), guest.clone(), ("preferred_username", Value::Null), ("xms_edov", edov)];
            assert_eq!(read(&sign(&with(&id_token(), &changes))).await.email, None);
        }
    }
}

#[tokio::test]
async fn a_sign_in_name_is_told_where_the_address_is_another_and_is_none_itself() {
    let of = |changes: &[(&str, Value)]| sign(&with(&id_token(), changes));
    let email = |address: &str| ("email", json!(address));
    for (token, expected) in [
        (of(&[]), vec![]),
        (of(&[email("BOBSMITH@abccompany.com")]), vec![]),
        (of(&[email("ann@abc.com")]), vec!["bobsmith@abccompany.com"]),
        (of(&[email("ann@abc.com"), ("upn", json!("BobSmith@abccompany.com"))]), vec!["bobsmith@abccompany.com"]),
        (of(&[email("ann@abc.com"), ("upn", json!("bob@abc.com"))]), vec!["bobsmith@abccompany.com", "bob@abc.com"]),
        (of(&[email("ann@abc.com"), ("preferred_username", json!("+17635551111"))]), vec![]),
        (of(&[email("ann@abc.com"), ("preferred_username", json!(["eve@abc.com"]))]), vec![]),
        // Of two sign-in names neither is a stranger's.
        (of(&[("upn", json!("bob@abc.com"))]), vec![]),
    ] {
        let sign_in = read(&token).await;
        let names: Vec<_> = sign_in.other_sign_in_names.iter().map(EmailAddress::as_str).collect();
        assert_eq!(names, expected);
    }
}

#[tokio::test]
async fn a_guest_is_known_by_acct_or_without_it_by_another_identity_provider() {
    let own_v1 = format!("https://sts.windows.net/{TENANT}/");
    let other = format!("https://sts.windows.net/{OTHER_TENANT}/");
    for (claim, value, expected) in [
        ("acct", json!(0), false),
        ("acct", json!("0"), false),
        ("acct", json!(1), true),
        ("acct", json!("1"), true),
        ("idp", json!(own_v1), false),
        ("idp", json!(format!("https://login.microsoftonline.com/{TENANT}/v2.0")), false),
        ("idp", json!(other), true),
        ("idp", json!("live.com"), true),
        ("idp", json!(7), true),
        ("acct", json!(2), true),
        ("acct", json!(-1), true),
        ("acct", json!(0.0), true),
        ("acct", json!("00"), true),
        ("acct", json!(" 0"), true),
        ("acct", json!(""), true),
        ("acct", json!(false), true),
        ("acct", json!([0]), true),
        ("acct", json!(["0"]), true),
        ("acct", json!({"acct": 0}), true),
    ] {
        let sign_in = read(&sign(&with(&id_token(), &[(claim, value.clone())]))).await;
        assert_eq!(sign_in.is_guest, expected, "{claim} {value}");
        if claim == "acct" {
            // A member whose home is another tenant is a member, and the own tenant's name makes none of a guest.
            for idp in [json!("live.com"), json!(format!("https://sts.windows.net/{TENANT}/"))] {
                let claims = with(&id_token(), &[(claim, value.clone()), ("idp", idp.clone())]);
                assert_eq!(read(&sign(&claims)).await.is_guest, expected, "{claim} {value}, idp {idp}");
            }
        }
    }
    let null = id_token().to_string().replacen('{', r#"{"acct":null,"#, 1);
    assert!(read(&sign_raw(&header().to_string(), null)).await.is_guest);
}

const ADMINISTRATOR: AppRoles = AppRoles { administrator: true, operator: false };
const OPERATOR: AppRoles = AppRoles { administrator: false, operator: true };
const BOTH: AppRoles = AppRoles { administrator: true, operator: true };

#[tokio::test]
async fn a_role_is_an_exact_string_in_an_array_of_strings() {
    for claims in [id_token(), v1_id_token(), access_token(), v1_access_token()] {
        for (roles, expected) in [
            (json!(["BusinessGroup.Admin"]), ADMINISTRATOR),
            (json!(["Operator"]), OPERATOR),
            (json!(["Operator", "BusinessGroup.Admin"]), BOTH),
            (json!(["Reader", "Operator", "", "Operator"]), OPERATOR),
        ] {
            assert_eq!(read(&sign(&with(&claims, &[("roles", roles.clone())]))).await.roles, expected, "{roles}");
        }
        assert_eq!(read(&sign(&claims)).await.roles, AppRoles::default());
    }
    let escaped = id_token().to_string().replacen('{', r#"{"roles":["Oper\u0061tor"],"#, 1);
    assert_eq!(read(&sign_raw(&header().to_string(), escaped)).await.roles, OPERATOR);
}

// proves T-40
/// Entra writes none of these. They must not give a right, and must not cost anybody their line.
#[tokio::test]
async fn an_odd_claim_of_roles_gives_no_role_and_refuses_nobody() {
    let odd = [
        json!("Operator"),
        json!("BusinessGroup.Admin Operator"),
        json!({"Operator": true}),
        json!({"0": "Operator"}),
        json!([["Operator"]]),
        json!(["Reader", ["Operator"]]),
        json!(["Operator", 1]),
        json!(["Operator", null]),
        json!([{"value": "Operator"}]),
        json!(["operator", "OPERATOR", "businessgroup.admin", "BusinessGroup.admin"]),
        json!(["Operator ", " Operator", "Operator\u{0}", "Operator\n", "\u{feff}Operator", "\u{41e}perator"]),
        json!(["Operator,BusinessGroup.Admin", "BusinessGroup", "BusinessGroup.Admin.Reader", "*", ""]),
        json!([]),
        json!(true),
        json!(1),
        json!(vec!["Reader"; 1000]),
    ];
    for roles in odd {
        assert_eq!(
            read(&sign(&with(&id_token(), &[("roles", roles.clone())]))).await.roles,
            AppRoles::default(),
            "{roles}"
        );
    }
    for claims in [r#"{"roles":null,"#, r#"{"Roles":["Operator"],"#, r#"{"ROLES":["Operator"],"role":["Operator"],"#] {
        let claims = id_token().to_string().replacen('{', claims, 1);
        assert_eq!(read(&sign_raw(&header().to_string(), claims)).await.roles, AppRoles::default());
    }
    // The claim itself counts, whatever stands beside it.
    let beside = id_token().to_string().replacen('{', r#"{"Roles":["Operator"],"roles":["BusinessGroup.Admin"],"#, 1);
    assert_eq!(read(&sign_raw(&header().to_string(), beside)).await.roles, ADMINISTRATOR);
}

#[tokio::test]
async fn a_role_is_found_among_as_many_as_a_token_can_hold() {
    let mut roles = vec!["a"; 2500];
    roles.push("Operator");
    assert_eq!(read(&sign(&with(&id_token(), &[("roles", json!(roles))]))).await.roles, OPERATOR);
    // Ten thousand make it longer than any token may be.
    let token = sign(&with(&id_token(), &[("roles", json!(vec!["a"; 10_000]))]));
    let refused = World::usual().validator(policy()).validate(&token).await;
    assert_eq!(refused, Err(TokenError::Invalid(TokenCheck::TooLong)));
}

#[tokio::test]
async fn an_address_passes_unless_the_token_says_that_its_domain_is_not_verified() {
    let email = ("email", json!("first@abc.com"));
    for edov in [Value::Null, json!(true), json!("true"), json!("1"), json!(1)] {
        let sign_in = read(&sign(&with(&id_token(), &[email.clone(), ("xms_edov", edov.clone())]))).await;
        assert_eq!(sign_in.email.unwrap().as_str(), "first@abc.com", "{edov}");
    }
    // It is about `email` alone.
    let unverified = ("xms_edov", json!(false));
    let without = read(&sign(&with(&id_token(), std::slice::from_ref(&unverified)))).await;
    assert_eq!(without.email.unwrap().as_str(), "bobsmith@abccompany.com");
    let mut upn_first = policy();
    upn_first.email_claims = vec!["upn".to_owned(), "email".to_owned()];
    let token = sign(&with(&id_token(), &[email, unverified, ("upn", json!("own@abc.com"))]));
    let validated = World::usual().validator(upn_first).validate(&token).await.unwrap();
    assert_eq!(validated.sign_in.email.as_ref().unwrap().as_str(), "own@abc.com");
}

#[tokio::test]
async fn each_cloud_takes_the_tokens_of_its_own_issuers_alone() {
    let clouds = [
        ("https://login.microsoftonline.com", "https://login.microsoftonline.com", "https://sts.windows.net"),
        ("https://login.microsoftonline.us", "https://login.microsoftonline.us", "https://sts.windows.net"),
        (
            "https://login.partner.microsoftonline.cn",
            "https://login.partner.microsoftonline.cn",
            "https://sts.chinacloudapi.cn",
        ),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
    ];
    for (authority, v2, v1) in clouds {
        let world = World::publishing(vec![published(KID, Some(&format!("{v2}/{{tenantid}}/v2.0")))]);
        let mut own = policy();
        own.authority = Authority::parse(authority).unwrap();
        let validator = world.validator(own);
        for (other, other_v2, other_v1) in clouds {
            let token = sign(&with(&id_token(), &[("iss", json!(format!("{other_v2}/{TENANT}/v2.0")))]));
            assert_eq!(validator.validate(&token).await.is_ok(), other == authority, "{other} at {authority}");
            let token = sign(&with(&v1_id_token(), &[("iss", json!(format!("{other_v1}/{TENANT}/")))]));
            assert_eq!(validator.validate(&token).await.is_ok(), other_v1 == v1, "v1 of {other} at {authority}");
        }
    }
}

#[tokio::test]
async fn without_settings_every_token_is_refused() {
    let mut empty = policy();
    empty.applications = Applications::default();
    empty.api = None;
    let validator = World::usual().validator(empty);
    for claims in [id_token(), access_token()] {
        let outcome = validator.validate(&sign(&claims)).await;
        assert_eq!(outcome, Err(TokenError::Invalid(TokenCheck::Audience)));
    }
}

#[tokio::test]
async fn another_library_judges_the_same_signatures_alike() {
    let key = jsonwebtoken::DecodingKey::from_rsa_raw_components(&public_modulus(), &[1, 0, 1]);
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.set_audience(&[PORTAL]);
    // The clock of these tests is not the machine's.
    rules.validate_exp = false;
    let validator = World::usual().validator(policy());
    let good = sign(&id_token());
    for token in [good.clone(), forge(&id_token()), good[..good.len() - 2].to_owned() + "AA"] {
        let theirs = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &rules).is_ok();
        assert_eq!(validator.validate(&token).await.is_ok(), theirs);
        assert_eq!(theirs, token == good);
    }
}
