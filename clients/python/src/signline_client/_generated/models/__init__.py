"""Contains all the data models used in inputs/outputs"""

from .actor_kind import ActorKind
from .api_key import ApiKey
from .api_key_list import ApiKeyList
from .api_key_role import ApiKeyRole
from .audit_event import AuditEvent
from .audit_event_detail import AuditEventDetail
from .audit_event_list import AuditEventList
from .audit_outcome import AuditOutcome
from .business_group import BusinessGroup
from .business_group_list import BusinessGroupList
from .change_kind import ChangeKind
from .change_source import ChangeSource
from .consent import Consent
from .consent_fault import ConsentFault
from .consent_list import ConsentList
from .consent_state import ConsentState
from .create_api_key import CreateApiKey
from .create_business_group import CreateBusinessGroup
from .created_api_key import CreatedApiKey
from .credential_kind import CredentialKind
from .field_error import FieldError
from .found_mapping import FoundMapping
from .group_mapping import GroupMapping
from .group_mapping_list import GroupMappingList
from .identity_pinning import IdentityPinning
from .import_code import ImportCode
from .import_code_description import ImportCodeDescription
from .import_form import ImportForm
from .import_mappings_mode import ImportMappingsMode
from .import_mappings_on_problem import ImportMappingsOnProblem
from .import_mode import ImportMode
from .import_problem import ImportProblem
from .import_state import ImportState
from .introspect_token_require import IntrospectTokenRequire
from .introspected_token import IntrospectedToken
from .introspection_request import IntrospectionRequest
from .last_change import LastChange
from .line_state import LineState
from .link_tenant import LinkTenant
from .linked_business_group import LinkedBusinessGroup
from .list_mappings_sign_in import ListMappingsSignIn
from .list_mappings_sort import ListMappingsSort
from .look_up_request import LookUpRequest
from .look_up_result import LookUpResult
from .mapping_change import MappingChange
from .mapping_change_list import MappingChangeList
from .mapping_import import MappingImport
from .number_range import NumberRange
from .open_api_document_response_200 import OpenApiDocumentResponse200
from .phone_mapping import PhoneMapping
from .phone_mapping_list import PhoneMappingList
from .problem import Problem
from .problem_description import ProblemDescription
from .problem_directory import ProblemDirectory
from .problem_member import ProblemMember
from .problem_slug import ProblemSlug
from .problem_summary import ProblemSummary
from .problem_type import ProblemType
from .put_mapping import PutMapping
from .refused_sign_in import RefusedSignIn
from .resolved_line import ResolvedLine
from .restored_revision import RestoredRevision
from .revision import Revision
from .revision_list import RevisionList
from .session import Session
from .session_role import SessionRole
from .sign_in_check import SignInCheck
from .sign_in_outcome import SignInOutcome
from .similar_mapping import SimilarMapping
from .taken_import import TakenImport
from .tenant_state import TenantState
from .update_business_group import UpdateBusinessGroup

__all__ = (
    "ActorKind",
    "ApiKey",
    "ApiKeyList",
    "ApiKeyRole",
    "AuditEvent",
    "AuditEventDetail",
    "AuditEventList",
    "AuditOutcome",
    "BusinessGroup",
    "BusinessGroupList",
    "ChangeKind",
    "ChangeSource",
    "Consent",
    "ConsentFault",
    "ConsentList",
    "ConsentState",
    "CreateApiKey",
    "CreateBusinessGroup",
    "CreatedApiKey",
    "CredentialKind",
    "FieldError",
    "FoundMapping",
    "GroupMapping",
    "GroupMappingList",
    "IdentityPinning",
    "ImportCode",
    "ImportCodeDescription",
    "ImportForm",
    "ImportMappingsMode",
    "ImportMappingsOnProblem",
    "ImportMode",
    "ImportProblem",
    "ImportState",
    "IntrospectTokenRequire",
    "IntrospectedToken",
    "IntrospectionRequest",
    "LastChange",
    "LineState",
    "LinkTenant",
    "LinkedBusinessGroup",
    "ListMappingsSignIn",
    "ListMappingsSort",
    "LookUpRequest",
    "LookUpResult",
    "MappingChange",
    "MappingChangeList",
    "MappingImport",
    "NumberRange",
    "OpenApiDocumentResponse200",
    "PhoneMapping",
    "PhoneMappingList",
    "Problem",
    "ProblemDescription",
    "ProblemDirectory",
    "ProblemMember",
    "ProblemSlug",
    "ProblemSummary",
    "ProblemType",
    "PutMapping",
    "RefusedSignIn",
    "ResolvedLine",
    "RestoredRevision",
    "Revision",
    "RevisionList",
    "Session",
    "SessionRole",
    "SignInCheck",
    "SignInOutcome",
    "SimilarMapping",
    "TakenImport",
    "TenantState",
    "UpdateBusinessGroup",
)
