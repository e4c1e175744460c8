from enum import StrEnum


class IntrospectTokenRequire(StrEnum):
    LINE = "line"

    def __str__(self) -> str:
        return str(self.value)
