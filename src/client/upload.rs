//! A file to be uploaded.

use std::io;

use bytes::Bytes;
use futures_util::Stream;
use reqwest::Body;
use serde::Deserialize;

use crate::client::file_kind::FileKind;
use crate::domain::import::ImportMode;

/// What happens to mappings that are not in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// They are removed: the mappings become equal to the file.
    Replace,
    /// They stay.
    Merge,
}

/// What is done if a row has a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum OnProblem {
    /// Nothing is changed.
    Reject,
    /// The good rows go in; only for a merge.
    Skip,
}

/// How a file is to be imported.
#[derive(Clone, Copy, Debug)]
pub struct UploadOptions {
    /// What happens to other mappings.
    pub mode: Mode,
    /// What happens to bad rows.
    pub on_problem: OnProblem,
    /// Only if the mappings are still of this revision.
    pub if_match: Option<i64>,
}

/// A file on its way.
pub struct Upload {
    pub(super) options: UploadOptions,
    pub(super) kind: FileKind,
    pub(super) length: Option<u64>,
    pub(super) body: Body,
}

impl Upload {
    /// An upload of what comes from `file`, whose length in bytes may be known before.
    pub fn new<S>(options: UploadOptions, kind: FileKind, length: Option<u64>, file: S) -> Self
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        Self { options, kind, length, body: Body::wrap_stream(file) }
    }

    pub(super) fn query(&self) -> [(&'static str, &'static str); 2] {
        let mode = match self.options.mode {
            Mode::Replace => "replace",
            Mode::Merge => "merge",
        };
        let on_problem = match self.options.on_problem {
            OnProblem::Reject => "reject",
            OnProblem::Skip => "skip",
        };
        [("mode", mode), ("on_problem", on_problem)]
    }
}

impl From<Mode> for ImportMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Replace => Self::Replace,
            Mode::Merge => Self::Merge,
        }
    }
}
