"""Every call of the API, under the name that it has in the document.

Each has `sync` for what it answers, `sync_detailed` for status and headers besides, and `asyncio` and `asyncio_detailed`.
Written by scripts/clients.
"""

from ._generated.api.api_keys import create_api_key as create_api_key
from ._generated.api.api_keys import list_api_keys as list_api_keys
from ._generated.api.api_keys import revoke_api_key as revoke_api_key
from ._generated.api.audit_log import list_audit_events as list_audit_events
from ._generated.api.business_groups import create_business_group as create_business_group
from ._generated.api.business_groups import delete_business_group as delete_business_group
from ._generated.api.business_groups import get_business_group as get_business_group
from ._generated.api.business_groups import link_tenant as link_tenant
from ._generated.api.business_groups import list_business_groups as list_business_groups
from ._generated.api.business_groups import unlink_tenant as unlink_tenant
from ._generated.api.business_groups import update_business_group as update_business_group
from ._generated.api.consent import list_consents as list_consents
from ._generated.api.consent import report_consent as report_consent
from ._generated.api.history import list_revision_changes as list_revision_changes
from ._generated.api.history import list_revisions as list_revisions
from ._generated.api.history import restore_revision as restore_revision
from ._generated.api.imports_and_exports import apply_import as apply_import
from ._generated.api.imports_and_exports import drop_import as drop_import
from ._generated.api.imports_and_exports import export_mappings as export_mappings
from ._generated.api.imports_and_exports import export_workbook as export_workbook
from ._generated.api.imports_and_exports import get_import as get_import
from ._generated.api.imports_and_exports import get_mappings_template as get_mappings_template
from ._generated.api.imports_and_exports import import_mappings as import_mappings
from ._generated.api.imports_and_exports import list_import_changes as list_import_changes
from ._generated.api.mappings import check_sign_in as check_sign_in
from ._generated.api.mappings import delete_mapping as delete_mapping
from ._generated.api.mappings import find_mappings as find_mappings
from ._generated.api.mappings import get_mapping as get_mapping
from ._generated.api.mappings import list_mappings as list_mappings
from ._generated.api.mappings import look_up as look_up
from ._generated.api.mappings import put_mapping as put_mapping
from ._generated.api.mappings import release_pin as release_pin
from ._generated.api.operations import live as live
from ._generated.api.operations import metrics as metrics
from ._generated.api.operations import open_api_document as open_api_document
from ._generated.api.operations import ready as ready
from ._generated.api.problems import get_problem as get_problem
from ._generated.api.problems import list_problems as list_problems
from ._generated.api.resolving import forward_auth as forward_auth
from ._generated.api.resolving import forward_auth_below as forward_auth_below
from ._generated.api.resolving import introspect_token as introspect_token
from ._generated.api.resolving import resolve_line as resolve_line
from ._generated.api.session import get_session as get_session
