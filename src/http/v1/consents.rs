//! Admin consent: the links, what is known of them, and the way back from Microsoft.

use std::borrow::Cow;

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, web};
use jiff::Timestamp;
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::consent::{ApplicationConsent, Outcome, Reply, Return};
use crate::domain::consent::PastFault;
use crate::http::call_record::CallRecord;
use crate::http::extract::{Authorized, GroupAdmin};
use crate::http::problem::Problem;
use crate::http::responses::CommonProblems;
use crate::http::services::Services;
use crate::http::v1::paging::{ListDocument, Listed, Page};
use crate::http::v1::paths::GroupPath;

/// How it stands with an application's consent in the group's tenant.
#[derive(Serialize, ToSchema)]
pub struct Consent {
    /// The application's name.
    #[schema(example = "portal")]
    application: String,
    /// Its client id.
    #[schema(example = "0c11e470-1111-4222-8333-444455557777")]
    client_id: String,
    /// How far it is.
    state: ConsentState,
    /// What an administrator of the tenant opens to grant the application access for the whole company. It is another
    /// one each time, and good for one return. Null without a tenant, or where `SIGNLINE_PUBLIC_URL` is not set.
    link: Option<String>,
    /// Until when a return from the link is taken.
    #[schema(value_type = Option<String>, format = DateTime)]
    link_expires_at: Option<Timestamp>,
    /// When a return from Microsoft last said that there is consent.
    #[schema(value_type = Option<String>, format = DateTime)]
    reported_at: Option<Timestamp>,
    /// When somebody of the tenant first signed in to the application.
    #[schema(value_type = Option<String>, format = DateTime)]
    confirmed_at: Option<Timestamp>,
    /// What the last return from Microsoft said, if it was an error.
    #[schema(required)]
    error: Option<ConsentFault>,
}

/// How far an application's consent is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConsentState {
    /// Nothing is known of it.
    Never,
    /// A return from Microsoft said so, which proves nothing.
    Reported,
    /// Somebody of the tenant has signed in to the application.
    Confirmed,
}

/// Why there was no consent.
#[derive(Serialize, ToSchema)]
pub struct ConsentFault {
    /// Microsoft's error, or `other_tenant` (consent was given in another tenant) or `unclear_answer`.
    #[schema(example = "access_denied")]
    code: String,
    /// Microsoft's number of it.
    #[schema(example = "AADSTS65004")]
    aadsts: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// All applications.
pub type ConsentList = Page<Consent>;

impl Listed for Consent {
    const LIST: ListDocument = ListDocument {
        name: "ConsentList",
        description: "All applications.",
        items: "One item for each application, in the order of `SIGNLINE_APPLICATIONS`.",
        next_cursor: "Null: there is one page.",
    };
}

impl From<ApplicationConsent> for Consent {
    fn from(ApplicationConsent { application, consent, link }: ApplicationConsent) -> Self {
        let state = match (consent.confirmed_at, consent.reported_at) {
            (Some(_), _) => ConsentState::Confirmed,
            (None, Some(_)) => ConsentState::Reported,
            (None, None) => ConsentState::Never,
        };
        let (link, link_expires_at) = link.map(|link| (link.url, link.expires_at)).unzip();
        Self {
            application: application.to_string(),
            client_id: consent.client_id.to_string(),
            state,
            link,
            link_expires_at,
            reported_at: consent.reported_at,
            confirmed_at: consent.confirmed_at,
            error: consent.error.map(ConsentFault::from),
        }
    }
}

impl From<PastFault> for ConsentFault {
    fn from(PastFault { fault, at }: PastFault) -> Self {
        Self { code: fault.code, aadsts: fault.aadsts, at }
    }
}

/// List consents
///
/// For each application: the link by which an administrator of the group's tenant grants it access for the whole
/// company, and how far that is.
#[utoipa::path(
    operation_id = "listConsents",
    tag = "consent",
    params(GroupPath),
    responses((status = 200, body = ConsentList, description = "All applications"), CommonProblems)
)]
#[get("/v1/business-groups/{id}/consent")]
pub(crate) async fn list_consents(
    call: Authorized<GroupAdmin>,
    services: Data<Services>,
) -> Result<web::Json<ConsentList>, Problem> {
    let consents = services.consents.list(&call.group).await?;
    Ok(web::Json(Page::of_all(consents.into_iter().map(Consent::from))))
}

