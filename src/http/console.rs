//! The console at `/console/`: the page of administrators, from the program itself. Its policy lets it ask nobody but
//! the service and Microsoft.
//!
//! A debug build reads the files from the folder `console/` at each call, a release build holds them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::io::Write;
use std::sync::{LazyLock, Mutex, PoisonError};

use actix_web::dev::HttpServiceFactory;
use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, Encoding, EntityTag, Header,
    IfNoneMatch, VARY,
};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, guard, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;

use crate::http::problem::Problem;
use crate::http::services::Services;

/// The files of the page.
#[derive(RustEmbed)]
#[folder = "console/"]
struct Files;

/// The page that is meant by the folder's own path.
const INDEX: &str = "index.html";

/// The page.
pub(super) fn pages(services: &Services) -> impl HttpServiceFactory + use<> {
    let headers = DefaultHeaders::new()
        .add((CONTENT_SECURITY_POLICY, services.console.policy.clone()))
        .add((CACHE_CONTROL, "no-cache"));
    web::scope("/console")
        .wrap(headers)
        .service(web::redirect("", services.public_path("/console/")))
        .service(web::resource("/config.json").guard(guard::Get()).to(config))
        .service(web::resource("/{file:.*}").guard(guard::Get()).to(file))
}

async fn config(services: Data<Services>) -> HttpResponse {
    HttpResponse::Ok().json(&services.console)
}

async fn file(path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let path = if path.is_empty() { INDEX } else { path.as_str() };
    let found = media_type(path).and_then(|media_type| Some((media_type, Files::get(path)?)));
    let (media_type, file) = found.ok_or_else(|| Problem::not_found("The console has no such file."))?;
    let hash = file.metadata.sha256_hash();
    let is_packed = takes_gzip(&request);
    let tag = entity_tag(&hash, is_packed);
    let is_same = is_known(&request, &tag);
    let mut response = if is_same { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, tag)).insert_header((VARY, "Accept-Encoding"));
    if is_same {
        return Ok(response.finish());
    }
    response.content_type(media_type);
    if !is_packed {
        return Ok(response.body(shared(file.data)));
    }
    let packed = packed(hash, &file.data).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(response.insert_header((CONTENT_ENCODING, "gzip")).body(packed))
}

/// The media type of a file that is part of the page. The folder holds others too: what its libraries are fetched by, and
/// what its types and rules are checked by.
fn media_type(path: &str) -> Option<&'static str> {
    let (stem, ending) = path.rsplit_once('.')?;
    match ending {
        "html" => Some("text/html; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "txt" => Some("text/plain; charset=utf-8"),
        "json" if stem.starts_with("text.") => Some("application/json"),
        _ => None,
    }
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let offered = [Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(request).ok();
    accepted.and_then(|accepted| accepted.negotiate(offered.iter())).is_some_and(|best| best == Encoding::gzip())
}

fn entity_tag(hash: &[u8; 32], is_packed: bool) -> EntityTag {
    let print = URL_SAFE_NO_PAD.encode(&hash[..18]);
    EntityTag::new_strong(if is_packed { format!("{print}-gzip") } else { print })
}

fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => request.headers().contains_key("if-none-match"),
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

fn shared(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    }
}

/// A file packed with gzip: once for each content.
fn packed(hash: [u8; 32], data: &[u8]) -> io::Result<Bytes> {
    static PACKED: LazyLock<Mutex<HashMap<[u8; 32], Bytes>>> = LazyLock::new(Mutex::default);
    let known = || PACKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(packed) = known().get(&hash) {
        return Ok(packed.clone());
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data)?;
    let packed = Bytes::from(encoder.finish()?);
    known().insert(hash, packed.clone());
    Ok(packed)
}
