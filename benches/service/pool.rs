//! The sign-ins of the loads, minted once for all of them.

use crate::company::{Company, NEWCOMERS, REGULARS};
use crate::tokens::Person;
use crate::{Bench, ROUNDS, Result, tokens};

/// People who sign in again and again.
pub(crate) const USERS: usize = 500;

/// Tokens that a round sends once each, for each second that a round lasts: fewer than a core takes, so that minting does
/// not take longer than measuring.
const DISTINCT_A_SECOND: usize = 10_000;
const NEW_A_SECOND: usize = 5000;
const BAD_A_SECOND: usize = 10_000;

/// Tokens of a key that is not published; the others are made of these.
const SIGNED_BY_AN_UNKNOWN_KEY: usize = 1000;

pub(crate) struct Pool {
    /// One token of each regular.
    pub(crate) regulars: Vec<Vec<u8>>,
    /// Many tokens of the regulars, no two the same.
    pub(crate) distinct: Vec<Vec<u8>>,
    /// One token of each newcomer.
    pub(crate) newcomers: Vec<Vec<u8>>,
    /// Tokens that name a key which is not published, no two the same.
    pub(crate) unknown_key: Vec<Vec<u8>>,
    /// Tokens of a known key that it did not sign, no two the same.
    pub(crate) wrong_signature: Vec<Vec<u8>>,
}

impl Pool {
    pub(crate) fn mint(bench: &Bench) -> Result<Self> {
        let seconds = usize::try_from(bench.settings.seconds)?;
        let people = |company: &Company, count: usize, of: usize| {
            (0..count).map(|at| company.person(at % of)).collect::<Vec<_>>()
        };
        let sign_ins = |people: &[Person]| tokens::sign_ins(&bench.entra, people);
        let newcomers = NEW_A_SECOND * seconds * ROUNDS;
        let regulars = sign_ins(&people(&REGULARS, USERS, USERS))?;
        let others = people(&REGULARS, SIGNED_BY_AN_UNKNOWN_KEY, USERS);
        let unknown = tokens::sign_ins_by_an_unknown_key(&bench.entra, &others)?;
        Ok(Self {
            distinct: sign_ins(&people(&REGULARS, DISTINCT_A_SECOND * seconds * ROUNDS, USERS))?,
            newcomers: sign_ins(&people(&NEWCOMERS, newcomers, newcomers))?,
            unknown_key: tokens::with_wrong_signatures(&unknown, BAD_A_SECOND * seconds * ROUNDS),
            wrong_signature: tokens::with_wrong_signatures(&regulars, BAD_A_SECOND * seconds * ROUNDS),
            regulars,
        })
    }
}
