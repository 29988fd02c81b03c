-- States and reasons are words: numbers would change their meaning whenever a
-- state is added, and words can be read with any tool. All times are nanoseconds
-- since 1970.

CREATE TABLE runs (
	id      INTEGER PRIMARY KEY,
	socket  TEXT NOT NULL,
	pid     INTEGER NOT NULL,
	started INTEGER NOT NULL,
	seen    INTEGER NOT NULL, -- until when the run is known to have gone on
	ended   INTEGER NOT NULL  -- 1 after an orderly end
) STRICT;
CREATE INDEX runs_by_seen ON runs (seen);
CREATE INDEX runs_by_socket ON runs (socket, seen);
CREATE TABLE agents (
	id       INTEGER PRIMARY KEY,
	socket   TEXT NOT NULL,
	server   TEXT NOT NULL,
	session  TEXT NOT NULL,
	window   TEXT NOT NULL,
	pane     TEXT NOT NULL,
	pane_pid INTEGER NOT NULL,
	pid      INTEGER NOT NULL,
	kind     TEXT NOT NULL,
	last     INTEGER NOT NULL, -- no entry of this agent is later
	UNIQUE (socket, pane, pane_pid, pid, kind, session, window, server)
) STRICT;
CREATE TABLE transitions (
	id         INTEGER PRIMARY KEY,
	run        INTEGER NOT NULL,
	seq        INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	since      INTEGER NOT NULL,
	agent      INTEGER NOT NULL,
	from_state TEXT NOT NULL,
	to_state   TEXT NOT NULL,
	wait       TEXT NOT NULL,
	source     TEXT NOT NULL,
	rule       TEXT NOT NULL,
	text       TEXT NOT NULL,
	first      INTEGER NOT NULL,
	gone       INTEGER NOT NULL,
	carried    INTEGER NOT NULL,
	UNIQUE (run, seq)
) STRICT;
CREATE INDEX transitions_by_time ON transitions (at);
CREATE TABLE answers (
	id      INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	agent   INTEGER NOT NULL,
	action  TEXT NOT NULL,
	text    TEXT NOT NULL,
	outcome TEXT NOT NULL,
	reason  TEXT NOT NULL
) STRICT;
CREATE INDEX answers_by_time ON answers (at);
CREATE TABLE notifications (
	id      INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	agent   INTEGER NOT NULL,
	channel TEXT NOT NULL,
	outcome TEXT NOT NULL,
	error   TEXT NOT NULL
) STRICT;
CREATE INDEX notifications_by_time ON notifications (at);
