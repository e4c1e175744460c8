//! The table of tokens that must be refused, each with the check that refuses it.
//!
//! Here they are given to the validator (`hostile`), and in `tests/api` sent to a running service: the same rows.

use aws_lc_rs::hmac;
use serde_json::{Value, json};
use signline::auth::{TokenCheck, TokenCheck as Check};

use super::minting::*;

/// What the token is, the token, and the check that refuses it.
pub(crate) type Row = (String, String, TokenCheck);

fn row(name: impl Into<String>, token: impl Into<String>, check: TokenCheck) -> Row {
    (name.into(), token.into(), check)
}

/// Tokens that are not three parts of base64.
pub(crate) fn of_another_form(at: &Mint) -> Vec<Row> {
    let good = sign(&at.id_token());
    let parts: Vec<&str> = good.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    // 256 bytes of signature leave four bits of the last character unused.
    let (last, rest) = (signature.chars().last().expect("a signature"), &signature[..signature.len() - 1]);
    let next = char::from(u8::try_from(last).expect("ASCII") + 1);
    let rows = vec![
        row("nothing", "", Check::Form),
        row("one part", head, Check::Form),
        row("two parts", format!("{head}.{body}"), Check::Form),
        row("four parts", format!("{good}.{head}"), Check::Form),
        row("five parts, as encrypted tokens have", format!("{head}.{body}.{body}.{body}.{body}"), Check::Form),
        row("no header", format!(".{body}.{signature}"), Check::Form),
        row("no claims", format!("{head}..{signature}"), Check::Form),
        row("no signature", format!("{head}.{body}."), Check::Form),
        row("dots alone", "..", Check::Form),
        row("16,385 bytes", format!("{good}{}", "A".repeat(16_385 - good.len())), Check::TooLong),
        row("a megabyte", "A.".repeat(500_000), Check::TooLong),
        row("padding", format!("{good}=="), Check::Base64),
        row("a space after", format!("{good} "), Check::Base64),
        row("a space before", format!(" {good}"), Check::Base64),
        row("a line break", format!("{head}.{body}.{rest}\n{last}"), Check::Base64),
        row("base64 of the other alphabet", format!("{head}.{body}.+/{}", &signature[2..]), Check::Base64),
        row("other trailing bits", format!("{head}.{body}.{rest}{next}"), Check::Base64),
        row("a NUL", format!("{head}.{body}.\0{signature}"), Check::Base64),
        row("a letter outside ASCII", format!("{head}.{body}.é{signature}"), Check::Base64),
        row("padding in the header", sign_parts(&format!("{head}="), body), Check::Base64),
        row("padding in the claims", sign_parts(head, &format!("{body}=")), Check::Base64),
        row("other trailing bits in the header", sign_parts("e31", body), Check::Base64),
        row("other trailing bits in the claims", sign_parts(head, "e31"), Check::Base64),
    ];
    let strange = [0, 1, 15, 16, 31, 32, 63, 64, 100, body.len() - 1].into_iter().map(|at| {
        let claims = format!("{}+{}", &body[..at], &body[at + 1..]);
        row(format!("a letter of the other alphabet at {at} of the claims"), sign_parts(head, &claims), Check::Base64)
    });
    rows.into_iter().chain(strange).collect()
}

fn headed(at: &Mint, header: &Value) -> String {
    sign_raw(&header.to_string(), at.id_token().to_string())
}

fn header_with(at: &Mint, name: &str, value: Value) -> String {
    headed(at, &with(&header(), &[(name, value)]))
}

