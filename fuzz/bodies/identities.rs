//! Phone numbers, addresses and GUIDs: what is read once is read again as the same, in every form in which it is
//! written.

use signline::domain::business_group::BusinessGroupId;
use signline::domain::email::{EmailAddress, MAX_EMAIL_BYTES};
use signline::domain::guid::Guid;
use signline::domain::phone_number::{NumberingPlan, PhoneNumber};

/// Regions whose plans differ in what matters here: national prefixes, leading zeros, a calling code of several
/// regions.
const REGIONS: [&str; 16] =
    ["US", "GB", "IT", "DE", "FR", "RU", "AU", "BR", "MX", "AR", "JP", "IN", "CA", "HU", "CI", "SM"];

/// Takes the first byte for the region and the rest for the text.
pub fn check(input: &[u8]) {
    let Some((region, rest)) = input.split_first() else { return };
    let Ok(text) = str::from_utf8(rest) else { return };
    let plan = NumberingPlan::of_region(REGIONS[usize::from(*region) % REGIONS.len()]).expect("a region");
    check_number(plan, text);
    check_email(text);
    check_guid(text);
    if let Ok(group) = BusinessGroupId::parse(text) {
        assert_eq!(group.as_str(), text);
    }
}

fn check_number(plan: NumberingPlan, text: &str) {
    if let Ok(number) = PhoneNumber::parse_e164(text) {
        assert_eq!(number.to_string(), text);
        assert_eq!(PhoneNumber::from_digits(number.digits()), Some(number));
        assert_eq!(number.digit_count() as usize, text.len() - 1);
    }
    let Ok(number) = plan.parse(text) else { return };
    let written = number.to_string();
    assert_eq!(PhoneNumber::parse_e164(&written), Ok(number), "{text:?}");
    assert_eq!(plan.parse(&written), Ok(number), "{text:?}");
    let national = plan.national(number);
    assert_eq!(plan.parse(&national), Ok(number), "{text:?} is exported as {national}");
    if text.starts_with('+') {
        let us = NumberingPlan::of_region("US").expect("a region");
        assert_eq!(us.parse(text), Ok(number), "{text:?} is another number in another region");
    }
}

fn check_email(text: &str) {
    let Ok(email) = EmailAddress::parse(text) else { return };
    assert_eq!(email.as_str(), text.to_ascii_lowercase());
    assert_eq!(EmailAddress::parse(email.as_str()).as_ref(), Ok(&email));
    assert!(email.as_str().len() <= MAX_EMAIL_BYTES);
    assert!(email.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{email:?}");
    let (name, domain) = email.as_str().rsplit_once('@').expect("a name and a domain");
    assert!(!name.is_empty() && !name.contains('@') && domain.contains('.'), "{email:?}");
    assert!(!name.starts_with(['=', '+', '-', '@']), "{email:?} runs in a spreadsheet");
}

fn check_guid(text: &str) {
    if let Ok(guid) = Guid::parse(text) {
        assert_eq!(guid.to_string(), text.to_ascii_lowercase());
        assert_eq!(Guid::parse_canonical(text).is_ok(), guid.to_string() == text);
    } else {
        assert!(Guid::parse_canonical(text).is_err());
    }
}
