//! A Microsoft Entra simulator for development and tests.
