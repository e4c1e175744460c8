//! What is known of one call, from its head to its answer.
//!
//! The middleware begins a record for each call. Extractors write into it what they find out; whoever handles the call
//! can ask it. How a call was refused stands in the [`Problem`](crate::http::problem::Problem) alone.

use std::sync::Arc;

use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

use crate::auth::{CacheMiss, TokenError, ValidatedToken};
use crate::domain::actor::AuditContext;
use crate::domain::business_group::BusinessGroupId;

/// The header of a call's id.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken over from a caller, in characters.
const MAX_REQUEST_ID_CHARS: usize = 64;

/// What is known of one call.
#[derive(Default)]
pub struct CallRecord {
    /// Whether it came as HEAD. It is handled as GET.
    is_head: bool,
    /// Its id, once somebody has asked for it.
    request_id: Option<String>,
    /// What is known of its token, if it was looked for before its handler.
    token: Option<TokenProgress>,
    /// In a box of its own: most calls resolve a line, and have none.
    attempt: Option<Box<Attempt>>,
}

/// What the audit log tells of a call if it is refused.
pub(super) struct Attempt {
    /// Who made it, and when.
    pub(super) context: AuditContext,
    /// The business group that its path names.
    pub(super) group: Option<BusinessGroupId>,
    /// The business group that its sender belongs to for certain.
    pub(super) own_group: Option<BusinessGroupId>,
}

/// How far the check of a call's token has come.
pub(super) enum TokenProgress {
    /// It is not in the cache, and nothing of it is checked yet.
    NotCached(CacheMiss),
    /// It is refused, and its failure not yet counted.
    Refused(TokenError),
    /// It is good; whether it was not in the cache.
    Good(Arc<ValidatedToken>, bool),
}

impl CallRecord {
    /// The record of a call that begins.
    pub(super) fn of_method(is_head: bool) -> Self {
        Self { is_head, ..Self::default() }
    }

    /// Whether the call came as HEAD.
    #[must_use]
    pub fn is_head(request: &HttpRequest) -> bool {
        Self::with(request, |record| record.is_head)
    }

    /// The id of the call, the same whenever it is asked for.
    #[must_use]
    pub fn request_id(request: &HttpRequest) -> String {
        Self::with(request, |record| {
            record.request_id.get_or_insert_with(|| sent_or_fresh_id(request.headers())).clone()
        })
    }

    /// Says what is known of the call's token.
    pub(super) fn set_token(&mut self, token: TokenProgress) {
        self.token = Some(token);
    }

    /// What is known of the call's token, for whoever goes on with it.
    pub(super) fn take_token(request: &HttpRequest) -> Option<TokenProgress> {
        Self::with(request, |record| record.token.take())
    }

    /// Says who makes the call, so that it can be written down if it is refused.
    pub(super) fn is_made_by(request: &HttpRequest, attempt: Attempt) {
        Self::with(request, |record| record.attempt = Some(Box::new(attempt)));
    }

    /// Who has a share of what there is little of: the business group that the caller belongs to, who may have any number of keys,
    /// or else the caller, by the id that the audit log has. `None` if nobody is known to make the call.
    pub(super) fn share_owner(request: &HttpRequest) -> Option<String> {
        let owner = |attempt: &Attempt| match &attempt.own_group {
            Some(group) => group.to_string(),
            None => attempt.context.actor.id.clone(),
        };
        Self::with(request, |record| record.attempt.as_deref().map(owner))
    }

    /// Begins the record of a call that is to be handled.
    pub(super) fn keep(self, request: &HttpRequest) {
        request.extensions_mut().insert(self);
    }

    /// Ends the record of a call that was handled.
    pub(super) fn take(request: &HttpRequest) -> Self {
        request.extensions_mut().remove().unwrap_or_default()
    }

    /// The id of the call, for its answer, and what there is to write down of it.
    pub(super) fn end(self, headers: &HeaderMap) -> (String, Option<Box<Attempt>>) {
        (self.request_id.unwrap_or_else(|| sent_or_fresh_id(headers)), self.attempt)
    }

    fn with<T>(request: &HttpRequest, ask: impl FnOnce(&mut Self) -> T) -> T {
        ask(request.extensions_mut().get_or_insert_with(Self::default))
    }
}

/// A caller's own id if it is short and plain, so that their logs and ours can be read side by side; else a new one.
fn sent_or_fresh_id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |text: &&str| {
        (1..=MAX_REQUEST_ID_CHARS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    sent.filter(plain).map_or_else(fresh_id, str::to_owned)
}

fn fresh_id() -> String {
    Uuid::new_v4().hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_call_has_one_id_for_all_who_ask_and_for_its_answer() {
        for sent in ["", "a caller's own", "mine-1"] {
            let request = TestRequest::default().insert_header((REQUEST_ID, sent)).to_http_request();
            let asked = CallRecord::request_id(&request);
            assert_eq!(CallRecord::request_id(&request), asked);
            assert_eq!(CallRecord::take(&request).end(request.headers()).0, asked);
            assert_eq!(asked == sent, sent == "mine-1");
        }
    }

    #[test]
    fn what_the_middleware_knows_of_a_call_its_handler_can_ask() {
        let request = TestRequest::default().to_http_request();
        assert!(!CallRecord::is_head(&request));
        CallRecord::of_method(true).keep(&request);
        assert!(CallRecord::is_head(&request));
        assert!(CallRecord::take_token(&request).is_none());
    }
}
