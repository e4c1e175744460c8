//! Adapters to the databases.
