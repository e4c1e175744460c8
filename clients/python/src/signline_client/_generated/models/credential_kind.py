from enum import StrEnum


class CredentialKind(StrEnum):
    API_KEY = "api-key"
    ENTRA = "entra"

    def __str__(self) -> str:
        return str(self.value)
