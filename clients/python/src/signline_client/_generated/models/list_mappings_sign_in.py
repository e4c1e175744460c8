from enum import StrEnum


class ListMappingsSignIn(StrEnum):
    NEVER = "never"
    SEEN = "seen"

    def __str__(self) -> str:
        return str(self.value)
