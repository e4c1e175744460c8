//! Queries, and what is wrong with one.

use std::fmt::Display;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::http::extract::Input;
use crate::http::problem::{Problem, ProblemKind};

/// The query. Its type denies unknown parameters: a mistyped one must not go unheard.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> Input for Query<T> {
    async fn read(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        read_query(request.query_string()).map(Self)
    }
}

/// Reads a query, or a part of one.
///
/// # Errors
/// 400 for a parameter that is not known, stands there twice, or can't be read.
pub(in crate::http) fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let read = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
    read.map_err(|error| malformed_query(&error.path().to_string(), error.inner()))
}

/// 400 for a query with a wrong parameter; `.` for none.
pub(in crate::http) fn malformed_query(parameter: &str, why: impl Display) -> Problem {
    let parameter = if parameter == "." { String::new() } else { format!("{parameter}: ") };
    Problem::new(ProblemKind::MalformedRequest, format!("The query can't be read: {parameter}{why}."))
}
