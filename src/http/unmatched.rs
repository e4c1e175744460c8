//! Paths that no call has, and methods that a path does not take.

use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, PathItem};

use crate::http::problem::Problem;

/// The calls of the OpenAPI document.
pub(super) struct KnownPaths(Vec<KnownPath>);

/// A path, and the calls that it takes.
struct KnownPath {
    pattern: String,
    /// Methods, as an `Allow` header lists them.
    methods: String,
    /// Methods, each with the name of its call.
    operations: Vec<(&'static str, String)>,
}

impl KnownPaths {
    pub(super) fn of(document: &OpenApi) -> Self {
        Self(document.paths.paths.iter().map(|(path, item)| KnownPath::of(path, item)).collect())
    }

    /// The methods that `path` takes, as an `Allow` header lists them.
    fn allowed(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|known| matches(&known.pattern, path)).map(|known| known.methods.as_str())
    }

    /// The name of the call of a pattern and a method.
    pub(super) fn operation(&self, pattern: &str, method: &str) -> Option<&str> {
        let known = self.0.iter().find(|known| known.pattern == pattern)?;
        known.operations.iter().find(|(taken, _)| *taken == method).map(|(_, name)| name.as_str())
    }
}

impl KnownPath {
    fn of(path: &str, item: &PathItem) -> Self {
        let taken = [
            ("DELETE", &item.delete),
            ("GET", &item.get),
            // GET is answered to HEAD as well, and has its name.
            ("HEAD", &item.get),
            ("PATCH", &item.patch),
            ("POST", &item.post),
            ("PUT", &item.put),
        ];
        let named = |(method, operation): (&'static str, &Option<Operation>)| {
            operation.as_ref().map(|operation| (method, operation.operation_id.clone().unwrap_or_default()))
        };
        let operations: Vec<_> = taken.into_iter().filter_map(named).collect();
        let methods: Vec<_> = operations.iter().map(|(method, _)| *method).collect();
        Self { pattern: path.to_owned(), methods: methods.join(", "), operations }
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(text)) if part == text || (part.starts_with('{') && !text.is_empty()) => {}
            _ => return false,
        }
    }
}

/// Answers what no call has taken.
pub(super) async fn unmatched(request: HttpRequest, known: Data<KnownPaths>) -> Result<HttpResponse, Problem> {
    // The pages of Swagger UI and of the console stand in no document, and are only read.
    let is_page = ["/docs/", "/console/"].iter().any(|folder| request.path().starts_with(folder));
    let page = is_page && request.method() != Method::GET;
    match known.allowed(request.path()).or_else(|| page.then_some("GET, HEAD")) {
        Some(methods) => Err(Problem::method_not_allowed(methods)),
        None => Err(Problem::not_found("There is no such path. GET /openapi.json lists all there are.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_path_tells_its_methods() {
        let known = KnownPaths::of(&crate::http::openapi::document());
        for (path, expected) in [
            ("/v1/me", Some("GET, HEAD")),
            ("/v1/business-groups", Some("GET, HEAD, POST")),
            ("/v1/business-groups/abc", Some("DELETE, GET, HEAD, PATCH")),
            ("/v1/business-groups/abc/mappings/+17635551111", Some("DELETE, GET, HEAD, PUT")),
            ("/v1/business-groups/", None),
            ("/v1/business-groups/abc/mappings/1/2", None),
            ("/", None),
        ] {
            assert_eq!(known.allowed(path), expected, "{path}");
        }
    }
}
