from enum import StrEnum


class IdentityPinning(StrEnum):
    ENFORCE = "enforce"
    OFF = "off"

    def __str__(self) -> str:
        return str(self.value)
