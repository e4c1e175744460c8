-- A new role, `directory`; and a resolver can be of one business group.
ALTER TABLE api_keys
    DROP CONSTRAINT api_keys_role_check,
    DROP CONSTRAINT api_keys_check,
    ADD CONSTRAINT roles_are_known
        CHECK (role IN ('operator', 'business-group-admin', 'resolver', 'directory', 'scim')),
    ADD CONSTRAINT roles_have_their_groups
        CHECK (role IN ('resolver', 'directory') OR (role IN ('business-group-admin', 'scim')) = (group_key IS NOT NULL));
