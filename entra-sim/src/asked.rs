//! A request with its parameters.

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use url::form_urlencoded;
use uuid::Uuid;

use crate::base::Base;
use crate::config::Config;
use crate::directory::Directory;
use crate::oauth_error::OAuthError;

/// The parameter and the header by which a client names its request.
const CLIENT_REQUEST_ID: &str = "client-request-id";

/// What was asked of which listener.
pub(crate) struct Asked {
    pub(crate) params: Params,
    request: HttpRequest,
    base: Data<Base>,
}

impl FromRequest for Asked {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, body) = (request.clone(), Bytes::from_request(request, payload));
        Box::pin(async move {
            let (body, base) = (body.await?, Data::extract(&request).await?);
            let params = Params::of(request.query_string(), &body);
            Ok(Self { params, request, base })
        })
    }
}

impl Asked {
    /// The base of the listener that was asked.
    pub(crate) fn base(&self) -> &str {
        &self.base.own
    }

    /// The directory that the path names.
    pub(crate) fn directory(&self, config: &Config) -> Result<Directory, OAuthError> {
        Directory::of(config, self.request.match_info().query("tenant"))
    }

    /// A header's text.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.request.headers().get(name)?.to_str().ok()
    }

    /// A cookie's text.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.request.cookie(name).map(|cookie| cookie.value().to_owned())
    }

    /// The id that the client gave its request, or a new one.
    pub(crate) fn correlation_id(&self) -> Uuid {
        let header = self.header(HeaderName::from_static(CLIENT_REQUEST_ID));
        let sent = self.params.get(CLIENT_REQUEST_ID).or(header);
        sent.and_then(|text| Uuid::try_parse(text).ok()).unwrap_or_else(Uuid::new_v4)
    }

    /// The same request once more, as a link, with a parameter of this value.
    pub(crate) fn link_with(&self, name: &str, value: &str) -> String {
        let others = self.params.0.iter().filter(|(other, _)| other != name);
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair(name, value).finish();
        format!("{}?{query}", self.request.path())
    }
}

/// The parameters of a query and a form together. One that is empty counts as not sent.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    fn of(query: &str, form: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(form));
        Self(pairs.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The last one of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// One that must be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::missing(name))
    }

    /// One that may be left out.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// One with its name, to be sent back.
    pub(crate) fn pair(&self, name: &'static str) -> Option<(&'static str, String)> {
        self.get(name).map(|value| (name, value.to_owned()))
    }
}
