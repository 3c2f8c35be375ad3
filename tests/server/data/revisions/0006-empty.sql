BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0006');
CREATE TABLE audit (
	id VARCHAR NOT NULL, 
	loop VARCHAR, 
	station VARCHAR, 
	at BIGINT NOT NULL, 
	"by" VARCHAR NOT NULL, 
	expected TEXT NOT NULL, 
	found TEXT NOT NULL, 
	unknown TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE bin_signal (
	entry VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	sensor VARCHAR NOT NULL, 
	loop VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	empty BOOLEAN NOT NULL, 
	card VARCHAR, 
	decision VARCHAR NOT NULL, 
	met VARCHAR, 
	PRIMARY KEY (entry)
);
CREATE TABLE boot (
	id VARCHAR NOT NULL, 
	"offset" BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE business_event (
	number BIGINT NOT NULL, 
	id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	subject VARCHAR, 
	entry VARCHAR, 
	at BIGINT NOT NULL, 
	refill BOOLEAN NOT NULL, 
	waits_for VARCHAR, 
	sent BOOLEAN NOT NULL, 
	data TEXT, 
	PRIMARY KEY (number), 
	UNIQUE (id)
);
CREATE TABLE call (
	id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	loop VARCHAR, 
	raised_at BIGINT NOT NULL, 
	"by" VARCHAR, 
	cause VARCHAR, 
	body TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE card (
	id VARCHAR NOT NULL, 
	loop VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	life VARCHAR NOT NULL, 
	blocked VARCHAR, 
	hold VARCHAR, 
	actual INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	"order" VARCHAR, 
	since BIGINT, 
	issued_by VARCHAR, 
	start TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	key_at BIGINT NOT NULL, 
	key_kind INTEGER NOT NULL, 
	key_journal VARCHAR NOT NULL, 
	key_seq BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE collection (
	id VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	"by" VARCHAR NOT NULL, 
	counted INTEGER, 
	cards TEXT, 
	read INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE decision (
	number BIGINT NOT NULL, 
	id VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	"by" VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	reason TEXT, 
	body TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (id)
);
CREATE TABLE decision_card (
	number BIGINT NOT NULL, 
	card VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	findings VARCHAR NOT NULL, 
	"after" TEXT, 
	PRIMARY KEY (number, card)
);
CREATE TABLE fact (
	journal VARCHAR NOT NULL, 
	seq BIGINT NOT NULL, 
	station VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	event VARCHAR, 
	code VARCHAR, 
	version INTEGER, 
	"of" VARCHAR, 
	card VARCHAR, 
	at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	up FLOAT NOT NULL, 
	clock VARCHAR NOT NULL, 
	boot VARCHAR NOT NULL, 
	received_at BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	verdict VARCHAR, 
	findings VARCHAR NOT NULL, 
	"after" TEXT, 
	PRIMARY KEY (journal, seq)
);
CREATE TABLE finding (
	id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	card VARCHAR, 
	loop VARCHAR, 
	station VARCHAR, 
	entry VARCHAR, 
	at BIGINT NOT NULL, 
	written_at BIGINT NOT NULL, 
	resolved_at BIGINT, 
	resolved_by VARCHAR, 
	reason TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE lamp_group (
	item VARCHAR NOT NULL, 
	place VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (item, place)
);
CREATE TABLE lease (
	site VARCHAR NOT NULL, 
	holder VARCHAR NOT NULL, 
	until_ms BIGINT NOT NULL, 
	url VARCHAR, 
	PRIMARY KEY (site)
);
CREATE TABLE loop_state (
	id VARCHAR NOT NULL, 
	cards INTEGER NOT NULL, 
	to_take_out INTEGER NOT NULL, 
	in_service BOOLEAN, 
	next_number INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE lost_range (
	journal VARCHAR NOT NULL, 
	first BIGINT NOT NULL, 
	last BIGINT NOT NULL, 
	station VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (journal, first)
);
CREATE TABLE meta (
	"key" VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('database','0000000000VW9MK7JNB8T0J048');
INSERT INTO "meta" VALUES('born_at','0');
INSERT INTO "meta" VALUES('birth','created');
CREATE TABLE order_alias (
	old VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	PRIMARY KEY (old)
);
CREATE TABLE plant_version (
	number BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE portion (
	"order" VARCHAR NOT NULL, 
	card VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	quantity INTEGER NOT NULL, 
	opened_at BIGINT NOT NULL, 
	released_at BIGINT, 
	due_at BIGINT, 
	started_at BIGINT, 
	dispatched_at BIGINT, 
	closed_at BIGINT, 
	closed_by VARCHAR, 
	delivered INTEGER, 
	urgent BOOLEAN NOT NULL, note TEXT, promised_at BIGINT, 
	PRIMARY KEY ("order", card)
);
CREATE TABLE quarantine (
	id VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	raw BLOB NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE replenishment_order (
	id VARCHAR NOT NULL, 
	loop VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	item VARCHAR NOT NULL, 
	quantity INTEGER NOT NULL, 
	source VARCHAR NOT NULL, 
	consumer VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	cards TEXT NOT NULL, 
	opened_at BIGINT NOT NULL, 
	released_at BIGINT, 
	due_at BIGINT, 
	closed_at BIGINT, 
	closed_by VARCHAR, 
	replaces VARCHAR, 
	note VARCHAR, 
	promised_at BIGINT, 
	PRIMARY KEY (id)
);
CREATE TABLE station (
	id VARCHAR NOT NULL, 
	online BOOLEAN NOT NULL, 
	journal VARCHAR, 
	backlog INTEGER NOT NULL, 
	heard BIGINT, 
	version VARCHAR, 
	clock VARCHAR, 
	faults TEXT NOT NULL, 
	status_at BIGINT, 
	lamps TEXT NOT NULL, 
	lamps_revision BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE station_journal (
	id VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	boot VARCHAR NOT NULL, 
	follows VARCHAR, 
	follows_upto BIGINT, 
	upto BIGINT NOT NULL, 
	last_at BIGINT NOT NULL, 
	settled BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE station_lamps (
	station VARCHAR NOT NULL, 
	revision BIGINT NOT NULL, 
	lamps TEXT NOT NULL, 
	PRIMARY KEY (station)
);
CREATE TABLE tag_binding (
	number INTEGER NOT NULL, 
	code VARCHAR NOT NULL, 
	card VARCHAR, 
	since BIGINT NOT NULL, 
	decision VARCHAR NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE task (
	id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	station VARCHAR, 
	card VARCHAR, 
	loop VARCHAR, 
	at BIGINT NOT NULL, 
	done_at BIGINT, 
	done_by VARCHAR, 
	reason VARCHAR, orders TEXT, 
	PRIMARY KEY (id)
);
CREATE INDEX event_waiting ON business_event (waits_for);
CREATE INDEX ix_business_event_sent ON business_event (sent);
CREATE INDEX ix_card_loop ON card (loop);
CREATE INDEX decision_by_card ON decision_card (card, at, number);
CREATE INDEX fact_by_boot ON fact (boot);
CREATE INDEX fact_by_card ON fact (card, at, journal, seq);
CREATE INDEX fact_by_code ON fact (code, at);
CREATE INDEX fact_by_time ON fact (at);
CREATE INDEX finding_by_entry ON finding (entry);
CREATE INDEX ix_order_alias_id ON order_alias (id);
CREATE INDEX portion_by_card ON portion (card, opened_at);
CREATE INDEX order_by_loop ON replenishment_order (loop, state);
CREATE INDEX ix_station_journal_follows ON station_journal (follows);
CREATE INDEX ix_station_journal_station ON station_journal (station);
CREATE INDEX tag_by_code ON tag_binding (code, number);
CREATE INDEX ix_audit_at ON audit (at);
CREATE INDEX ix_audit_loop ON audit (loop);
CREATE INDEX ix_audit_station ON audit (station);
CREATE INDEX bin_signal_by_loop ON bin_signal (loop, at);
CREATE INDEX bin_signal_by_sensor ON bin_signal (station, sensor, at);
CREATE INDEX ix_bin_signal_met ON bin_signal (met);
CREATE INDEX collection_by_station ON collection (station, at);
CREATE INDEX fact_by_station ON fact (station, at);
CREATE INDEX call_by_loop ON call (loop, raised_at, id);
CREATE INDEX call_by_state ON call (state, raised_at, id);
CREATE INDEX call_by_station ON call (station, raised_at, id);
CREATE INDEX call_by_time ON call (raised_at, id);
CREATE INDEX card_by_life ON card (life, id);
CREATE INDEX card_count ON card (life, loop, state, blocked, hold);
CREATE INDEX card_by_state ON card (state, id);
CREATE INDEX finding_by_time ON finding (at, id);
CREATE INDEX finding_by_card ON finding (card, at, id);
CREATE INDEX finding_by_loop ON finding (loop, at, id);
CREATE INDEX finding_by_station ON finding (station, at, id);
CREATE INDEX finding_by_type ON finding (type, at, id);
CREATE INDEX finding_open ON finding (at, id) WHERE resolved_at IS NULL;
CREATE INDEX order_by_time ON replenishment_order (opened_at, id);
CREATE INDEX order_by_state ON replenishment_order (state, opened_at, id);
CREATE INDEX order_of_loop ON replenishment_order (loop, opened_at, id);
CREATE INDEX tag_by_card ON tag_binding (card, code);
CREATE INDEX task_by_card ON task (card, at, id);
CREATE INDEX task_by_loop ON task (loop, at, id);
CREATE INDEX task_by_station ON task (station, at, id);
CREATE INDEX task_by_time ON task (at, id);
CREATE INDEX task_open ON task (at, id) WHERE done_at IS NULL;
CREATE INDEX order_open_at_source ON replenishment_order (source, due_at, id) WHERE closed_at IS NULL;
COMMIT;
