-- How many people an import gives a number that is or was somebody else's. None of an import that a version before this one has
-- kept: it is counted when that is applied.
ALTER TABLE imports ADD COLUMN reassigned BIGINT CHECK (reassigned >= 0);
