use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::web;
use serde::de::DeserializeOwned;

use crate::http::extract::Input;
use crate::http::problem::Problem;
use crate::http::problem::ProblemKind;

/// The query. Its type denies unknown parameters: a mistyped one must not go unheard.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> Input for Query<T> {
    async fn read(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        let read = web::Query::<T>::from_query(request.query_string());
        read.map(|query| Self(query.into_inner())).map_err(|error| {
            let detail = format!("The query can't be read: {error}.");
            Problem::new(ProblemKind::MalformedRequest, detail)
        })
    }
}
