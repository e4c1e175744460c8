-- The end of an API key, or its change, is told to all replicas: they cache keys. That a key comes is not: what is not known is
-- looked up.

LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE;

CREATE FUNCTION tell_of_key_changes() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_of_line_changes('keys');
    RETURN NULL;
END $$;

CREATE TRIGGER keys_change AFTER UPDATE OR DELETE OR TRUNCATE ON api_keys
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_key_changes();
ALTER TABLE api_keys ENABLE ALWAYS TRIGGER keys_change;
