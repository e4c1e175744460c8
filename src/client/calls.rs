//! The calls.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH};
use reqwest::{Method, RequestBuilder, Response};
use tokio::time::timeout;
use url::Url;
use uuid::Uuid;

use crate::client::answers::{ChangePage, Group, Import};
use crate::client::api_key::ApiKey;
use crate::client::error::ClientError;
use crate::client::export::Export;
use crate::client::file_kind::FileKind;
use crate::client::server_url::ServerUrl;
use crate::client::transport;
use crate::client::upload::Upload;
use crate::domain::business_group::BusinessGroupId;
use crate::domain::import::Confirmation;
use crate::domain::revision_tag::RevisionTag;

/// How long a small call may take.
const CALL_LIMIT: Duration = Duration::from_mins(1);

/// How long an upload, or the applying of one, may take.
const IMPORT_LIMIT: Duration = Duration::from_mins(30);

/// Calls a service with a key.
pub struct Client {
    url: ServerUrl,
    key: ApiKey,
    http: reqwest::Client,
}

impl Client {
    /// A client of the service at `url`.
    ///
    /// # Errors
    /// If TLS can't be had.
    pub fn new(url: ServerUrl, key: ApiKey) -> Result<Self, ClientError> {
        let http = transport::http_client(&url)?;
        Ok(Self { url, key, http })
    }

    /// Where the service is.
    #[must_use]
    pub fn url(&self) -> &ServerUrl {
        &self.url
    }

    /// Reads a business group.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn group(&self, group: &BusinessGroupId) -> Result<Group, ClientError> {
        let url = self.group_url(group, &[]);
        let answer = self.send(self.call(Method::GET, url).timeout(CALL_LIMIT)).await?;
        transport::read(&self.url, answer).await
    }

    /// Uploads a file to be kept as a preview.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn upload(&self, group: &BusinessGroupId, upload: Upload) -> Result<Import, ClientError> {
        let mut url = self.group_url(group, &["imports"]);
        url.query_pairs_mut().extend_pairs(upload.query());
        let call = self.call(Method::POST, url).timeout(IMPORT_LIMIT);
        let mut call = call.header(CONTENT_TYPE, upload.kind.media_type());
        if let Some(length) = upload.length {
            call = call.header(CONTENT_LENGTH, length);
        }
        if let Some(revision) = upload.options.if_match {
            call = call.header(IF_MATCH, RevisionTag(revision).to_string());
        }
        let answer = self.send(call.body(upload.body)).await?;
        transport::read(&self.url, answer).await
    }

    /// Reads an import.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn import(&self, group: &BusinessGroupId, id: Uuid) -> Result<Import, ClientError> {
        let url = self.group_url(group, &["imports", &id.to_string()]);
        let answer = self.send(self.call(Method::GET, url).timeout(CALL_LIMIT)).await?;
        transport::read(&self.url, answer).await
    }

    /// Reads a page of an import's changes.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn changes(
        &self,
        group: &BusinessGroupId,
        id: Uuid,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<ChangePage, ClientError> {
        let mut url = self.group_url(group, &["imports", &id.to_string(), "changes"]);
        url.query_pairs_mut().append_pair("limit", &limit.to_string());
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        let answer = self.send(self.call(Method::GET, url).timeout(CALL_LIMIT)).await?;
        transport::read(&self.url, answer).await
    }

    /// Applies an import that may do what was `confirmed`. Applying twice changes nothing more.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn apply(
        &self,
        group: &BusinessGroupId,
        id: Uuid,
        confirmed: Confirmation,
    ) -> Result<Import, ClientError> {
        let mut url = self.group_url(group, &["imports", &id.to_string(), "apply"]);
        for (name, count) in [("confirm_removals", confirmed.removed), ("confirm_changes", confirmed.reassigned)] {
            if let Some(count) = count {
                url.query_pairs_mut().append_pair(name, &count.to_string());
            }
        }
        let answer = self.send(self.call(Method::POST, url).timeout(IMPORT_LIMIT)).await?;
        transport::read(&self.url, answer).await
    }

    /// Drops an import that was not applied.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn discard(&self, group: &BusinessGroupId, id: Uuid) -> Result<(), ClientError> {
        let url = self.group_url(group, &["imports", &id.to_string()]);
        self.send(self.call(Method::DELETE, url).timeout(CALL_LIMIT)).await.map(|_| ())
    }

    /// Begins an export.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn export(&self, group: &BusinessGroupId, kind: FileKind) -> Result<Export, ClientError> {
        let call = self.call(Method::GET, self.group_url(group, &[kind.export_path()]));
        let answer = timeout(CALL_LIMIT, self.send(call)).await;
        let answer = answer.map_err(|_| ClientError::BrokenOff { reason: "it took too long".to_owned() })??;
        if !transport::has_type(&answer, kind.media_type()) {
            let what = format!("not the {} that was asked for", kind.export_path());
            return Err(ClientError::Foreign { url: self.url.clone(), what });
        }
        Export::new(self.url.clone(), answer)
    }

    fn group_url(&self, group: &BusinessGroupId, path: &[&str]) -> Url {
        self.url.call(["v1", "business-groups", group.as_str()].into_iter().chain(path.iter().copied()))
    }

    fn call(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url).header(AUTHORIZATION, self.key.header())
    }

    async fn send(&self, call: RequestBuilder) -> Result<Response, ClientError> {
        let answer = call.send().await.map_err(|error| ClientError::of_call(&self.url, &error))?;
        transport::accepted(&self.url, answer).await
    }
}
