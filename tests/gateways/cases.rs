//! Who calls with what.

use crate::gateway::Gateway;
use crate::wire::Answer;

/// The headers of a good answer, and the one that only `?email=true` brings.
pub(crate) const NAMES: [&str; 7] = [
    "X-Signline-Phone-Number",
    "X-Signline-Phone-Number-National",
    "X-Signline-Business-Group",
    "X-Signline-Tenant",
    "X-Signline-User",
    "X-Signline-Application",
    "X-Signline-Email",
];

/// A name that no answer has.
pub(crate) const UNKNOWN_NAME: &str = "X-Signline-Anything";

/// What a client puts into a header that is not its to set.
const SPOOFED: &str = "spoofed";

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nobody has signed in.
    Nobody,
    /// Something that is no token.
    Nonsense,
    /// A token whose time is over.
    Expired,
    /// A user of a tenant that no business group has linked.
    Unlinked,
    /// A user of a linked tenant who has no mapping.
    Unmapped,
    /// A user who has a line.
    WithLine,
}

impl Caller {
    pub(crate) const REFUSED: [Self; 5] = [Self::Nobody, Self::Nonsense, Self::Expired, Self::Unlinked, Self::Unmapped];

    /// The client gets Signline's answer, or the application's.
    pub(crate) fn assert_answered(self, gateway: &Gateway, answer: &Answer, case: &str) {
        let (status, challenge, slug) = match self {
            Self::Nobody => (401, Some("Bearer"), "unauthenticated"),
            Self::Nonsense | Self::Expired => (401, Some("Bearer error=\"invalid_token\""), "invalid-token"),
            Self::Unlinked => (403, None, "tenant-not-linked"),
            Self::Unmapped => (403, None, "no-mapping"),
            Self::WithLine => (200, None, ""),
        };
        let Answer { head, body, .. } = answer;
        assert_eq!(answer.status, status, "{case}: {head}");
        let challenges = answer.values("www-authenticate");
        match challenge {
            Some(challenge) => {
                let one = matches!(&*challenges, [one] if one.starts_with(challenge));
                assert!(one, "{case}: {challenges:?}");
            }
            None => assert!(challenges.is_empty(), "{case}: {challenges:?}"),
        }
        if gateway.passes_problems || status == 200 {
            assert!(body.contains(slug), "{case}: {body}");
        }
    }
}

/// A request, but for its credential.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    body_bytes: usize,
}

/// The last body is larger than what gateways keep in memory, or take if nobody says otherwise.
pub(crate) const REQUESTS: [Request; 4] = [
    Request { method: "GET", path: "/", body_bytes: 0 },
    Request { method: "GET", path: "/calls/7?page=2", body_bytes: 0 },
    Request { method: "POST", path: "/calls", body_bytes: 100 },
    Request { method: "POST", path: "/recordings?name=a%20b", body_bytes: 3 << 20 },
];

impl Request {
    /// Bytes in which none could be lost or moved unseen.
    pub(crate) fn body(self) -> Vec<u8> {
        let pattern: Vec<u8> = (0..=250).collect();
        let mut body = pattern.repeat(self.body_bytes / pattern.len() + 1);
        body.truncate(self.body_bytes);
        body
    }
}

/// The header lines of a client that says of itself what it likes, for these names.
pub(crate) type Lines = fn(&[&str]) -> Vec<(String, String)>;

/// The ways to write such a name. Many applications read all of them as one.
const SPOOFS: [(&str, Lines); 11] = [
    ("nothing spoofed", |_| Vec::new()),
    ("names as they are", |names| spoof(names, str::to_owned)),
    ("lower case", |names| spoof(names, str::to_lowercase)),
    ("upper case", |names| spoof(names, str::to_uppercase)),
    ("underscores", |names| spoof(names, |name| name.replace('-', "_"))),
    ("underscores in upper case", |names| spoof(names, |name| name.replace('-', "_").to_uppercase())),
    ("one underscore", |names| spoof(names, |name| name.replacen('-', "_", 1))),
    ("an underscore behind a hyphen", |names| spoof(names, |name| name.replace("Signline-", "Signline_"))),
    ("dots", |names| spoof(names, |name| name.replace('-', "."))),
    ("each twice", |names| [spoof(names, str::to_owned), spoof(names, str::to_owned)].concat()),
    ("Connection names them", |names| vec![("Connection".to_owned(), format!("close, {}", names.join(", ")))]),
];

/// Each request with each spoof, by the name of the spoof.
pub(crate) fn all() -> impl Iterator<Item = (Request, &'static str, Lines)> {
    REQUESTS.into_iter().flat_map(|request| SPOOFS.map(|(spoof, lines)| (request, spoof, lines)))
}

fn spoof(names: &[&str], written: impl Fn(&str) -> String) -> Vec<(String, String)> {
    names.iter().map(|name| (written(name), SPOOFED.to_owned())).collect()
}
