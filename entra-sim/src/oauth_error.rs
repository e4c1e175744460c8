//! Errors as Entra names them. How they are told is in [`crate::error_answers`].

use std::borrow::Cow;

/// An error with its OAuth code and its AADSTS number.
#[derive(Clone, Debug)]
pub(crate) struct OAuthError {
    pub(crate) error: &'static str,
    pub(crate) number: u32,
    pub(crate) text: Cow<'static, str>,
}

impl OAuthError {
    pub(crate) const fn new(error: &'static str, number: u32, text: &'static str) -> Self {
        Self { error, number, text: Cow::Borrowed(text) }
    }

    /// A parameter is missing.
    pub(crate) fn missing(parameter: &str) -> Self {
        let text = format!("The required field '{parameter}' is missing from the request.");
        Self { error: "invalid_request", number: 90014, text: Cow::Owned(text) }
    }

    /// Nobody knows the application.
    pub(crate) fn unknown_application() -> Self {
        Self::new("unauthorized_client", 700_016, "The application was not found in the directory.")
    }
}
