from enum import StrEnum


class SignInOutcome(StrEnum):
    IDENTITY_CHANGED = "identity-changed"
    NO_MAPPING = "no-mapping"
    RESOLVES = "resolves"
    TENANT_NOT_LINKED = "tenant-not-linked"

    def __str__(self) -> str:
        return str(self.value)
