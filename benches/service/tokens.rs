//! Sign-ins with tokens made beforehand, as many as are needed: each costs an RSA signature.

use std::thread;

use entra_sim::{SigningKey, Simulator, TokenBuilder};
use test_support::app::TENANT;

use crate::{Result, answer};

/// How long the tokens last: longer than any run.
const LIFETIME_SECONDS: i64 = 86_000;

/// Somebody who signs in.
pub(crate) struct Person {
    pub(crate) tenant: String,
    pub(crate) oid: String,
    pub(crate) email: String,
}

/// One request for each of these people, with a token of its own; signed on all cores.
pub(crate) fn sign_ins(entra: &Simulator, people: &[Person]) -> Result<Vec<Vec<u8>>> {
    mint(entra, people, &token_of_anybody(entra)?)
}

/// The same with tokens as long as those of a company whose people have a few roles: some 1,450 bytes.
pub(crate) fn long_sign_ins(entra: &Simulator, people: &[Person]) -> Result<Vec<Vec<u8>>> {
    let texts = [("aio", 120), ("rh", 68), ("sid", 36), ("nonce", 43)];
    let longer = texts.into_iter().fold(token_of_anybody(entra)?, |token, (name, length)| {
        let text = "0.AXoAx1yBf".chars().cycle().take(length).collect::<String>();
        token.claim(name, text)
    });
    mint(entra, people, &longer)
}

/// The same, signed by a key that is not published.
pub(crate) fn sign_ins_by_an_unknown_key(entra: &Simulator, people: &[Person]) -> Result<Vec<Vec<u8>>> {
    mint(entra, people, &token_of_anybody(entra)?.signed_by(&SigningKey::generate()?))
}

/// So many requests made of these: each with a signature that is wrong, and no two with the same.
pub(crate) fn with_wrong_signatures(requests: &[Vec<u8>], count: usize) -> Vec<Vec<u8>> {
    let wrong = |(at, request): (usize, &Vec<u8>)| {
        let mut request = request.clone();
        let digits = format!("{at:010}");
        // Before the two line ends; the first bytes of a signature stay, so that it is no larger than the key.
        let end = request.len() - 4;
        request[end - 20..end - 10].copy_from_slice(digits.as_bytes());
        request
    };
    requests.iter().cycle().take(count).enumerate().map(wrong).collect()
}

fn token_of_anybody(entra: &Simulator) -> Result<TokenBuilder> {
    Ok(entra.token(TENANT, "bobsmith@abccompany.com", "portal")?.expires_in_seconds(LIFETIME_SECONDS))
}

fn mint(entra: &Simulator, people: &[Person], token: &TokenBuilder) -> Result<Vec<Vec<u8>>> {
    let issuer = |tenant: &str| format!("{}/{tenant}/v2.0", entra.http_base());
    let one = |person: &Person| {
        let token = token.clone().claim("tid", person.tenant.clone()).claim("iss", issuer(&person.tenant));
        let token = token.claim("oid", person.oid.clone()).claim("email", person.email.clone());
        answer::request("/v1/me", &token.mint())
    };
    let threads = thread::available_parallelism()?.get();
    let minted = thread::scope(|scope| {
        let part = people.len().div_ceil(threads).max(1);
        let minting: Vec<_> =
            people.chunks(part).map(|part| scope.spawn(|| part.iter().map(one).collect::<Vec<_>>())).collect();
        minting.into_iter().map(thread::ScopedJoinHandle::join).collect::<Result<Vec<_>, _>>()
    });
    Ok(minted.map_err(|_| "the minting broke off")?.concat())
}
