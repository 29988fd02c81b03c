-- Who gave an answer: empty for the user at this machine, else "web: phone".

ALTER TABLE answers ADD COLUMN given_by TEXT NOT NULL DEFAULT '';
