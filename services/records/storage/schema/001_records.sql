-- What records knows, as rows. In the SQL that SQLite and PostgreSQL share; times are milliseconds since 1970 (UTC),
-- 0 where there is none; enumerations are the numbers of their protos.

-- Behind what was read of each log, and moved in the transaction that keeps what was read.
CREATE TABLE cursors (
  shop        TEXT   NOT NULL,
  source      TEXT   NOT NULL,
  store_epoch BIGINT NOT NULL,
  seq         BIGINT NOT NULL,
  -- When the last event that left rows here had happened.
  event_ms    BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (shop, source)
);

-- Events that could not be kept. The envelope in base64.
CREATE TABLE dead_letters (
  shop     TEXT   NOT NULL,
  source   TEXT   NOT NULL,
  event    TEXT   NOT NULL,
  subject  TEXT   NOT NULL,
  envelope TEXT   NOT NULL,
  reason   TEXT   NOT NULL,
  message  TEXT   NOT NULL,
  attempts BIGINT NOT NULL,
  time_ms  BIGINT NOT NULL,
  PRIMARY KEY (shop, source, event)
);

CREATE TABLE leases (
  bucket   BIGINT NOT NULL PRIMARY KEY,
  holder   TEXT   NOT NULL,
  until_ms BIGINT NOT NULL
);

-- What is to be done beside the events, and survives a crash: 'scrub', after personal data was deleted.
CREATE TABLE chores (
  name  TEXT   NOT NULL PRIMARY KEY,
  -- How often it was asked for.
  asked BIGINT NOT NULL
);

-- Transcripts. The id rises with the time of the entry (schema.h); SQLite takes it as the row's own number. The text
-- is gone where the entry was recalled or its buyer erased; the row stays, since figures rest on it.
CREATE TABLE entries (
  id           INTEGER NOT NULL PRIMARY KEY,
  shop         TEXT    NOT NULL,
  conversation TEXT    NOT NULL,
  seq          BIGINT  NOT NULL,
  session      TEXT    NOT NULL,
  store_epoch  BIGINT  NOT NULL,
  time_ms      BIGINT  NOT NULL,
  sender_kind  BIGINT  NOT NULL,
  -- The agent; empty for buyers, who are the conversation's, and the system.
  agent        TEXT    NOT NULL,
  -- 1: a message that asks or answers; 0: notes, recalls, lines of the system.
  is_message   BIGINT  NOT NULL,
  -- The entry that this one takes back; 0: none.
  recalls      BIGINT  NOT NULL,
  text         TEXT    NOT NULL
);
CREATE UNIQUE INDEX entries_by_seq ON entries (shop, conversation, seq);
CREATE INDEX entries_by_session ON entries (shop, session, seq);

CREATE TABLE sessions (
  shop              TEXT   NOT NULL,
  session           TEXT   NOT NULL,
  conversation      TEXT   NOT NULL,
  buyer             TEXT   NOT NULL,
  -- The last owner and the fence under which they became it.
  agent             TEXT   NOT NULL DEFAULT '',
  fence             BIGINT NOT NULL DEFAULT 0,
  category          BIGINT NOT NULL DEFAULT 0,
  -- 0: only its entries are known so far.
  state             BIGINT NOT NULL DEFAULT 0,
  reopened          BIGINT NOT NULL DEFAULT 0,
  open_ms           BIGINT NOT NULL DEFAULT 0,
  close_ms          BIGINT NOT NULL DEFAULT 0,
  close_reason      TEXT   NOT NULL DEFAULT '',
  -- When an agent had it first.
  assign_ms         BIGINT NOT NULL DEFAULT 0,
  -- Follows from its entries (domain/rounds.h).
  last_seq          BIGINT NOT NULL DEFAULT 0,
  buyer_messages    BIGINT NOT NULL DEFAULT 0,
  agent_messages    BIGINT NOT NULL DEFAULT 0,
  waiting_seq       BIGINT NOT NULL DEFAULT 0,
  waiting_ms        BIGINT NOT NULL DEFAULT 0,
  answered          BIGINT NOT NULL DEFAULT 0,
  first_response_ms BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (shop, session)
);
CREATE INDEX sessions_by_time ON sessions (shop, open_ms, session, agent, answered, first_response_ms);
CREATE INDEX sessions_by_agent ON sessions (shop, agent, open_ms, session);
CREATE INDEX sessions_by_buyer ON sessions (shop, buyer, open_ms, session);

