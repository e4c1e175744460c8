-- A link to a tenant that the operator has made, or made again: sign-ins may be refused on any other that nobody has proven.
-- Links that were there before are nobody's in particular.
ALTER TABLE business_groups ADD COLUMN tenant_confirmed_at INTEGER
    CHECK (tenant_confirmed_at IS NULL OR tenant_id IS NOT NULL);

-- It goes with the link, as a proof does. (A link that goes takes both along by itself, or it is refused.)
DROP TRIGGER proofs_go_with_their_links;
CREATE TRIGGER proofs_go_with_their_links AFTER UPDATE OF tenant_id ON business_groups
WHEN OLD.tenant_id IS NOT NEW.tenant_id
BEGIN
    UPDATE business_groups SET tenant_proven_at = NULL, tenant_confirmed_at = NULL WHERE group_key = NEW.group_key;
END;
