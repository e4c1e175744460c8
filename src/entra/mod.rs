//! Adapter to the identity provider: fetches signing keys from Microsoft Entra.
