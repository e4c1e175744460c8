from enum import StrEnum


class ActorKind(StrEnum):
    ANOTHER_BUSINESS_GROUP = "another-business-group"
    API_KEY = "api-key"
    COMMAND_LINE = "command-line"
    MICROSOFT = "microsoft"
    PERSON = "person"

    def __str__(self) -> str:
        return str(self.value)