/// Tokens that name another algorithm than RS256.
pub(crate) fn with_another_algorithm(at: &Mint) -> Vec<Row> {
    let algorithms = ["none", "None", "nOnE", "", "HS256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256"];
    let more = ["RS256 ", "RS256\0", "RSA-OAEP"];
    let mut rows: Vec<Row> = algorithms
        .iter()
        .chain(&more)
        .map(|alg| row(format!("alg {alg:?}"), header_with(at, "alg", json!(alg)), Check::Algorithm))
        .collect();
    for alg in [Value::Null, json!(["RS256"]), json!(256), json!({"alg": "RS256"})] {
        rows.push(row(format!("alg {alg}"), header_with(at, "alg", alg), Check::Algorithm));
    }
    let head = encode(json!({"typ": "JWT", "alg": "HS256", "kid": KID}).to_string());
    let message = format!("{head}.{}", encode(at.id_token().to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &public_modulus()), message.as_bytes());
    rows.push(row("HMAC by the public key", format!("{message}.{}", encode(tag)), Check::Algorithm));
    rows
}

/// Tokens whose header holds what no token of Entra does.
pub(crate) fn with_an_odd_header(at: &Mint) -> Vec<Row> {
    let head = header().to_string();
    let claims = at.id_token().to_string();
    let raw = |header: &str| sign_raw(header, &claims);
    let mut rows = vec![
        row("no JSON", raw("x"), Check::Header),
        row("an array", raw("[]"), Check::Header),
        row("trailing text", raw(&format!("{head}x")), Check::Header),
        row("a byte order mark", raw(&format!("\u{feff}{head}")), Check::Header),
        row("a comment", raw(&format!("{head}//")), Check::Header),
        row("too long", header_with(at, "x", json!("x".repeat(2048))), Check::Header),
        row("a number for x5t", header_with(at, "x5t", json!(1)), Check::Header),
        row("a list for x5t#S256", header_with(at, "x5t#S256", json!([])), Check::Header),
        row("a number beyond all", raw(&head.replacen('{', r#"{"x":1e400,"#, 1)), Check::Header),
        row("half a character", raw(&head.replacen('{', r#"{"x":"\ud800","#, 1)), Check::Header),
        row("alg twice", raw(r#"{"alg":"none","alg":"RS256","kid":"k"}"#), Check::DuplicateName),
        row("alg in other case", header_with(at, "ALG", json!("none")), Check::DuplicateName),
        row("alg escaped", raw(r#"{"alg":"RS256","al\u0067":"none","kid":"k"}"#), Check::DuplicateName),
        row("an unknown name twice", raw(r#"{"alg":"RS256","x":1,"x":1,"kid":"k"}"#), Check::DuplicateName),
        row("kid of an unknown key", header_with(at, "kid", json!("unknown")), Check::UnknownKey),
        row("kid in other case", header_with(at, "kid", json!(KID.to_lowercase())), Check::UnknownKey),
        row("kid as a path", header_with(at, "kid", json!("../../dev/null")), Check::UnknownKey),
        row("kid as SQL", header_with(at, "kid", json!("'OR'1'='1")), Check::UnknownKey),
    ];
    for typ in [json!("at+jwt"), json!("logout+jwt"), json!("dpop+jwt"), json!("JWE"), json!(""), json!(1)] {
        rows.push(row(format!("typ {typ}"), header_with(at, "typ", typ), Check::Type));
    }
    for name in ["crit", "b64", "zip", "enc", "cty", "jwk", "jku", "x5u", "x5c"] {
        rows.push(row(name, header_with(at, name, json!([])), Check::HeaderParameter));
    }
    rows.push(row("crit null", raw(&head.replacen('{', r#"{"crit":null,"#, 1)), Check::HeaderParameter));
    let long = "k".repeat(129);
    for kid in [Value::Null, json!(7), json!(""), json!(long), json!("a\u{0}b"), json!("a b"), json!("ключ")] {
        rows.push(row(format!("kid {kid}"), header_with(at, "kid", kid), Check::KeyId));
    }
    rows
}

/// Tokens whose signature is not the key's that they name.
pub(crate) fn not_signed_by_the_named_key(at: &Mint) -> Vec<Row> {
    let good = sign(&at.id_token());
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let (head, _) = message.split_once('.').expect("three parts");
    let other = sign(&with(&at.id_token(), &[("oid", json!(TENANT))]));
    let other_claims = other.split('.').nth(1).expect("three parts");
    let rows = vec![
        row("another key's signature", forge(&at.id_token()), Check::Signature),
        row("other claims", format!("{head}.{other_claims}.{signature}"), Check::Signature),
        row("a short signature", format!("{message}.{}", encode([1; 255])), Check::Signature),
        row("a long signature", format!("{message}.{}", encode([1; 257])), Check::Signature),
        row("one byte", format!("{message}.{}", encode([0])), Check::Signature),
        row("zeros", format!("{message}.{}", encode([0; 256])), Check::Signature),
        row("the modulus", format!("{message}.{}", encode(public_modulus())), Check::Signature),
        row("expired and forged", forge(&with(&at.id_token(), &[("exp", json!(1))])), Check::Signature),
    ];
    rows
}

pub(crate) fn claims_with(at: &Mint, name: &str, value: Value) -> String {
    sign(&with(&at.id_token(), &[(name, value)]))
}

fn rows_of(at: &Mint, claim: &str, values: Vec<Value>, check: TokenCheck) -> Vec<Row> {
    let row_of = |value: Value| row(format!("{claim} {value}"), claims_with(at, claim, value), check);
    values.into_iter().map(row_of).collect()
}

/// Tokens whose claims two readers could read in two ways, or not at all.
pub(crate) fn with_ambiguous_claims(at: &Mint) -> Vec<Row> {
    let head = header().to_string();
    let good = at.id_token().to_string();
    let with_first = |first: &str| sign_raw(&head, good.replacen('{', &format!("{{{first},"), 1));
    let nested = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    let rows = vec![
        row("no JSON", sign_raw(&head, "x"), Check::Claims),
        row("an array", sign_raw(&head, "[]"), Check::Claims),
        row("null", sign_raw(&head, "null"), Check::Claims),
        row("trailing text", sign_raw(&head, format!("{good}x")), Check::Claims),
        row("two objects", sign_raw(&head, format!("{good}{good}")), Check::Claims),
        row("a byte order mark", sign_raw(&head, format!("\u{feff}{good}")), Check::Claims),
        row("a token in a token", sign_raw(&head, sign(&at.id_token())), Check::Claims),
        row("no UTF-8", sign_raw(&head, b"{\"tid\":\"\xff\"}"), Check::Claims),
        row("NaN", with_first(r#""x":NaN"#), Check::Claims),
        row("deep nesting in a claim that is read", with_first(&format!("\"email\":{nested}")), Check::Claims),
        row("tid twice", with_first(&format!(r#""tid":"{OTHER_TENANT}""#)), Check::DuplicateName),
        row("TID", with_first(&format!(r#""TID":"{OTHER_TENANT}""#)), Check::DuplicateName),
        row("tid escaped", with_first(&format!(r#""t\u0069d":"{OTHER_TENANT}""#)), Check::DuplicateName),
        row("aud twice", with_first(&format!(r#""aud":"{STRANGER}""#)), Check::DuplicateName),
        row("Email", with_first(r#""Email":"eve@abc.com""#), Check::DuplicateName),
        row("an unknown name twice", with_first(r#""x":1,"x":1"#), Check::DuplicateName),
        row("roles twice", with_first(r#""roles":["Reader"],"roles":["Operator"]"#), Check::DuplicateName),
    ];
    rows
}

/// Tokens of other tenants, issuers and keys.
pub(crate) fn of_another_tenant_issuer_or_key(at: &Mint) -> Vec<Row> {
    let v2 = |tenant: &str| json!(format!("{}/{tenant}/v2.0", at.v2));
    let upper = TENANT.to_uppercase();
    let braced = format!("{{{TENANT}}}");
    let nil = "00000000-0000-0000-0000-000000000000";
    let null = Value::Null;
    let mut rows = rows_of(
        at,
        "ver",
        vec![null.clone(), json!(2), json!(2.0), json!("2"), json!("3.0"), json!("")],
        Check::Version,
    );
    let tenants = [upper.as_str(), braced.as_str(), nil, PERSONAL_ACCOUNTS, "common", "{tenantid}", "", "abc.com"];
    rows.extend(rows_of(at, "tid", tenants.iter().map(|tid| json!(tid)).collect(), Check::Tenant));
    rows.extend(rows_of(at, "tid", vec![null.clone(), json!(7), json!([TENANT])], Check::Tenant));
    rows.extend(rows_of(at, "tid", vec![json!(OTHER_TENANT)], Check::Issuer));
    let issuers = vec![
        null.clone(),
        json!(7),
        json!([format!("{}/{TENANT}/v2.0", at.v2)]),
        v2(OTHER_TENANT),
        v2(&upper),
        v2("common"),
        v2("{tenantid}"),
        v2(PERSONAL_ACCOUNTS),
        json!(format!("{}/{TENANT}/v2.0/", at.v2)),
        json!(format!("{}/{TENANT}", at.v2)),
        json!(format!("{}.evil.example/{TENANT}/v2.0", at.v2)),
        json!(format!("{}@evil.example/{TENANT}/v2.0", at.v2)),
        json!(format!("{}/{TENANT}/v2.0", of_other_scheme(&at.v2))),
        json!(format!("https://login.microsoftonline.us/{TENANT}/v2.0")),
        json!(format!("https://login.windows.net/{TENANT}/v2.0")),
        json!(format!("{}/{TENANT}/", at.v1)),
        json!(format!("{}/{TENANT}/v2.0 ", at.v2)),
        json!(format!("{}/{TENANT}/v2.0", at.v2.to_uppercase())),
        json!(format!("{}%2F{TENANT}/v2.0", at.v2)),
    ];
    rows.extend(rows_of(at, "iss", issuers, Check::Issuer));
    let v1 = |iss: Value| sign(&with(&at.v1_id_token(), &[("iss", iss)]));
    rows.push(row("v1 with v2's issuer", v1(v2(TENANT)), Check::Issuer));
    let unslashed = json!(format!("{}/{TENANT}", at.v1));
    rows.push(row("v1 without the slash", v1(unslashed), Check::Issuer));
    rows.push(row("v1 of China", v1(json!(format!("https://sts.chinacloudapi.cn/{TENANT}/"))), Check::Issuer));
    for kid in [PERSONAL_KID, FOREIGN_CLOUD_KID] {
        rows.push(row(format!("by {kid}"), header_with(at, "kid", json!(kid)), Check::KeyIssuer));
        let token = sign_raw(&with(&header(), &[("kid", json!(kid))]).to_string(), at.v1_id_token().to_string());
        rows.push(row(format!("v1 by {kid}"), token, Check::KeyIssuer));
    }
    rows
}

fn of_other_scheme(base: &str) -> String {
    match base.strip_prefix("https") {
        Some(rest) => format!("http{rest}"),
        None => base.replacen("http", "https", 1),
    }
}

/// Tokens for other applications, without the scope, or of no user.
pub(crate) fn for_others(at: &Mint) -> Vec<Row> {
    let uri = |id: &str| json!(format!("api://{id}"));
    let audiences = vec![
        Value::Null,
        json!(STRANGER),
        uri(STRANGER),
        json!([PORTAL]),
        json!([PORTAL, STRANGER]),
        json!(PORTAL.to_uppercase()),
        json!(format!("{PORTAL} ")),
        json!(format!("api://{PORTAL}/")),
        json!(format!("api://api://{PORTAL}")),
        json!(format!("API://{PORTAL}")),
        json!(format!("api://{PORTAL}.evil.example")),
        json!("https://graph.microsoft.com"),
        json!("portal"),
        json!(""),
    ];
    let mut rows = rows_of(at, "aud", audiences, Check::Audience);
    let access = |changes: &[(&str, Value)]| sign(&with(&at.access_token(), changes));
    for scp in ["", "Line.Read.All", "line.read", "XLine.Read", "Line.Read\tx", "User.Read"] {
        rows.push(row(format!("scp {scp:?}"), access(&[("scp", json!(scp))]), Check::Scope));
    }
    for scp in [json!(["Line.Read"]), json!(7)] {
        rows.push(row(format!("scp {scp}"), access(&[("scp", scp)]), Check::Scope));
    }
    rows.push(row("an ID token for the API", claims_with(at, "aud", json!(API)), Check::Scope));
    for azp in [Value::Null, json!(STRANGER), json!(API), json!("portal"), json!([MOBILE])] {
        rows.push(row(format!("azp {azp}"), access(&[("azp", azp)]), Check::ClientApplication));
    }
    let appid_in_v2 = [("azp", Value::Null), ("appid", json!(MOBILE))];
    rows.push(row("v1's claim in v2", access(&appid_in_v2), Check::ClientApplication));
    rows.push(row("no user: no scp", access(&[("scp", Value::Null), ("roles", json!(["R"]))]), Check::AppOnly));
    for idtyp in [json!("app"), json!("device"), json!(1)] {
        rows.push(row(format!("idtyp {idtyp}"), access(&[("idtyp", idtyp.clone())]), Check::AppOnly));
        rows.push(row(format!("ID token, idtyp {idtyp}"), claims_with(at, "idtyp", idtyp), Check::AppOnly));
    }
    for oid in [Value::Null, json!(7), json!(""), json!(USER.to_uppercase()), json!("bob"), json!([USER])] {
        rows.push(row(format!("oid {oid}"), claims_with(at, "oid", oid), Check::ObjectId));
    }
    rows
}

/// Access tokens for an application that were given to somebody else, or do not tell to whom in Entra's way.
pub(crate) fn given_to_others(at: &Mint) -> Vec<Row> {
    let (stranger, scope) = (json!(STRANGER), ("scp", json!("Anything.Read")));
    let bend = |claims: &Value, changes: &[(&str, Value)]| sign(&with(claims, changes));
    let v2 = |changes: &[(&str, Value)]| bend(&with(&at.id_token(), std::slice::from_ref(&scope)), changes);
    let v1 = |changes: &[(&str, Value)]| bend(&with(&at.v1_id_token(), std::slice::from_ref(&scope)), changes);
    let roles = ("roles", json!(["BusinessGroup.Admin", "Operator"]));
    let client = Check::ClientApplication;
    let azp = ("azp", stranger.clone());
    let mut rows = vec![
        row("a stranger's", v2(std::slice::from_ref(&azp)), client),
        row("a stranger's, by URI", v2(&[azp.clone(), ("aud", json!(format!("api://{PORTAL}")))]), client),
        row("a stranger's, with roles", v2(&[azp.clone(), roles.clone()]), client),
        row("a stranger's, marked as a user's", v2(&[azp.clone(), ("idtyp", json!("user"))]), client),
        row("a stranger's, with the API's scope", v2(&[azp.clone(), ("scp", json!("Line.Read"))]), client),
        row("a stranger's of v1", v1(&[("appid", stranger.clone())]), client),
        row("a stranger's of v1, with roles", v1(&[("appid", stranger.clone()), roles]), client),
        row("v1's claim in v2", v2(&[("appid", json!(MOBILE))]), client),
        row("v2's claim in v1", v1(&[("azp", json!(MOBILE))]), client),
        row(
            "two clients, the stranger in v1's claim",
            v2(&[("azp", json!(MOBILE)), ("appid", stranger.clone())]),
            client,
        ),
        row("two clients, the stranger in v2's claim", v1(&[("appid", json!(MOBILE)), azp.clone()]), client),
        row("two clients, one in an odd form", v2(&[("azp", json!(MOBILE)), ("appid", json!([MOBILE]))]), client),
        row("scp and no client", v2(&[]), client),
        row("scp and no client, of v1", v1(&[]), client),
        // A token without a scope is not a user's.
        row("a stranger's without scp", claims_with(at, "azp", stranger.clone()), Check::AppOnly),
        row("an application's without scp", claims_with(at, "azp", json!(MOBILE)), Check::AppOnly),
        row("v1's client without scp", claims_with(at, "appid", json!(MOBILE)), Check::AppOnly),
    ];
    for odd in [json!(7), json!([MOBILE]), json!(MOBILE.to_uppercase()), json!(""), json!(API), json!({"id": MOBILE})] {
        rows.push(row(format!("azp {odd}"), v2(&[("azp", odd.clone())]), client));
        rows.push(row(format!("appid {odd}"), v1(&[("appid", odd)]), client));
    }
    for scp in [json!(""), json!(" "), json!([]), json!(["Line.Read"]), json!(7), json!(true)] {
        rows.push(row(format!("scp {scp}"), v2(&[("azp", json!(MOBILE)), ("scp", scp.clone())]), Check::Scope));
        rows.push(row(format!("scp {scp} and no client"), v2(&[("scp", scp)]), Check::Scope));
    }
    // A claim is there, whatever it says.
    for (claims, check) in [(r#""azp":null"#, Check::AppOnly), (r#""scp":null"#, Check::Scope)] {
        let text = at.id_token().to_string().replacen('{', &format!("{{{claims},"), 1);
        rows.push(row(claims, sign_raw(&header().to_string(), text), check));
    }
    for other in ["https://voice.example/signline", "https://voice.example/signline/", "api://voice.example/api"] {
        let claims = [("aud", json!(other)), ("azp", json!(MOBILE)), ("scp", json!("Line.Read"))];
        rows.push(row(format!("an audience that is not set: {other}"), v2(&claims), Check::Audience));
    }
    rows
}

/// Tokens that say that nobody has verified the domain of their address.
pub(crate) fn with_a_disowned_address(at: &Mint) -> Vec<Row> {
    let unverified = |value: &str| {
        let mut claims = with(&at.id_token(), &[("email", json!("bobsmith@abccompany.com"))]).to_string();
        claims.insert_str(1, &format!(r#""xms_edov":{value},"#));
        sign_raw(&header().to_string(), claims)
    };
    let mut values =
        ["false", "0", "2", "-1", "1.0", "1e0", "null", "[true]", r#"{"true":true}"#].map(String::from).to_vec();
    values.extend(["", "false", "0", "True", "TRUE", " true", "1 ", "yes"].map(|text| json!(text).to_string()));
    values.iter().map(|value| row(format!("xms_edov {value}"), unverified(value), Check::EmailOwner)).collect()
}

/// Tokens that have ended, or not begun, or don't tell.
pub(crate) fn out_of_their_time(at: &Mint) -> Vec<Row> {
    let head = header().to_string();
    let no_times = || {
        let text = with(&at.id_token(), &[("exp", Value::Null), ("nbf", Value::Null)]).to_string();
        text.replacen('{', "{\"exp\":1e400,", 1)
    };
    let wrong = |wants_some: bool| {
        let absent = if wants_some { vec![] } else { vec![Value::Null] };
        let odd = [
            json!("1790000000"),
            json!(1.79e9),
            json!(-1),
            json!(u64::MAX),
            json!(1_u64 << 54),
            json!([at.now]),
            json!(true),
        ];
        absent.into_iter().chain(odd).collect::<Vec<_>>()
    };
    let mut rows = rows_of(at, "exp", wrong(false), Check::Expiry);
    rows.extend(rows_of(at, "nbf", wrong(false), Check::NotBefore));
    rows.extend(rows_of(at, "iat", wrong(true), Check::IssuedAt));
    rows.push(row("exp beyond all numbers", sign_raw(&head, no_times()), Check::Claims));
    rows.extend(rows_of(at, "exp", vec![json!(0), json!(at.now - 3600), json!(at.now - 60)], Check::Expired));
    rows.extend(rows_of(
        at,
        "exp",
        vec![json!(at.now + 400 * 86_400 + 1 + at.slack), json!(at.now * 1000)],
        Check::ExpiryTooFar,
    ));
    rows.extend(rows_of(at, "nbf", vec![json!(at.now + 61 + at.slack), json!(at.now * 1000)], Check::NotYetValid));
    rows.extend(rows_of(at, "iat", vec![json!(at.now + 61 + at.slack), json!(at.now * 1000)], Check::IssuedInFuture));
    rows
}
