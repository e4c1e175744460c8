from enum import StrEnum


class ImportState(StrEnum):
    APPLIED = "applied"
    READY = "ready"

    def __str__(self) -> str:
        return str(self.value)
