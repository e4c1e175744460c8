from enum import StrEnum


class ImportCode(StrEnum):
    DUPLICATE_EMAIL = "duplicate_email"
    DUPLICATE_PHONE_NUMBER = "duplicate_phone_number"
    EMAIL_TAKEN = "email_taken"
    FORMULA = "formula"
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    INVALID_EMAIL = "invalid_email"
    INVALID_ENCODING = "invalid_encoding"
    INVALID_PHONE_NUMBER = "invalid_phone_number"
    MALFORMED_CSV = "malformed_csv"
    MISSING_COLUMN = "missing_column"
    MISSING_EMAIL = "missing_email"
    MISSING_PHONE_NUMBER = "missing_phone_number"
    NO_ROWS = "no_rows"
    NUMBER_NOT_ASSIGNED = "number_not_assigned"
    SCIENTIFIC_NOTATION = "scientific_notation"
    UNKNOWN_COLUMN = "unknown_column"

    def __str__(self) -> str:
        return str(self.value)
