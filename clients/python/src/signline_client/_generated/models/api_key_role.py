from enum import StrEnum


class ApiKeyRole(StrEnum):
    BUSINESS_GROUP_ADMIN = "business-group-admin"
    DIRECTORY = "directory"
    OPERATOR = "operator"
    RESOLVER = "resolver"
    SCIM = "scim"

    def __str__(self) -> str:
        return str(self.value)
