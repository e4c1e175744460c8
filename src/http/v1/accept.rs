//! In which form an answer is wanted.

use actix_web::HttpRequest;
use actix_web::http::header::{Accept, Header};

/// Whether CSV is what the caller would like best.
pub(super) fn prefers_csv(request: &HttpRequest) -> bool {
    Accept::parse(request).is_ok_and(|accept| accept.preference().essence_str() == "text/csv")
}
