use actix_web::HttpRequest;
use actix_web::dev::Payload;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::http::extract::Input;
use crate::http::problem::Problem;
use crate::http::problem::ProblemKind;

/// The query. Its type denies unknown parameters: a mistyped one must not go unheard.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> Input for Query<T> {
    async fn read(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        let pairs = form_urlencoded::parse(request.query_string().as_bytes());
        let read = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
        read.map(Self).map_err(|error| {
            let (parameter, why) = (error.path().to_string(), error.inner());
            let parameter = if parameter == "." { String::new() } else { format!("{parameter}: ") };
            Problem::new(ProblemKind::MalformedRequest, format!("The query can't be read: {parameter}{why}."))
        })
    }
}
