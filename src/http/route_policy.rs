//! How the middleware treats calls of a path that is not as all others.

use actix_web::{HttpRequest, HttpResponse};
use tokio::time::Instant;
use tracing::Level;

use crate::http::call_record::CallRecord;
use crate::http::services::Services;

/// How calls of one path are treated, whatever their method.
pub struct RoutePolicy {
    /// The path, which has no parameters.
    pub path: &'static str,
    /// Whether the paths below it are treated so too.
    pub and_below: bool,
    /// At which level a call that went well is logged: `INFO` or `DEBUG`.
    pub log: Level,
    /// Whether each answer says that no cache may keep it and no page may show it.
    pub private_headers: bool,
    /// Whether no body is read. A connection on which one was announced ends with the answer: the body may never come.
    pub leaves_body: bool,
    /// What may answer before the framework looks for the handler.
    pub shortcut: Option<Shortcut>,
}

/// Answers a call that came at this instant without its handler; `None` where only that can. What it finds out on the
/// way goes into the record.
pub type Shortcut = fn(&Services, &HttpRequest, &mut CallRecord, Instant) -> Option<HttpResponse>;

/// How all other calls are treated.
pub(super) const USUAL: RoutePolicy = RoutePolicy {
    path: "",
    and_below: false,
    log: Level::INFO,
    private_headers: true,
    leaves_body: false,
    shortcut: None,
};

impl RoutePolicy {
    /// Whether calls of a path are treated so.
    pub(super) fn is_of(&self, path: &str) -> bool {
        match path.strip_prefix(self.path) {
            Some("") => true,
            Some(rest) => self.and_below && rest.starts_with('/'),
            None => false,
        }
    }
}
