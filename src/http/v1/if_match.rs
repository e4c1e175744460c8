//! `If-Match` (RFC 9110, section 13.1.1): which revisions of the mappings a change is meant for.

use actix_web::HttpRequest;
use actix_web::http::header::IF_MATCH;

use crate::domain::revision_tag::RevisionTag;
use crate::http::problem::{Problem, ProblemKind};

/// The revisions that the request names, of which the mappings must be of one; `None` if it does not say, or says `*`,
/// which any business group that is there matches.
///
/// # Errors
/// 400 for a tag that no export gives: it would match nothing, ever, and the caller would be told that the mappings
/// changed.
pub(super) fn expected_revisions(request: &HttpRequest) -> Result<Option<Vec<i64>>, Problem> {
    let lines: Vec<_> = request.headers().get_all(IF_MATCH).collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let lines: Result<Vec<_>, _> =
        lines.into_iter().map(|line| line.to_str().map_err(|_| not_of_an_export())).collect();
    // Several lines are one list (section 5.3), in which empty elements count for nothing (section 5.6.1).
    let list = lines?.join(",");
    let tags: Vec<_> = list.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
    if tags == ["*"] {
        return Ok(None);
    }
    let revisions: Option<Vec<_>> = tags.into_iter().map(|tag| Some(RevisionTag::parse(tag)?.0)).collect();
    revisions.filter(|revisions| !revisions.is_empty()).map(Some).ok_or_else(not_of_an_export)
}

fn not_of_an_export() -> Problem {
    let detail = "If-Match names an ETag that no export gives. Send the ETag of the export that was edited as it came, with its \
                  quotes, such as \"7\"; several with commas between them; or * to take the mappings as they are.";
    Problem::new(ProblemKind::MalformedRequest, detail)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn expected(lines: &[&str]) -> Result<Option<Vec<i64>>, ProblemKind> {
        let request =
            lines.iter().fold(TestRequest::default(), |request, line| request.append_header((IF_MATCH, *line)));
        expected_revisions(&request.to_http_request()).map_err(|problem| problem.kind())
    }

    #[test]
    fn tags_are_read_as_the_rfc_has_them() {
        for (lines, revisions) in [
            (&[][..], None),
            (&["*"], None),
            (&["\"7\""], Some(vec![7])),
            (&["\"7\", \"8-gzip\" ,W/\"9\""], Some(vec![7, 8, 9])),
            (&["\"7\",, ", "\"8\""], Some(vec![7, 8])),
        ] {
            assert_eq!(expected(lines), Ok(revisions), "{lines:?}");
        }
    }

    #[test]
    fn what_no_export_gives_is_refused_wherever_it_stands() {
        for lines in [
            &[""][..],
            &[","],
            &["7"],
            &["\"7\", \"abc\""],
            &["*, \"7\""],
            &["*", "\"7\""],
            &["\"7\" \"8\""],
            &["\"\u{fc}\""],
        ] {
            assert_eq!(expected(lines), Err(ProblemKind::MalformedRequest), "{lines:?}");
        }
    }
}
