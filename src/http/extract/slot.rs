//! The places for imports, exports and look-ups, taken before anything is read.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::Payload;

use crate::domain::business_group::BusinessGroupId;
use crate::http::call_record::CallRecord;
use crate::http::extract::Input;
use crate::http::limits::{GroupSlots, Slot};
use crate::http::problem::Problem;
use crate::http::services::Services;

/// The leave to import into the business group in the path.
pub struct ImportSlot {
    _slot: Slot<BusinessGroupId>,
}

/// The leave to export the business group in the path. It belongs to the answer, until that is sent or given up.
pub struct ExportSlot {
    _slot: Slot<BusinessGroupId>,
}

/// The leave to look people up.
pub struct LookUpSlot {
    _slot: Slot<String>,
}

impl Input for ImportSlot {
    /// Nothing of the body is read if there is no room.
    async fn read(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        let services = Services::of(request)?;
        take(&services.import_slots, request, services).map(|slot| Self { _slot: slot })
    }
}

impl Input for ExportSlot {
    /// The store is not asked if there is no room.
    async fn read(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        let services = Services::of(request)?;
        take(&services.export_slots, request, services).map(|slot| Self { _slot: slot })
    }
}

impl Input for LookUpSlot {
    /// Nothing of the body is read if there is no room.
    async fn read(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        let services = Services::of(request)?;
        let owner = CallRecord::share_owner(request).ok_or_else(|| Problem::internal("nobody makes the call"))?;
        let slots = &services.look_up_slots;
        let slot = slots.take(owner).inspect_err(|_| services.metrics.count_refusal(slots.label()))?;
        Ok(Self { _slot: slot })
    }
}

/// Leave for one more call about the business group in the path.
fn take(slots: &Arc<GroupSlots>, request: &HttpRequest, services: &Services) -> Result<Slot<BusinessGroupId>, Problem> {
    let group = BusinessGroupId::parse(request.match_info().query("id"));
    let group = group.map_err(|_| Problem::not_found("There is no such business group."))?;
    slots.take(group).inspect_err(|_| services.metrics.count_refusal(slots.label()))
}
