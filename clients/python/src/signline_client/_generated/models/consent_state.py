from enum import StrEnum


class ConsentState(StrEnum):
    CONFIRMED = "confirmed"
    NEVER = "never"
    REPORTED = "reported"

    def __str__(self) -> str:
        return str(self.value)
