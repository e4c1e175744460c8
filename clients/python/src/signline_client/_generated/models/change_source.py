from enum import StrEnum


class ChangeSource(StrEnum):
    API = "api"
    IMPORT = "import"
    RESTORE = "restore"
    SCIM = "scim"

    def __str__(self) -> str:
        return str(self.value)
