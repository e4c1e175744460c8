from enum import StrEnum


class LineState(StrEnum):
    GUEST_NOT_ALLOWED = "guest-not-allowed"
    IDENTITY_CHANGED = "identity-changed"
    NO_EMAIL_CLAIM = "no-email-claim"
    NO_MAPPING = "no-mapping"
    OK = "ok"
    TENANT_NOT_LINKED = "tenant-not-linked"

    def __str__(self) -> str:
        return str(self.value)
