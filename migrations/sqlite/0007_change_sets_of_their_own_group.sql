-- What a revision or an import of one group has changed is never another group's: the database holds that itself.

CREATE TRIGGER revisions_have_their_own_change_sets BEFORE INSERT ON revisions
WHEN NOT EXISTS (
    SELECT 1 FROM change_sets s WHERE s.change_set_key = NEW.change_set_key AND s.group_key = NEW.group_key
)
BEGIN
    SELECT RAISE(ABORT, 'change_set_of_another_group');
END;

CREATE TRIGGER imports_have_their_own_change_sets BEFORE INSERT ON imports
WHEN NOT EXISTS (
    SELECT 1 FROM change_sets s WHERE s.change_set_key = NEW.change_set_key AND s.group_key = NEW.group_key
)
BEGIN
    SELECT RAISE(ABORT, 'change_set_of_another_group');
END;

CREATE TRIGGER imports_stay_with_their_change_sets BEFORE UPDATE OF group_key, change_set_key ON imports
BEGIN
    SELECT RAISE(ABORT, 'never_changed');
END;

CREATE TRIGGER change_sets_stay_in_their_group BEFORE UPDATE OF group_key ON change_sets
BEGIN
    SELECT RAISE(ABORT, 'never_changed');
END;
