-- A link to a tenant that the operator has made, or made again: sign-ins may be refused on any other that nobody has proven.
-- Links that were there before are nobody's in particular.
ALTER TABLE business_groups
    ADD COLUMN tenant_confirmed_at BIGINT,
    ADD CONSTRAINT only_links_are_confirmed CHECK (tenant_confirmed_at IS NULL OR tenant_id IS NOT NULL);

-- It goes with the link, as a proof does.
CREATE OR REPLACE FUNCTION forget_proof() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.tenant_proven_at := NULL;
    NEW.tenant_confirmed_at := NULL;
    RETURN NEW;
END $$;

-- Whether a link is proven, or the operator's, decides lines now.
DROP TRIGGER groups_change ON business_groups;
CREATE TRIGGER groups_change AFTER UPDATE ON business_groups FOR EACH ROW
    WHEN ((OLD.id, OLD.tenant_id, OLD.allow_guests, OLD.identity_pinning, OLD.revision,
            OLD.tenant_proven_at IS NULL, OLD.tenant_confirmed_at IS NULL)
        IS DISTINCT FROM (NEW.id, NEW.tenant_id, NEW.allow_guests, NEW.identity_pinning, NEW.revision,
            NEW.tenant_proven_at IS NULL, NEW.tenant_confirmed_at IS NULL))
    EXECUTE FUNCTION tell_of_group();
