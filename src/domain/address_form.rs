//! The form of domain names, and of the addresses that nearly all people have, as a state machine: one step a byte.

/// The longest label of a domain name, in bytes (RFC 1035, section 2.3.4).
const MAX_LABEL_BYTES: usize = 63;

/// The longest address that is looked at here: neither its local part nor a label can be too long.
const MAX_PLAIN_BYTES: usize = 64;

/// Whether a text is an address whose local part is letters, digits, `_` and `-`, with single dots between them and no `-` at its
/// beginning, and whose domain is a domain name. Others may be addresses too.
pub(super) fn is_plain_address(text: &str) -> bool {
    text.len() <= MAX_PLAIN_BYTES && State::LocalStart.after(text) == State::Label
}

/// Whether a text is the name of a domain of companies: two labels or more of letters, digits and hyphens, each of 1 to 63
/// characters and without a hyphen at either end (RFC 1035, section 2.3.1, and RFC 1123, section 2.1). The last one is not all
/// digits, so that no IP address is one. How long it may be as a whole is not asked.
pub(super) fn is_domain_name(text: &str) -> bool {
    let is_short = |label: &str| label.len() <= MAX_LABEL_BYTES;
    State::FirstStart.after(text) == State::Label && (is_short(text) || text.split('.').all(is_short))
}

/// What a byte may stand for.
#[derive(Clone, Copy)]
enum Kind {
    Letter,
    Digit,
    Hyphen,
    Underscore,
    Dot,
    At,
    Other,
}

/// What has been read of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing, of an address.
    LocalStart,
    /// A local part, or its beginning.
    Local,
    /// The same with a dot at the end.
    LocalDot,
    /// Nothing of the domain.
    FirstStart,
    /// Its first label, of which something is no digit.
    First,
    /// Its first label, all digits.
    FirstDigits,
    /// Its first label with a hyphen at the end.
    FirstHyphen,
    /// Nothing of a later label.
    Start,
    /// A later label, of which something is no digit.
    Label,
    /// A later label, all digits.
    Digits,
    /// A later label with a hyphen at the end.
    Hyphen,
    /// What is of neither form, whatever follows.
    Wrong,
}

const KINDS: usize = Kind::Other as usize + 1;
const STATES: usize = State::Wrong as usize + 1;

impl State {
    /// The state after a text.
    fn after(self, text: &str) -> Self {
        text.bytes().fold(self, |state, byte| NEXT[state as usize][KIND_OF[usize::from(byte)] as usize])
    }

    /// The state after one more byte.
    const fn next(self, kind: Kind) -> Self {
        match (self, kind) {
            (Self::LocalStart, Kind::Letter | Kind::Digit | Kind::Underscore)
            | (Self::Local | Self::LocalDot, Kind::Letter | Kind::Digit | Kind::Underscore | Kind::Hyphen) => {
                Self::Local
            }
            (Self::Local, Kind::Dot) => Self::LocalDot,
            (Self::Local, Kind::At) => Self::FirstStart,
            (Self::FirstStart | Self::First | Self::FirstDigits | Self::FirstHyphen, Kind::Letter)
            | (Self::First | Self::FirstHyphen, Kind::Digit) => Self::First,
            (Self::FirstStart | Self::FirstDigits, Kind::Digit) => Self::FirstDigits,
            (Self::First | Self::FirstDigits | Self::FirstHyphen, Kind::Hyphen) => Self::FirstHyphen,
            (Self::First | Self::FirstDigits | Self::Label | Self::Digits, Kind::Dot) => Self::Start,
            (Self::Start | Self::Label | Self::Digits | Self::Hyphen, Kind::Letter)
            | (Self::Label | Self::Hyphen, Kind::Digit) => Self::Label,
            (Self::Start | Self::Digits, Kind::Digit) => Self::Digits,
            (Self::Label | Self::Digits | Self::Hyphen, Kind::Hyphen) => Self::Hyphen,
            _ => Self::Wrong,
        }
    }
}

/// The kind of each byte.
static KIND_OF: [Kind; 256] = {
    let mut kinds = [Kind::Other; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => Kind::Letter,
            b'0'..=b'9' => Kind::Digit,
            b'-' => Kind::Hyphen,
            b'_' => Kind::Underscore,
            b'.' => Kind::Dot,
            b'@' => Kind::At,
            _ => Kind::Other,
        };
        byte += 1;
    }
    kinds
};

/// [`State::next`] of each state and kind.
static NEXT: [[State; KINDS]; STATES] = {
    const ALL_KINDS: [Kind; KINDS] =
        [Kind::Letter, Kind::Digit, Kind::Hyphen, Kind::Underscore, Kind::Dot, Kind::At, Kind::Other];
    const ALL_STATES: [State; STATES] = [
        State::LocalStart,
        State::Local,
        State::LocalDot,
        State::FirstStart,
        State::First,
        State::FirstDigits,
        State::FirstHyphen,
        State::Start,
        State::Label,
        State::Digits,
        State::Hyphen,
        State::Wrong,
    ];
    let mut next = [[State::Wrong; KINDS]; STATES];
    let mut state = 0;
    while state < STATES {
        let mut kind = 0;
        while kind < KINDS {
            next[ALL_STATES[state] as usize][ALL_KINDS[kind] as usize] = ALL_STATES[state].next(ALL_KINDS[kind]);
            kind += 1;
        }
        state += 1;
    }
    next
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rule in the words of the RFCs, label by label.
    fn is_domain_name_by_labels(text: &str) -> bool {
        let is_label = |label: &str| {
            let letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            (1..=63).contains(&label.len()) && letters && !label.starts_with('-') && !label.ends_with('-')
        };
        let last = text.rsplit_once('.').map(|(_, last)| last);
        text.split('.').all(is_label) && last.is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()))
    }

    fn is_plain_by_parts(text: &str) -> bool {
        let Some((local, domain)) = text.split_once('@').filter(|_| text.len() <= 64) else { return false };
        let is_atom = |atom: &str| {
            !atom.is_empty() && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        };
        !local.starts_with('-') && local.split('.').all(is_atom) && is_domain_name_by_labels(domain)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_domain_name_is_one_in_each_of_its_labels(
            text in "[a-z0-9A-Z.-]{0,12}|[a-c.-]{0,6}|[0-9.]{0,6}|[a-z]{62,64}\\.[a-z@é_]{0,3}|([a-z]{31}\\.){1,3}com",
        ) {
            prop_assert_eq!(is_domain_name(&text), is_domain_name_by_labels(&text), "{}", text);
        }

        #[test]
        fn an_address_is_plain_in_both_of_its_parts(
            text in "[a-z0-9._A-Z-]{0,5}@[a-z0-9.A-Z-]{0,6}\\.[a-z0-9]{1,3}|[a-b.@_-]{0,10}|[a-z]{55,60}@[a-z]{1,3}\\.[a-z+é]{1,2}",
        ) {
            prop_assert_eq!(is_plain_address(&text), is_plain_by_parts(&text), "{}", text);
        }
    }
}
