-- What app.json asks for, of each build; those of before asked for nothing.
ALTER TABLE builds ADD COLUMN needs TEXT NOT NULL DEFAULT '{"variables":[],"formation":{}}';
