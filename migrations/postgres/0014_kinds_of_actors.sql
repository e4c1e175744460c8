-- What an actor is: an API key can be named like a person. The words are those of the API (`actor_kind`). Rows from before, and
-- those of a replica of the version before, have none: the program tells it from the form of `actor_id`.
ALTER TABLE revisions ADD COLUMN actor_kind TEXT;
ALTER TABLE audit_events ADD COLUMN actor_kind TEXT;