/// Where the console tells how a return has ended.
const CONSENTED_PAGE: &str = "/console/#/consented";

/// Come back from Microsoft
///
/// Where a browser lands after a consent link. What it brings proves nothing: with the state of a link that was made
/// here it counts as a report, once. It leads on to the console, which tells how it ended.
#[utoipa::path(
    operation_id = "reportConsent",
    tag = "consent",
    security(()),
    params(
        ("state" = Option<String>, Query, description = "What the link was made for"),
        ("admin_consent" = Option<String>, Query, description = "`True` if there is consent"),
        ("tenant" = Option<String>, Query, description = "The tenant that gave it"),
        ("error" = Option<String>, Query, description = "Why there is none; counts before `admin_consent`"),
        ("error_description" = Option<String>, Query, description = "Begins with Microsoft's number of the error")
    ),
    responses(
        (status = 303, description = "Leads on to `/console/#/consented?application=NAME&outcome=OUTCOME`, with `&code=AADSTS…` \
            if Microsoft told a number. OUTCOME is `reported`, `declined`, `not-administrator`, `failed`, `state-invalid`, \
            `state-expired`, `state-used`, `tenant-changed` or `other-tenant`",
            headers(("Location" = String, description = "A path of this service"))),
        (status = 405, description = "`method-not-allowed`, also for HEAD: it would use the state up"),
        (status = 503, description = "`unavailable`: the state is still good")
    )
)]
#[get("/v1/consent/callback")]
pub(crate) async fn report_consent(request: HttpRequest, services: Data<Services>) -> Result<HttpResponse, Problem> {
    if CallRecord::is_head(&request) {
        return Err(Problem::method_not_allowed("GET"));
    }
    let request_id = CallRecord::request_id(&request);
    let parameters = Parameters::read(request.query_string());
    let returned = match &parameters {
        Some(parameters) => services.consents.take(&parameters.reply(), Some(request_id)).await,
        // Of two readings neither is believed.
        None => Ok(Return { application: None, outcome: Outcome::StateInvalid, aadsts: None }),
    };
    let returned = returned.map_err(Problem::unavailable)?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, services.public_path(&page(&returned)))).finish())
}

/// The parameters that are looked at. Others come too, such as `scope`.
const LOOKED_AT: [&str; 5] = ["state", "error", "error_description", "admin_consent", "tenant"];

/// Their values, in that order.
#[derive(Default)]
struct Parameters<'q>([Option<Cow<'q, str>>; LOOKED_AT.len()]);

impl<'q> Parameters<'q> {
    /// Reads a query; `None` if one of them stands there twice.
    fn read(query: &'q str) -> Option<Self> {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some(at) = LOOKED_AT.iter().position(|known| *known == name) else { continue };
            if parameters.0[at].replace(value).is_some() {
                return None;
            }
        }
        Some(parameters)
    }

    fn reply(&self) -> Reply<'_> {
        let [state, error, error_description, admin_consent, tenant] = self.0.each_ref().map(Option::as_deref);
        Reply { state, error, error_description, admin_consent, tenant }
    }
}

/// The page that tells of a return. All of it is ours: names of applications are letters, digits and hyphens, and a
/// number of Microsoft's is digits.
fn page(returned: &Return) -> String {
    let application = returned.application.as_ref().map(|name| format!("application={name}&")).unwrap_or_default();
    let code = returned.aadsts.as_ref().map(|code| format!("&code={code}")).unwrap_or_default();
    format!("{CONSENTED_PAGE}?{application}outcome={}{code}", returned.outcome.as_str())
}
