//! What else a handler may read of a request, after the credential and the right were checked.

use actix_web::HttpRequest;
use actix_web::dev::Payload;

use crate::http::problem::Problem;

/// What a handler reads of a request once its sender is known.
pub trait Input: Sized {
    /// Reads it.
    fn read(request: &HttpRequest, payload: &mut Payload) -> impl Future<Output = Result<Self, Problem>>;
}

impl Input for () {
    async fn read(_: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        Ok(())
    }
}

impl<A: Input, B: Input> Input for (A, B) {
    async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        Ok((A::read(request, payload).await?, B::read(request, payload).await?))
    }
}
