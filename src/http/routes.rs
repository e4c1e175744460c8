//! The one list of calls: it is what is served, and what the OpenAPI document holds.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::route_policy::RoutePolicy;
use crate::http::v1::{
    api_keys, audit_events, business_groups, consents, find_mappings, forward_auth, imports, introspect, look_up,
    mappings, mappings_files, me, revisions, session, sign_in_check, uploads,
};
use crate::http::{docs, health, problem_pages};

/// The paths whose calls the middleware does not treat as all others.
pub(super) const POLICIES: &[RoutePolicy] = &[me::POLICY, forward_auth::POLICY];

/// Registers all calls.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(me::ResolveLine)
        .service(forward_auth::ForwardAuth)
        .service(forward_auth::ForwardAuthBelow)
        .service(introspect::introspect)
        .service(session::get_session)
        .service(business_groups::create_business_group)
        .service(business_groups::list_business_groups)
        .service(business_groups::get_business_group)
        .service(business_groups::update_business_group)
        .service(business_groups::delete_business_group)
        .service(business_groups::link_tenant)
        .service(business_groups::unlink_tenant)
        .service(mappings::list_mappings)
        .service(mappings::get_mapping)
        .service(mappings::put_mapping)
        .service(mappings::delete_mapping)
        .service(mappings::release_pin)
        .service(sign_in_check::check_sign_in)
        .service(look_up::look_up)
        .service(find_mappings::find_mappings)
        .service(mappings_files::export_mappings)
        .service(mappings_files::export_workbook)
        .service(mappings_files::get_mappings_template)
        .service(uploads::import_mappings)
        .service(imports::get_import)
        .service(imports::list_import_changes)
        .service(imports::apply_import)
        .service(imports::drop_import)
        .service(revisions::list_revisions)
        .service(revisions::list_revision_changes)
        .service(revisions::restore_revision)
        .service(consents::list_consents)
        .service(consents::report_consent)
        .service(api_keys::create_api_key)
        .service(api_keys::list_api_keys)
        .service(api_keys::revoke_api_key)
        .service(audit_events::list_audit_events)
        .service(health::live)
        .service(health::ready)
        .service(health::metrics)
        .service(docs::openapi_json)
        .service(problem_pages::list_problems)
        .service(problem_pages::get_problem);
}
