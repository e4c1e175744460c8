//! Lets `?` give what the database says, and a row that can't be read, as the refusal of each port.

use crate::ports::api_key_store::ApiKeyRefusal;
use crate::ports::business_group_store::BusinessGroupRefusal;
use crate::ports::history_store::HistoryRefusal;
use crate::ports::import_store::{ImportRefusal, KeptImportRefusal};
use crate::ports::mapping_store::MappingRefusal;
use crate::store::error::UnreadableRow;

impl From<sqlx::Error> for ApiKeyRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<UnreadableRow> for ApiKeyRefusal {
    fn from(error: UnreadableRow) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for BusinessGroupRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<UnreadableRow> for BusinessGroupRefusal {
    fn from(error: UnreadableRow) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for HistoryRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<UnreadableRow> for HistoryRefusal {
    fn from(error: UnreadableRow) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for ImportRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<UnreadableRow> for ImportRefusal {
    fn from(error: UnreadableRow) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for KeptImportRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<UnreadableRow> for KeptImportRefusal {
    fn from(error: UnreadableRow) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for MappingRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<UnreadableRow> for MappingRefusal {
    fn from(error: UnreadableRow) -> Self {
        Self::Store(error.into())
    }
}
