-- The screens of agents, for those who ask for them. A segment is some screens of
-- one agent in a row: the first is whole, each other tells what differs from the
-- one before it. Segments stand for themselves and are removed as a whole.

CREATE TABLE frames (
	id      INTEGER PRIMARY KEY,
	segment INTEGER NOT NULL,
	place   INTEGER NOT NULL, -- in the segment, from 0
	at      INTEGER NOT NULL,
	agent   INTEGER NOT NULL,
	data    BLOB NOT NULL,
	UNIQUE (segment, place)
) STRICT;
CREATE INDEX segments_by_agent ON frames (agent, at) WHERE place = 0;
CREATE INDEX segments_by_time ON frames (at) WHERE place = 0;
