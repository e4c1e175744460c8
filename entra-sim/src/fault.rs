//! Faults on demand: what an endpoint does instead of answering as it should.

use serde::Deserialize;

/// An endpoint that can be told to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The discovery documents.
    Discovery,
    /// The key sets.
    Keys,
    /// The token endpoint.
    Token,
}

/// How it fails.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It answers with this status and no body.
    Status(u16),
    /// It answers well, so many milliseconds late.
    DelayMs(u64),
    /// It breaks the connection off in the middle of the answer.
    BreakOff,
    /// It answers with something that is no JSON.
    Garbage,
    /// It answers with more than a megabyte.
    Oversized,
    /// It redirects to this URL.
    RedirectTo(String),
    /// The discovery document names keys under this base.
    ForeignJwksHost(String),
    /// It answers with this body.
    Body(String),
}

/// How often was asked, answered well or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetches {
    /// For discovery documents.
    pub discovery: u64,
    /// For key sets.
    pub keys: u64,
}
