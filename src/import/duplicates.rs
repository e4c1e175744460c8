//! What stood in the file before, so that a number or an address that comes again is found.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::hash::RandomState;

use hashbrown::HashTable;

use crate::domain::email::EmailAddress;
use crate::domain::import::ImportRow;
use crate::domain::phone_number::PhoneNumber;

/// The good rows, and where each number and each address of the file stands first.
///
/// Rows are found by tables of their positions: four bytes a row, and no second copy of an address. The hashes are
/// keyed at random, so that no file can make them collide on purpose.
#[derive(Default)]
pub(super) struct SeenRows {
    /// The good rows.
    pub(super) rows: Vec<ImportRow>,
    by_number: HashTable<u32>,
    by_email: HashTable<u32>,
    bad_numbers: HashMap<PhoneNumber, u32>,
    bad_emails: HashMap<EmailAddress, u32>,
    hasher: RandomState,
}

impl SeenRows {
    /// The line on which the number stands first.
    pub(super) fn line_of_number(&self, number: PhoneNumber) -> Option<u32> {
        let rows = &self.rows;
        let row = self.by_number.find(self.hasher.hash_one(number), |at| rows[*at as usize].phone_number == number);
        row.map(|at| rows[*at as usize].line).or_else(|| self.bad_numbers.get(&number).copied())
    }

    /// The line on which the address stands first.
    pub(super) fn line_of_email(&self, email: &EmailAddress) -> Option<u32> {
        let rows = &self.rows;
        let row = self.by_email.find(self.hasher.hash_one(email), |at| rows[*at as usize].email == *email);
        row.map(|at| rows[*at as usize].line).or_else(|| self.bad_emails.get(email).copied())
    }

    /// Takes a good row, neither part of which was seen before.
    pub(super) fn add(&mut self, row: ImportRow) {
        // An upload has less than 2^32 bytes, let alone rows.
        let Ok(at) = u32::try_from(self.rows.len()) else { return };
        let (number_hash, email_hash) = (self.hasher.hash_one(row.phone_number), self.hasher.hash_one(&row.email));
        self.rows.push(row);
        let Self { rows, by_number, by_email, hasher, .. } = self;
        by_number.insert_unique(number_hash, at, |at| hasher.hash_one(rows[*at as usize].phone_number));
        by_email.insert_unique(email_hash, at, |at| hasher.hash_one(&rows[*at as usize].email));
    }

    /// Remembers what can be read of a bad row, unless it was seen before.
    pub(super) fn add_bad(&mut self, line: u32, number: Option<PhoneNumber>, email: Option<EmailAddress>) {
        if let Some(number) = number.filter(|number| self.line_of_number(*number).is_none()) {
            self.bad_numbers.insert(number, line);
        }
        if let Some(email) = email.filter(|email| self.line_of_email(email).is_none()) {
            self.bad_emails.insert(email, line);
        }
    }

    /// The good rows, and the numbers that stand in bad rows alone.
    pub(super) fn finish(self) -> (Vec<ImportRow>, Vec<PhoneNumber>) {
        (self.rows, self.bad_numbers.into_keys().collect())
    }
}
