-- A released pin is a revision of its own: the number, and no change of an address.
ALTER TABLE revisions ADD COLUMN released_pin INTEGER;
