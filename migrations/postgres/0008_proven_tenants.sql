-- A link to a tenant is proven once somebody has shown that she administers that tenant; until then another group's
-- administrator who shows it takes the tenant over. Links that were there before are not proven.
ALTER TABLE business_groups
    ADD COLUMN tenant_proven_at BIGINT,
    ADD CONSTRAINT only_links_are_proven CHECK (tenant_proven_at IS NULL OR tenant_id IS NOT NULL);

-- A proof is one of the tenant that is linked: it goes with the link, whoever changes that. A replica of the version before,
-- which knows of no proofs, may be running.
CREATE FUNCTION forget_proof() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.tenant_proven_at := NULL;
    RETURN NEW;
END $$;

CREATE TRIGGER proofs_go_with_their_links BEFORE UPDATE OF tenant_id ON business_groups FOR EACH ROW
    WHEN (OLD.tenant_id IS DISTINCT FROM NEW.tenant_id) EXECUTE FUNCTION forget_proof();

-- A tenant that is taken over is a revision of both groups, without changes of addresses.
ALTER TABLE revisions
    ADD COLUMN lost_tenant TEXT COLLATE "C" CHECK (length(lost_tenant) = 36),
    ADD COLUMN gained_tenant TEXT COLLATE "C" CHECK (length(gained_tenant) = 36);
