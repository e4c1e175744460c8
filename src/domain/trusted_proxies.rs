//! Whose word is taken for where a call came from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// The proxies in front of the service. None: the address of a call is that of its connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// The text is not a list of addresses and networks.
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
    /// `forwarded` are the values of `X-Forwarded-For`, as they came and in the order of the request; they are one
    /// list.
    ///
    /// Each proxy adds to its end whom it was called by, so what stands before an address that is not trusted is that
    /// caller's own invention, whatever bytes it is made of, and is not looked at. What a trusted proxy has added and
    /// is not an address, such as `unknown`, tells nothing: the call came through that proxy, and nobody can say from
    /// where. Empty parts are passed over (RFC 9110, section 5.6.1.2).
    pub fn origin<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a [u8]>) -> IpAddr {
        let mut origin = peer.to_canonical();
        let parts = forwarded.rev().flat_map(|value| value.rsplit(|byte| *byte == b',')).take(MOST_HOPS);
        let mut hops = parts.map(<[u8]>::trim_ascii).filter(|part| !part.is_empty());
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

/// An address, with or without the port that some proxies add, and the brackets that IPv6 then needs.
fn parse_hop(part: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(part).ok()?;
    let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    let address = address.ok().or_else(|| bracketed(text)?.parse::<Ipv6Addr>().ok().map(IpAddr::from));
    address.map(|address: IpAddr| address.to_canonical())
}

fn bracketed(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXIES: &str = "10.0.0.0/8, fd00::/8, 203.0.113.9";

    fn origin(proxies: &str, peer: &str, forwarded: &[&[u8]]) -> String {
        let proxies = TrustedProxies::parse(proxies).unwrap();
        proxies.origin(peer.parse().unwrap(), forwarded.iter().copied()).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(origin("", "192.0.2.1", &[b"198.51.100.7"]), "192.0.2.1");
        assert_eq!(origin("10.0.0.0/8", "192.0.2.1", &[b"198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn the_last_hop_that_is_no_proxy_is_the_origin() {
        for (forwarded, expected) in [
            (&[&b"198.51.100.7"[..]][..], "198.51.100.7"),
            (&[b"1.2.3.4, 198.51.100.7"], "198.51.100.7"),
            (&[b"1.2.3.4", b"198.51.100.7, 10.9.9.9"], "198.51.100.7"),
            (&[b"1.2.3.4, 198.51.100.7,203.0.113.9 , fd00::1"], "198.51.100.7"),
            (&[b"\t198.51.100.7  "], "198.51.100.7"),
            (&[b"198.51.100.7:4711"], "198.51.100.7"),
            (&[b"[2001:db8::1]:4711"], "2001:db8::1"),
            (&[b"[2001:db8::1]"], "2001:db8::1"),
            (&[b"2001:db8::1"], "2001:db8::1"),
            (&[b"::ffff:198.51.100.7"], "198.51.100.7"),
            (&[b"[::ffff:198.51.100.7]:4711"], "198.51.100.7"),
            (&[b"198.51.100.7, ::ffff:10.2.2.2"], "198.51.100.7"),
            (&[b"198.51.100.7, 10.2.2.2:4711", b"[fd00::2]:4711"], "198.51.100.7"),
            (&[b"10.1.1.1, 10.2.2.2"], "10.1.1.1"),
            (&[b"198.51.100.7,, , 10.2.2.2,"], "198.51.100.7"),
            (&[b"198.51.100.7", b"", b"10.2.2.2"], "198.51.100.7"),
            (&[b""], "10.0.0.1"),
            (&[b" , ,"], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(origin(PROXIES, "10.0.0.1", forwarded), expected, "{forwarded:?}");
        }
        assert_eq!(origin(PROXIES, "::ffff:10.0.0.1", &[b"198.51.100.7"]), "198.51.100.7");
    }

    // proves T-65
    /// What a caller may write before the address that the trusted proxy adds: nothing of it is believed, and none of
    /// it makes the call be the proxy's own.
    #[test]
    fn whatever_a_caller_writes_the_address_that_the_proxy_adds_is_the_origin() {
        const TRUE: &[u8] = b"198.51.100.7";
        let written: [&[u8]; 16] = [
            b"1.2.3.4",
            b"10.0.0.1",
            b"fd00::1, 10.0.0.1",
            b"\xff",
            b"1.2.3.4\xff",
            b"\xc3\xa4, 1.2.3.4",
            b"\x80\x80\x80,",
            b"\"1.2.3.4",
            b"\"1.2.3.4, ",
            b"for=1.2.3.4;",
            b"unknown",
            b"_hidden, 10.0.0.1",
            b"[",
            b"[::1",
            b"1.2.3.4:567",
            b"",
        ];
        for bytes in written {
            let one_line = [bytes, b", ", TRUE].concat();
            let through_two = [bytes, b", ", TRUE, b", 10.2.2.2"].concat();
            for forwarded in [&[&one_line[..]][..], &[&through_two], &[bytes, TRUE], &[bytes, bytes, TRUE, b"10.2.2.2"]]
            {
                assert_eq!(origin(PROXIES, "10.0.0.1", forwarded), "198.51.100.7", "{forwarded:?}");
            }
        }
    }

    // proves T-65
    #[test]
    fn what_a_proxy_adds_and_is_no_address_ends_at_that_proxy() {
        for added in [
            &b"unknown"[..],
            b"_hidden",
            b"\xff",
            b"198.51.100.7\xff",
            b"198.51.100.7:port",
            b"198.51.100.7:65536",
            b"[198.51.100.7]",
            b"[[::1]]",
            b"]::1[",
            b"198.51.100",
            b"198.51.100.7 10.0.0.9",
            b"fe80::1%eth0",
        ] {
            assert_eq!(origin(PROXIES, "10.0.0.1", &[&[b"1.2.3.4, ", added].concat()]), "10.0.0.1", "{added:?}");
            let through_two = [b"1.2.3.4, ", added, b", 10.2.2.2"].concat();
            assert_eq!(origin(PROXIES, "10.0.0.1", &[&through_two]), "10.2.2.2", "{added:?}");
        }
    }

    #[test]
    fn an_endless_list_is_not_read_to_its_end() {
        let forwarded = format!("198.51.100.7{}", ",10.0.0.2".repeat(10_000));
        assert_eq!(origin("10.0.0.0/8", "10.0.0.1", &[forwarded.as_bytes()]), "10.0.0.2");
    }

    #[test]
    fn what_is_no_network_is_named() {
        for wrong in ["10.0.0.0/33", "proxy.example", "10.0.0.0/8,300.1.1.1", "10.0.0"] {
            assert!(TrustedProxies::parse(wrong).is_err(), "{wrong}");
        }
    }
}
