-- A new role, `directory`; and a resolver can be of one business group. SQLite changes no constraint of a table that is there.
CREATE TABLE new_api_keys (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('operator', 'business-group-admin', 'resolver', 'directory', 'scim')),
    group_key INTEGER REFERENCES business_groups ON DELETE CASCADE,
    prefix TEXT NOT NULL,
    secret_hash BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    CHECK (role IN ('resolver', 'directory') OR (role IN ('business-group-admin', 'scim')) = (group_key IS NOT NULL))
) STRICT;

INSERT INTO new_api_keys (id, name, role, group_key, prefix, secret_hash, created_at, expires_at)
SELECT id, name, role, group_key, prefix, secret_hash, created_at, expires_at FROM api_keys;

DROP TABLE api_keys;
ALTER TABLE new_api_keys RENAME TO api_keys;
CREATE INDEX api_keys_by_group ON api_keys (group_key);
