//! The phone number in a path.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use serde::Deserialize;

use crate::domain::phone_number::PhoneNumber;
use crate::http::extract::Input;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::services::Services;

/// The phone number in the path, as people write it: `+17635551111`, `%2B17635551111` or `7635551111`.
pub struct PhoneNumberInPath(pub PhoneNumber);

impl Input for PhoneNumberInPath {
    async fn read(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        let plan = Services::of(request)?.plan;
        let text = path_text(request)?;
        plan.parse(&text).map(Self).map_err(|error| Problem::invalid_field("phone_number", error))
    }
}

/// The part of the path that is a number.
#[derive(Deserialize)]
struct PathParts {
    phone_number: String,
}

/// The part of the path, with `%2B` read as `+`.
fn path_text(request: &HttpRequest) -> Result<String, Problem> {
    let parts: PathParts = request
        .match_info()
        .load()
        .map_err(|_| Problem::new(ProblemKind::MalformedRequest, "The path can't be read."))?;
    Ok(parts.phone_number)
}
