//! The `ETag` of an export: the revision that it is of, also as a proxy passes it on.

use std::fmt;

/// What proxies that compress an answer name the way in which they have: `"7-gzip"` (Apache), `"7--gzip"` (Jetty),
/// `"7;gzip"`, `"7-br"`, `"7-zstd"`. Some write it behind the closing quote.
const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

/// The entity tag (RFC 9110, section 8.8.3) of the mappings of one revision: `"7"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevisionTag(pub i64);

impl RevisionTag {
    /// Reads a tag of an export, whatever a proxy on its way has made of it: a weak one (`W/"7"`, as nginx does), or
    /// one with the coding of a compressed answer. It names the same revision all the same. `None` for what no export
    /// gives.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (inside, behind) = text.strip_prefix("W/").unwrap_or(text).strip_prefix('"')?.rsplit_once('"')?;
        let digits = inside.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let coding = inside.strip_prefix(digits)?;
        if !is_coding(coding) || !is_coding(behind) || !(coding.is_empty() || behind.is_empty()) {
            return None;
        }
        // One spelling alone: the one that exports give.
        let revision = digits.parse().ok().filter(|revision: &i64| *revision >= 0 && revision.to_string() == digits)?;
        Some(Self(revision))
    }
}

/// Whether this is nothing, or a coding as proxies append it.
fn is_coding(text: &str) -> bool {
    let name = ["--", "-", ";"].iter().find_map(|mark| text.strip_prefix(mark));
    text.is_empty() || name.is_some_and(|name| CODINGS.contains(&name))
}

impl fmt::Display for RevisionTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proxies_make_of_a_tag_is_undone() {
        for text in [
            "\"7\"",
            " \"7\" ",
            "W/\"7\"",
            "\"7-gzip\"",
            "\"7--gzip\"",
            "\"7-br\"",
            "\"7-zstd\"",
            "\"7;gzip\"",
            "W/\"7-gzip\"",
            "W/\"7--br\"",
            "\"7\"-gzip",
            "\"7\";gzip",
            "\"7-deflate\"",
        ] {
            assert_eq!(RevisionTag::parse(text), Some(RevisionTag(7)), "{text}");
        }
        assert_eq!(RevisionTag::parse(&RevisionTag(0).to_string()), Some(RevisionTag(0)));
    }

    #[test]
    fn a_tag_that_no_export_gives_is_none() {
        for text in [
            "",
            "7",
            "\"7",
            "7\"",
            "\"\"",
            "\"07\"",
            "\"-7\"",
            "\"+7\"",
            "\"7.0\"",
            "\"7-\"",
            "\"7-lzma\"",
            "\"7gzip\"",
            "\"-gzip\"",
            "\"7-gzip\"-gzip",
            "\"7-gzip-gzip\"",
            "\"7\"\"8\"",
            "\"7\" \"8\"",
            "w/\"7\"",
            "W/7",
            "\"99999999999999999999\"",
            "\"\u{665}\"",
        ] {
            assert_eq!(RevisionTag::parse(text), None, "{text}");
        }
    }
}
