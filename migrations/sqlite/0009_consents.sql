-- Consents: what came back from Microsoft, which tenants have signed in to which application, and what holds a return to
-- the link that it came from.

-- What the states of consent links are signed with, the same on every replica.
CREATE TABLE consent_keys (
    -- There is one.
    key_id INTEGER PRIMARY KEY CHECK (key_id = 1),
    secret BLOB NOT NULL CHECK (length(secret) = 32)
) STRICT;

-- States that have come back, until they are no good any more anyway.
CREATE TABLE used_consent_states (
    nonce BLOB PRIMARY KEY NOT NULL CHECK (length(nonce) = 16),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_consent_states_by_expiry ON used_consent_states (expires_at);

-- The last return for each application of a group. It counts as long as the group is linked to this tenant.
CREATE TABLE consent_reports (
    group_key INTEGER NOT NULL REFERENCES business_groups ON DELETE CASCADE,
    client_id TEXT NOT NULL CHECK (length(client_id) = 36),
    tenant_id TEXT NOT NULL CHECK (length(tenant_id) = 36),
    -- The last return that said that there is consent.
    reported_at INTEGER,
    -- Of the last return, if it was an error.
    error_code TEXT,
    error_aadsts TEXT,
    error_at INTEGER,
    PRIMARY KEY (group_key, client_id),
    CHECK ((error_code IS NULL) = (error_at IS NULL)),
    CHECK (error_aadsts IS NULL OR error_code IS NOT NULL),
    CHECK (reported_at IS NOT NULL OR error_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- When the first good token of a tenant came for an application: consent that is there, whoever gave it.
CREATE TABLE first_sign_ins (
    tenant_id TEXT NOT NULL CHECK (length(tenant_id) = 36),
    client_id TEXT NOT NULL CHECK (length(client_id) = 36),
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, client_id)
) STRICT, WITHOUT ROWID;
