//! What Microsoft says on the way back from a consent link
//! (<https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>).

use crate::domain::consent::{ConsentFault, fault};
use crate::domain::guid::Guid;

/// The parameters of a return, as they came. Anybody can write them; what of them is kept is of a narrow form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reply<'a> {
    /// `state`: what the link was made for.
    pub state: Option<&'a str>,
    /// `error`
    pub error: Option<&'a str>,
    /// `error_description`, which begins with Microsoft's number of the error.
    pub error_description: Option<&'a str>,
    /// `admin_consent`: `True`, also beside an error.
    pub admin_consent: Option<&'a str>,
    /// `tenant`
    pub tenant: Option<&'a str>,
}

/// How a return ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is consent, as Microsoft is said to have said.
    Reported,
    /// The administrator declined.
    Declined,
    /// Who opened the link may not consent for the company.
    NotAdministrator,
    /// Something else went wrong at Microsoft.
    Failed,
    /// The state was not made here.
    StateInvalid,
    /// The state is too old.
    StateExpired,
    /// The state has come back before.
    StateUsed,
    /// The business group is not linked to the tenant of the link any more.
    TenantChanged,
    /// Consent was given in another tenant.
    OtherTenant,
}

impl Outcome {
    /// The word that the console is told.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Declined => "declined",
            Self::NotAdministrator => "not-administrator",
            Self::Failed => "failed",
            Self::StateInvalid => "state-invalid",
            Self::StateExpired => "state-expired",
            Self::StateUsed => "state-used",
            Self::TenantChanged => "tenant-changed",
            Self::OtherTenant => "other-tenant",
        }
    }
}

/// The longest OAuth error that is kept, in characters.
const MAX_ERROR_CHARS: usize = 64;

impl Reply<'_> {
    /// What the return says of a link to `tenant`. An error counts first: `admin_consent=True` comes with errors too.
    pub(super) fn read(&self, tenant: Guid) -> (Outcome, Result<(), ConsentFault>) {
        if let Some(error) = self.error {
            let fault = ConsentFault { code: code(error), aadsts: self.error_description.and_then(aadsts) };
            return (outcome(&fault), Err(fault));
        }
        let ours = |code: &str| Err(ConsentFault { code: code.to_owned(), aadsts: None });
        let consented = self.admin_consent.is_some_and(|said| said.eq_ignore_ascii_case("true"));
        match self.tenant.map(Guid::parse) {
            Some(Ok(named)) if consented && named == tenant => (Outcome::Reported, Ok(())),
            Some(Ok(named)) if consented && named != tenant => (Outcome::OtherTenant, ours(fault::OTHER_TENANT)),
            _ => (Outcome::Failed, ours(fault::UNCLEAR)),
        }
    }
}

/// An OAuth error, such as `access_denied`; what is none is not kept.
fn code(error: &str) -> String {
    let fits = (1..=MAX_ERROR_CHARS).contains(&error.len());
    let is_word = error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if fits && is_word { error } else { fault::UNCLEAR }.to_owned()
}

/// Microsoft's number of an error: `AADSTS` and digits, at the begin of the description.
fn aadsts(description: &str) -> Option<String> {
    let digits = description.strip_prefix("AADSTS")?;
    let end = digits.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    (4..=8).contains(&end).then(|| format!("AADSTS{}", &digits[..end]))
}

/// 65004 is a refusal; 90093 and 90094 are for whom the tenant's policy lets consent to nothing
/// (<https://learn.microsoft.com/entra/identity/enterprise-apps/application-sign-in-unexpected-user-consent-error>).
fn outcome(fault: &ConsentFault) -> Outcome {
    match (fault.aadsts.as_deref(), fault.code.as_str()) {
        (Some("AADSTS65004"), _) | (None, "access_denied") => Outcome::Declined,
        (Some("AADSTS90093" | "AADSTS90094"), _) => Outcome::NotAdministrator,
        _ => Outcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "a1a1a1a1-0000-4000-8000-0000000000aa";

    fn reply<'a>(admin_consent: &'a str, tenant: &'a str) -> Reply<'a> {
        Reply { admin_consent: Some(admin_consent), tenant: Some(tenant), ..Reply::default() }
    }

    fn read(reply: Reply<'_>) -> (Outcome, Option<(String, Option<String>)>) {
        let (outcome, result) = reply.read(Guid::parse(TENANT).unwrap());
        (outcome, result.err().map(|fault| (fault.code, fault.aadsts)))
    }

    #[test]
    fn consent_is_reported_only_if_nothing_speaks_against_it() {
        assert_eq!(read(reply("True", TENANT)), (Outcome::Reported, None));
        assert_eq!(read(reply("True", &TENANT.to_uppercase())), (Outcome::Reported, None));
        let other = read(reply("True", "b2b2b2b2-0000-4000-8000-0000000000bb"));
        assert_eq!(other, (Outcome::OtherTenant, Some(("other_tenant".to_owned(), None))));
        let unclear = (Outcome::Failed, Some(("unclear_answer".to_owned(), None)));
        for reply in [
            Reply::default(),
            reply("False", TENANT),
            reply("", TENANT),
            reply("True", ""),
            reply("True", "abccompany.com"),
            Reply { tenant: None, ..reply("True", TENANT) },
            Reply { admin_consent: None, ..reply("True", TENANT) },
        ] {
            assert_eq!(read(reply), unclear, "{reply:?}");
        }
    }

    #[test]
    fn an_error_counts_before_the_consent_that_is_told_beside_it() {
        for (error, description, outcome, code, number) in [
            (
                "consent_required",
                "AADSTS65004: User declined",
                Outcome::Declined,
                "consent_required",
                Some("AADSTS65004"),
            ),
            (
                "access_denied",
                "AADSTS90094: Admin only",
                Outcome::NotAdministrator,
                "access_denied",
                Some("AADSTS90094"),
            ),
            ("access_denied", "AADSTS90093", Outcome::NotAdministrator, "access_denied", Some("AADSTS90093")),
            ("access_denied", "", Outcome::Declined, "access_denied", None),
            ("server_error", "AADSTS50000: x", Outcome::Failed, "server_error", Some("AADSTS50000")),
            ("access_denied", "AADSTS650051: x", Outcome::Failed, "access_denied", Some("AADSTS650051")),
            ("", "", Outcome::Failed, "unclear_answer", None),
        ] {
            let reply = Reply { error: Some(error), error_description: Some(description), ..reply("True", TENANT) };
            let expected = (outcome, Some((code.to_owned(), number.map(str::to_owned))));
            assert_eq!(read(reply), expected, "{error} {description}");
        }
    }

    // proves T-50
    #[test]
    fn what_is_kept_of_an_error_is_a_word_and_a_number() {
        let long = "a".repeat(65);
        for odd in ["<script>", "Access_Denied", "access denied", "a\u{0}b", "é", &long] {
            assert_eq!(code(odd), "unclear_answer", "{odd}");
        }
        for odd in
            ["aadsts65004", " AADSTS65004", "AADSTS", "AADSTS123", "AADSTS123456789", "AADSTS<b>", "x AADSTS65004"]
        {
            assert_eq!(aadsts(odd), None, "{odd}");
        }
        assert_eq!(aadsts("AADSTS65004<script>alert(1)</script>").as_deref(), Some("AADSTS65004"));
    }
}
