//! Paths that no call has, and methods that a path does not take.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::Data;
use utoipa::openapi::OpenApi;
use utoipa::openapi::PathItem;

use crate::http::problem::Problem;

/// The paths of the OpenAPI document, each with the methods it takes.
pub(super) struct KnownPaths(Vec<(String, String)>);

impl KnownPaths {
    pub(super) fn of(document: &OpenApi) -> Self {
        Self(document.paths.paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect())
    }

    /// The methods that `path` takes, as an `Allow` header lists them.
    fn allowed(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(pattern, _)| matches(pattern, path)).map(|(_, methods)| methods.as_str())
    }
}

fn methods(item: &PathItem) -> String {
    let taken = [
        ("DELETE", item.delete.is_some()),
        ("GET", item.get.is_some()),
        ("HEAD", item.get.is_some()),
        ("PATCH", item.patch.is_some()),
        ("POST", item.post.is_some()),
        ("PUT", item.put.is_some()),
    ];
    let names: Vec<_> = taken.into_iter().filter_map(|(name, taken)| taken.then_some(name)).collect();
    names.join(", ")
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
    // The pages of Swagger UI stand in no document, and are only read.
    let page = request.path().starts_with("/docs/") && request.method() != Method::GET;
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