-- First unanswered message of the buyer to the first reply of a person.
CREATE TABLE rounds (
  shop         TEXT   NOT NULL,
  session      TEXT   NOT NULL,
  asked_seq    BIGINT NOT NULL,
  asked_ms     BIGINT NOT NULL,
  answered_seq BIGINT NOT NULL,
  answered_ms  BIGINT NOT NULL,
  agent        TEXT   NOT NULL,
  PRIMARY KEY (shop, session, asked_seq)
);
CREATE INDEX rounds_by_time ON rounds (shop, asked_ms, session, asked_seq, agent, answered_seq, answered_ms);
CREATE INDEX rounds_by_agent ON rounds (shop, agent, asked_ms, session, asked_seq);

CREATE TABLE agents (
  shop         TEXT   NOT NULL,
  agent        TEXT   NOT NULL,
  display_name TEXT   NOT NULL,
  role         BIGINT NOT NULL,
  disabled     BIGINT NOT NULL,
  version      BIGINT NOT NULL,
  PRIMARY KEY (shop, agent)
);

-- `version` rises with every change of the thing at its service: an older state changes nothing.
CREATE TABLE orders (
  shop           TEXT   NOT NULL,
  order_id       TEXT   NOT NULL,
  version        BIGINT NOT NULL,
  source         TEXT   NOT NULL,
  number         TEXT   NOT NULL,
  buyer          TEXT   NOT NULL,
  state          BIGINT NOT NULL,
  payment        BIGINT NOT NULL,
  fulfilment     BIGINT NOT NULL,
  aftersale      BIGINT NOT NULL,
  units          BIGINT NOT NULL,
  currency       TEXT   NOT NULL,
  total_minor    BIGINT NOT NULL,
  paid_minor     BIGINT NOT NULL,
  refunded_minor BIGINT NOT NULL,
  create_ms      BIGINT NOT NULL,
  update_ms      BIGINT NOT NULL,
  PRIMARY KEY (shop, order_id)
);
CREATE INDEX orders_by_buyer ON orders (shop, buyer, create_ms);
CREATE INDEX orders_by_time ON orders (shop, create_ms);

CREATE TABLE cases (
  shop            TEXT   NOT NULL,
  case_id         TEXT   NOT NULL,
  version         BIGINT NOT NULL,
  order_id        TEXT   NOT NULL,
  buyer           TEXT   NOT NULL,
  kind            BIGINT NOT NULL,
  state           BIGINT NOT NULL,
  reason          BIGINT NOT NULL,
  cause           BIGINT NOT NULL,
  currency        TEXT   NOT NULL,
  requested_minor BIGINT NOT NULL,
  -- Of the refunds that went through.
  refunded_minor  BIGINT NOT NULL,
  create_ms       BIGINT NOT NULL,
  update_ms       BIGINT NOT NULL,
  PRIMARY KEY (shop, case_id)
);
CREATE INDEX cases_by_order ON cases (shop, order_id);
CREATE INDEX cases_by_time ON cases (shop, create_ms);

CREATE TABLE shipments (
  shop            TEXT   NOT NULL,
  shipment        TEXT   NOT NULL,
  version         BIGINT NOT NULL,
  carrier         TEXT   NOT NULL,
  tracking_number TEXT   NOT NULL,
  direction       BIGINT NOT NULL,
  status          BIGINT NOT NULL,
  substatus       TEXT   NOT NULL,
  status_ms       BIGINT NOT NULL,
  order_id        TEXT   NOT NULL,
  buyer           TEXT   NOT NULL,
  create_ms       BIGINT NOT NULL,
  update_ms       BIGINT NOT NULL,
  PRIMARY KEY (shop, shipment)
);
CREATE INDEX shipments_by_order ON shipments (shop, order_id);
