from enum import StrEnum


class ListMappingsSort(StrEnum):
    EMAIL = "email"
    PHONE_NUMBER = "phone_number"
    UPDATED_AT = "updated_at"

    def __str__(self) -> str:
        return str(self.value)
