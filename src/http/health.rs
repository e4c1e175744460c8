//! What operators' machines ask: is it alive, is it ready, how does it do.

use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::rt::task::spawn_blocking;
use actix_web::rt::time::timeout;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use tracing::warn;

use crate::auth::KeysStatus;
use crate::http::metrics::State;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::services::Services;
use crate::ports::temporary_folder;

/// The media type of what is told to operators' machines.
const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

/// How long a temporary file may take to be written.
const FILES_LIMIT: Duration = Duration::from_secs(1);

/// How long the store may take to answer before it counts as not ready.
const STORE_LIMIT: Duration = Duration::from_secs(2);

/// Whether the process runs
///
/// Nothing is looked at: whoever gets an answer knows that the process answers.
#[utoipa::path(
    operation_id = "live",
    tag = "operations",
    security(()),
    responses((status = 200, body = String, content_type = "text/plain", description = "The process runs", example = json!("ok\n")))
)]
#[get("/livez")]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Whether the service can answer
///
/// One line a part. Microsoft is never asked by this call: it tells of the signing keys that are there. Temporary
/// files, which only uploads and exports need, are told of and cost no readiness.
#[utoipa::path(
    operation_id = "ready",
    tag = "operations",
    security(()),
    responses(
        (
            status = 200,
            body = String,
            content_type = "text/plain",
            description = "All parts are ready",
            example = json!("store: ok\nkeys: ok, 2 fetched 7 s ago\ntemporary files: ok\n")
        ),
        (
            status = 503,
            body = String,
            content_type = "text/plain",
            description = "A part is not ready, or the service is about to stop",
            example = json!("store: the database does not answer\nkeys: ok, 2 fetched 7 s ago\ntemporary files: ok\n")
        )
    )
)]
#[get("/readyz")]
pub(crate) async fn ready(services: Data<Services>) -> Result<HttpResponse, Problem> {
    let parts = [
        store_line(&services).await,
        keys_line(&services.signing_keys.status()),
        files_line().await,
        stop_line(&services),
    ];
    let ready = parts.iter().all(|(ready, _)| *ready);
    let text: String = parts.iter().map(|(_, line)| line.as_str()).collect();
    if !ready {
        return Err(Problem::new(ProblemKind::Unavailable, "A part is not ready.").with_body(PLAIN_TEXT, text));
    }
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type(PLAIN_TEXT).body(text))
}

async fn store_line(services: &Services) -> (bool, String) {
    match timeout(STORE_LIMIT, services.store_health.ping()).await {
        Ok(Ok(())) => (true, "store: ok\n".to_owned()),
        Ok(Err(error)) => {
            warn!(%error, "the store is not ready");
            (false, "store: the database does not answer\n".to_owned())
        }
        Err(_) => (false, "store: the database takes too long to answer\n".to_owned()),
    }
}

/// The service is ready with keys that may still be used, however the last fetch went; without any it can check no
/// token.
fn keys_line(status: &KeysStatus) -> (bool, String) {
    let fault = status.last_error.as_deref().filter(|_| status.consecutive_failures > 0);
    let line = match (status.age.map(|age| age.as_secs()), fault) {
        (None, None) => "none yet".to_owned(),
        (None, Some(fault)) => format!("none yet: {fault}"),
        (Some(seconds), None) if status.key_count == 0 => format!("none: those fetched {seconds} s ago are too old"),
        (Some(seconds), None) => format!("ok, {} fetched {seconds} s ago", status.key_count),
        (Some(seconds), Some(fault)) if status.key_count == 0 => {
            format!("none: those fetched {seconds} s ago are too old; the last fetch failed: {fault}")
        }
        (Some(seconds), Some(fault)) => {
            format!("{} kept from {seconds} s ago; the last fetch failed: {fault}", status.key_count)
        }
    };
    (status.key_count > 0, format!("keys: {line}\n"))
}

/// Temporary files are for administrators' uploads and exports. Without them people sign in as ever, so the service is
/// ready: to take every replica out for this would cut them off.
async fn files_line() -> (bool, String) {
    let line = match timeout(FILES_LIMIT, spawn_blocking(temporary_folder::check)).await {
        Ok(Ok(Ok(()))) => "ok".to_owned(),
        Ok(Ok(Err(error))) => {
            warn!(error = %error, "no temporary file can be written");
            error.to_string()
        }
        Ok(Err(_)) | Err(_) => "the folder for them takes too long to answer".to_owned(),
    };
    (true, format!("temporary files: {line}\n"))
}

fn stop_line(services: &Services) -> (bool, String) {
    if services.drain.is_draining() { (false, "service: about to stop\n".to_owned()) } else { (true, String::new()) }
}

/// Metrics
///
/// In the Prometheus text format.
#[utoipa::path(
    operation_id = "metrics",
    tag = "operations",
    security(()),
    responses((
        status = 200,
        body = String,
        content_type = "text/plain",
        description = "The metrics of this replica",
        example = json!("# HELP signline_signing_keys Signing keys in use.\n# TYPE signline_signing_keys gauge\nsignline_signing_keys 2\n")
    ))
)]
#[get("/metrics")]
pub(crate) async fn metrics(services: Data<Services>) -> Result<HttpResponse, Problem> {
    let state = State {
        keys: services.signing_keys.status(),
        tokens: services.tokens.status(),
        lines: services.resolver.lines_status(),
    };
    let text = services.metrics.render(&state).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_ready_as_long_as_there_are_keys_that_may_be_used() {
        let status = |key_count, age: Option<u64>, fault: Option<&str>| KeysStatus {
            key_count,
            age: age.map(Duration::from_secs),
            fetches_ok: u64::from(age.is_some()),
            fetches_failed: u64::from(fault.is_some()),
            consecutive_failures: u32::from(fault.is_some()),
            last_error: fault.map(str::to_owned),
        };
        for (status, expected) in [
            (status(0, None, None), (false, "keys: none yet\n")),
            (status(0, None, Some("no route")), (false, "keys: none yet: no route\n")),
            (status(2, Some(7), None), (true, "keys: ok, 2 fetched 7 s ago\n")),
            (
                status(2, Some(7200), Some("no route")),
                (true, "keys: 2 kept from 7200 s ago; the last fetch failed: no route\n"),
            ),
            (
                status(0, Some(90_000), Some("no route")),
                (false, "keys: none: those fetched 90000 s ago are too old; the last fetch failed: no route\n"),
            ),
        ] {
            assert_eq!(keys_line(&status), (expected.0, expected.1.to_owned()));
        }
    }
}
