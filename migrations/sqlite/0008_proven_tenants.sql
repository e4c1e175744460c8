-- A link to a tenant is proven once somebody has shown that she administers that tenant; until then another group's
-- administrator who shows it takes the tenant over. Links that were there before are not proven.
ALTER TABLE business_groups ADD COLUMN tenant_proven_at INTEGER CHECK (tenant_proven_at IS NULL OR tenant_id IS NOT NULL);

-- A proof is one of the tenant that is linked: it goes with the link, whoever changes that. (A link that goes takes it along
-- by itself, or it is refused.)
CREATE TRIGGER proofs_go_with_their_links AFTER UPDATE OF tenant_id ON business_groups
WHEN OLD.tenant_id IS NOT NEW.tenant_id
BEGIN
    UPDATE business_groups SET tenant_proven_at = NULL WHERE group_key = NEW.group_key;
END;

-- A tenant that is taken over is a revision of both groups, without changes of addresses.
ALTER TABLE revisions ADD COLUMN lost_tenant TEXT CHECK (length(lost_tenant) = 36);
ALTER TABLE revisions ADD COLUMN gained_tenant TEXT CHECK (length(gained_tenant) = 36);
