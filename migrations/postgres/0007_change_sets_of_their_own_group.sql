-- What a revision or an import of one group has changed is never another group's: the database holds that itself.

ALTER TABLE change_sets ADD CONSTRAINT change_sets_of_group UNIQUE (group_key, change_set_key);
-- The constraint's index serves as well.
DROP INDEX change_sets_by_group;

ALTER TABLE revisions
    DROP CONSTRAINT revisions_change_set_key_fkey,
    ADD CONSTRAINT revisions_have_their_own_change_sets FOREIGN KEY (group_key, change_set_key)
        REFERENCES change_sets (group_key, change_set_key) ON DELETE CASCADE;

ALTER TABLE imports
    DROP CONSTRAINT imports_change_set_key_fkey,
    ADD CONSTRAINT imports_have_their_own_change_sets FOREIGN KEY (group_key, change_set_key)
        REFERENCES change_sets (group_key, change_set_key) ON DELETE CASCADE;
