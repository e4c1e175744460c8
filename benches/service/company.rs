//! The companies whose people sign in.

use std::fmt::Write;

use test_support::app::TENANT;

use crate::tokens::Person;

/// A business group with an area code of its own.
pub(crate) struct Company {
    pub(crate) id: &'static str,
    pub(crate) tenant: &'static str,
    pub(crate) area: &'static str,
    pub(crate) identity_pinning: &'static str,
}

/// People who have signed in before: their mappings are pinned to them.
pub(crate) const REGULARS: Company =
    Company { id: "abccompany", tenant: TENANT, area: "763", identity_pinning: "enforce" };

/// People who sign in for the first time. Pinning is off, because a first sign-in would be a write otherwise.
pub(crate) const NEWCOMERS: Company =
    Company { id: "newcompany", tenant: "b2b2b2b2-0000-4000-8000-0000000000bb", area: "612", identity_pinning: "off" };

/// Many people, who have signed in before.
pub(crate) const CROWD: Company = Company {
    id: "bigcompany",
    tenant: "c3c3c3c3-0000-4000-8000-0000000000cc",
    area: "952",
    identity_pinning: "enforce",
};

impl Company {
    pub(crate) fn person(&self, user: usize) -> Person {
        let oid = format!("0b0b0b0b-0000-4000-8000-{user:012}");
        Person { tenant: self.tenant.to_owned(), oid, email: self.email(user) }
    }

    /// All addresses are of one length, and so are all answers.
    fn email(&self, user: usize) -> String {
        format!("user{user:07}@{}.com", self.id)
    }

    /// A sheet of so many rows: numbers of the area that the numbering plan has.
    pub(crate) fn sheet(&self, rows: usize) -> String {
        let mut sheet = String::with_capacity(48 * rows);
        sheet.push_str("PhoneNumber,MEEmailAddress\n");
        for user in 0..rows {
            // Writing to a string can't fail.
            let _ = writeln!(sheet, "{}{},{}", self.area, 2_120_000 + user, self.email(user));
        }
        sheet
    }
}
