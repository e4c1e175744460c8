from enum import StrEnum


class SessionRole(StrEnum):
    BUSINESS_GROUP_ADMIN = "business-group-admin"
    DIRECTORY = "directory"
    OPERATOR = "operator"
    RESOLVER = "resolver"
    SCIM = "scim"
    USER = "user"

    def __str__(self) -> str:
        return str(self.value)
