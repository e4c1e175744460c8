from enum import StrEnum


class TenantState(StrEnum):
    PROVEN = "proven"
    UNLINKED = "unlinked"
    UNPROVEN = "unproven"

    def __str__(self) -> str:
        return str(self.value)
