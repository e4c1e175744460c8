//! Whose word is taken for where a call came from.

use std::net::IpAddr;
use std::net::SocketAddr;

use ipnet::IpNet;

/// The proxies in front of the service. None: the address of a call is that of its connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// The text is no list of addresses and networks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an IP address nor a network such as 10.0.0.0/8 or fd00::/8")]
pub struct TrustedProxiesError(String);

/// How many hops are looked at: no chain of proxies is so long, and who sends a longer list means to be a burden.
const MOST_HOPS: usize = 32;

impl TrustedProxies {
    /// Reads addresses and networks with commas between them.
    ///
    /// # Errors
    /// [`TrustedProxiesError`]
    pub fn parse(text: &str) -> Result<Self, TrustedProxiesError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(parse_network).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the address is a proxy's.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Where a call came from: the last address that a trusted proxy has seen, and that is not a trusted proxy itself.
    /// `forwarded` are the values of `X-Forwarded-For`, in the order of the request. Each proxy adds to its end whom it was
    /// called by, so what stands before an address that is not trusted is that caller's own invention.
    pub fn origin<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut origin = peer.to_canonical();
        let mut hops = forwarded.rev().flat_map(|value| value.rsplit(',')).take(MOST_HOPS);
        while self.trusts(origin) {
            let Some(before) = hops.next().and_then(parse_hop) else {
                break;
            };
            origin = before;
        }
        origin
    }
}

fn parse_network(text: &str) -> Result<IpNet, TrustedProxiesError> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| TrustedProxiesError(text.to_owned()))
}

/// An address, with or without the port that some proxies add.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.or_else(|_| text.trim_matches(['[', ']']).parse()).ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(proxies: &str, peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies::parse(proxies).unwrap();
        proxies.origin(peer.parse().unwrap(), forwarded.iter().copied()).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(origin("", "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(origin("10.0.0.0/8", "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn the_last_hop_that_is_no_proxy_is_the_origin() {
        let proxies = "10.0.0.0/8, fd00::/8, 203.0.113.9";
        for (forwarded, expected) in [
            (&["198.51.100.7"][..], "198.51.100.7"),
            (&["1.2.3.4, 198.51.100.7"], "198.51.100.7"),
            (&["1.2.3.4", "198.51.100.7, 10.9.9.9"], "198.51.100.7"),
            (&["1.2.3.4, 198.51.100.7,203.0.113.9 , fd00::1"], "198.51.100.7"),
            (&["198.51.100.7:4711"], "198.51.100.7"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["::ffff:198.51.100.7"], "198.51.100.7"),
            (&["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
            (&["198.51.100.7, unknown"], "10.0.0.1"),
            (&[""], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(origin(proxies, "10.0.0.1", forwarded), expected, "{forwarded:?}");
        }
        assert_eq!(origin(proxies, "::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn an_endless_list_is_not_read_to_its_end() {
        let forwarded = format!("198.51.100.7{}", ",10.0.0.2".repeat(10_000));
        assert_eq!(origin("10.0.0.0/8", "10.0.0.1", &[&forwarded]), "10.0.0.2");
    }

    #[test]
    fn what_is_no_network_is_named() {
        for wrong in ["10.0.0.0/33", "proxy.example", "10.0.0.0/8,300.1.1.1", "10.0.0"] {
            assert!(TrustedProxies::parse(wrong).is_err(), "{wrong}");
        }
    }
}
