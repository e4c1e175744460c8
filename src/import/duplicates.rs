//! What stood in the file before, so that a number or an address that comes again is found.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;

use crate::domain::email::EmailAddress;
use crate::domain::import::{ImportRow, PackedRows, RowInPack};
use crate::domain::phone_number::PhoneNumber;

/// How many rows make a piece.
const PIECE_ROWS: usize = 4096;

/// The good rows, and where each number and each address of the file stands first.
///
/// Rows are found by tables of their positions: four bytes a row, eight with the hash of an address, which is longer in
/// the making; and no second copy of an address. The hashes are keyed at random, so that no file can make them collide
/// on purpose.
#[derive(Default)]
pub(super) struct SeenRows {
    rows: GoodRows,
    by_number: HashTable<u32>,
    by_email: HashTable<(u32, u32)>,
    bad_numbers: HashMap<PhoneNumber, u32>,
    bad_emails: HashMap<EmailAddress, u32>,
    hasher: RandomState,
}

/// A number or an address with its hash.
#[derive(Clone, Copy)]
pub(super) struct Hashed<T> {
    value: T,
    hash: u64,
}

/// The good rows: whole pieces, which others may read already, and the one that grows.
#[derive(Default)]
struct GoodRows {
    whole: Vec<Arc<PackedRows>>,
    growing: PackedRows,
}

impl GoodRows {
    fn len(&self) -> usize {
        self.whole.len() * PIECE_ROWS + self.growing.len()
    }

    /// Adds a row; gives the piece that it makes whole.
    fn push(&mut self, row: &ImportRow) -> Option<Arc<PackedRows>> {
        self.growing.push(row);
        if self.growing.len() < PIECE_ROWS {
            return None;
        }
        let mut piece = std::mem::take(&mut self.growing);
        piece.shrink_to_fit();
        let piece = Arc::new(piece);
        self.whole.push(piece.clone());
        Some(piece)
    }

    fn row(&self, at: u32) -> RowInPack<'_> {
        let at = at as usize;
        let piece = self.whole.get(at / PIECE_ROWS).map_or(&self.growing, |piece| piece);
        piece.row(at % PIECE_ROWS)
    }
}

impl SeenRows {
    /// Makes a number or an address ready to be looked up.
    pub(super) fn hashed<T: Hash>(&self, value: T) -> Hashed<T> {
        let hash = self.hasher.hash_one(&value);
        Hashed { value, hash }
    }

    /// The line on which the number stands first.
    pub(super) fn line_of_number(&self, number: &Hashed<PhoneNumber>) -> Option<u32> {
        let rows = &self.rows;
        let row = self.by_number.find(number.hash, |at| rows.row(*at).phone_number == number.value);
        row.map(|at| rows.row(*at).line).or_else(|| self.bad_numbers.get(&number.value).copied())
    }

    /// The line on which the address stands first.
    pub(super) fn line_of_email(&self, email: &Hashed<EmailAddress>) -> Option<u32> {
        let (rows, short) = (&self.rows, short(email.hash));
        let is_it = |(hash, at): &(u32, u32)| *hash == short && rows.row(*at).email == email.value.as_str();
        let row = self.by_email.find(long(short), is_it);
        row.map(|(_, at)| rows.row(*at).line).or_else(|| self.bad_emails.get(&email.value).copied())
    }

    /// Takes a good row, neither part of which was seen before; gives the piece that it makes whole.
    pub(super) fn add(
        &mut self,
        line: u32,
        number: Hashed<PhoneNumber>,
        email: Hashed<EmailAddress>,
    ) -> Option<Arc<PackedRows>> {
        // An upload has less than 2^32 bytes, let alone rows.
        let at = u32::try_from(self.rows.len()).ok()?;
        let piece = self.rows.push(&ImportRow { line, phone_number: number.value, email: email.value });
        let Self { rows, by_number, by_email, hasher, .. } = self;
        by_number.insert_unique(number.hash, at, |at| hasher.hash_one(rows.row(*at).phone_number));
        let hash = short(email.hash);
        by_email.insert_unique(long(hash), (hash, at), |(hash, _)| long(*hash));
        piece
    }

    /// Remembers what can be read of a bad row, unless it was seen before.
    pub(super) fn add_bad(
        &mut self,
        line: u32,
        number: Option<Hashed<PhoneNumber>>,
        email: Option<Hashed<EmailAddress>>,
    ) {
        if let Some(number) = number.filter(|number| self.line_of_number(number).is_none()) {
            self.bad_numbers.insert(number.value, line);
        }
        if let Some(email) = email.filter(|email| self.line_of_email(email).is_none()) {
            self.bad_emails.insert(email.value, line);
        }
    }

    /// The good rows of the last piece, and the numbers that stand in bad rows alone.
    pub(super) fn finish(self) -> (Arc<PackedRows>, Vec<PhoneNumber>) {
        (Arc::new(self.rows.growing), self.bad_numbers.into_keys().collect())
    }
}

/// The half of a hash that is kept.
fn short(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// What a table needs of the half that was kept: bits that differ at both ends.
fn long(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
