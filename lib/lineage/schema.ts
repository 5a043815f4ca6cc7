/**
 * The tables of lineage.db. Three ideas in three groups: the cache (action -> result), the history (who ran what, when) and the
 * dataflow (what was read and made), and beside them the bookkeeping, which may be deleted without losing anything.
 */

/** `PRAGMA application_id`: "ASSY". Tells our file from another program's. */
export const APPLICATION_ID = 0x41535359;

/** Migration n takes a database of version n to version n + 1. Never edit one that was released: append. */
export const MIGRATIONS: readonly string[] = [
  `
  -- Cache ------------------------------------------------------------------------------------------------------------------

  CREATE TABLE action (
    key  TEXT NOT NULL PRIMARY KEY,           -- sha256('action/v1' NUL json)
    json TEXT NOT NULL                        -- canonical JSON
  ) STRICT;

  -- Visible exactly while its row exists. The foreign key names the execution together with its key and its status, so that the
  -- result of another action, or of an execution that did not end well, cannot be written.
  CREATE TABLE action_result (
    key             TEXT    NOT NULL PRIMARY KEY REFERENCES action (key),
    execution_id    INTEGER NOT NULL,
    status          TEXT    NOT NULL DEFAULT 'ok' CHECK (status = 'ok'),
    committed_at_ms INTEGER NOT NULL,
    FOREIGN KEY (key, status, execution_id) REFERENCES execution (key, status, id)
  ) STRICT, WITHOUT ROWID;

  -- Checks of an 'expect:' against given artifacts, so that a cached result is not checked twice.
  CREATE TABLE expectation_check (
    digest TEXT NOT NULL PRIMARY KEY,
    json   TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- History ----------------------------------------------------------------------------------------------------------------

  CREATE TABLE run (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    process_id      INTEGER NOT NULL REFERENCES process (id),
    status          TEXT    NOT NULL CHECK (status IN ('running', 'ok', 'failed', 'interrupted', 'lost')),
    started_at_ms   INTEGER NOT NULL,
    ended_at_ms     INTEGER,
    argv            TEXT    NOT NULL,         -- JSON
    profile         TEXT,
    overrides       TEXT    NOT NULL,         -- JSON
    pipeline_digest TEXT    NOT NULL,
    git_commit      TEXT,
    git_is_dirty    INTEGER CHECK (git_is_dirty IN (0, 1)),
    user            TEXT    NOT NULL,
    host            TEXT    NOT NULL,
    assay_version   TEXT    NOT NULL,
    CHECK ((git_commit IS NULL) = (git_is_dirty IS NULL)),
    CHECK ((status = 'running') = (ended_at_ms IS NULL))
  ) STRICT;
  CREATE INDEX run_running ON run (id) WHERE status = 'running';

  CREATE TABLE execution (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id            INTEGER NOT NULL REFERENCES run (id),
    instance          TEXT    NOT NULL,
    stage             TEXT    NOT NULL,
    attempt           INTEGER NOT NULL,
    key               TEXT    NOT NULL REFERENCES action (key),
    process_id        INTEGER NOT NULL REFERENCES process (id),
    status            TEXT    NOT NULL CHECK (status IN ('running', 'ok', 'failed', 'timed-out', 'interrupted',
                                                         'tainted-by-edit', 'expectation-failed', 'lost')),
    started_at_ms     INTEGER NOT NULL,
    ended_at_ms       INTEGER,
    exit_code         INTEGER,
    signal            TEXT,
    peak_memory_bytes INTEGER,
    log_digest        TEXT,
    record_digest     TEXT,                   -- of the result record in the store
    CHECK ((status = 'running') = (ended_at_ms IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX execution_key      ON execution (key, status, id);
  CREATE INDEX        execution_run      ON execution (run_id);
  CREATE INDEX        execution_instance ON execution (instance, started_at_ms);
  CREATE INDEX        execution_stage    ON execution (stage, started_at_ms);
  CREATE INDEX        execution_running  ON execution (id) WHERE status = 'running';
  CREATE INDEX        execution_record   ON execution (record_digest) WHERE record_digest IS NOT NULL;

  -- The key may be that of an action never started (a skipped instance), so it refers to nothing.
  CREATE TABLE outcome (
    id           INTEGER PRIMARY KEY,
    run_id       INTEGER NOT NULL REFERENCES run (id),
    instance     TEXT    NOT NULL,
    stage        TEXT    NOT NULL,
    outcome      TEXT    NOT NULL CHECK (outcome IN ('cached', 'ran', 'shared', 'failed', 'skipped', 'interrupted')),
    key          TEXT,
    reasons      TEXT    NOT NULL,            -- JSON
    execution_id INTEGER REFERENCES execution (id),
    outputs      TEXT    NOT NULL,            -- JSON
    duration_ms  REAL    NOT NULL,
    UNIQUE (run_id, instance)
  ) STRICT;
  CREATE INDEX outcome_instance ON outcome (instance, run_id);

  -- Dataflow ---------------------------------------------------------------------------------------------------------------

  -- Form and sizes are null for an input of which only the digest was recorded.
  CREATE TABLE artifact (
    digest     TEXT NOT NULL PRIMARY KEY,
    form       TEXT CHECK (form IN ('file', 'directory')),
    size_bytes INTEGER,
    file_count INTEGER,
    CHECK ((form IS NULL) = (size_bytes IS NULL) AND (form IS NULL) = (file_count IS NULL))
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE execution_input (
    execution_id INTEGER NOT NULL REFERENCES execution (id),
    name         TEXT    NOT NULL,
    label        TEXT    NOT NULL,            -- the member of a fan-in; '' for a plain input
    artifact     TEXT    NOT NULL REFERENCES artifact (digest),
    path         TEXT,                        -- of a file or folder of the project; null where a stage made it
    PRIMARY KEY (execution_id, name, label)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX execution_input_artifact ON execution_input (artifact, execution_id);

  CREATE TABLE execution_output (
    execution_id INTEGER NOT NULL REFERENCES execution (id),
    name         TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    artifact     TEXT    NOT NULL REFERENCES artifact (digest),
    PRIMARY KEY (execution_id, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX execution_output_artifact ON execution_output (artifact, execution_id);

  CREATE TABLE param (
    execution_id INTEGER NOT NULL REFERENCES execution (id),
    name         TEXT    NOT NULL,            -- dotted: attack.count
    value        TEXT    NOT NULL,            -- JSON
    PRIMARY KEY (execution_id, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE metric (
    execution_id INTEGER NOT NULL REFERENCES execution (id),
    output       TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    value        REAL    NOT NULL,
    PRIMARY KEY (execution_id, output, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE expectation (
    execution_id INTEGER NOT NULL REFERENCES execution (id),
    output       TEXT    NOT NULL,
    holds        INTEGER NOT NULL CHECK (holds IN (0, 1)),
    findings     TEXT    NOT NULL,            -- JSON
    PRIMARY KEY (execution_id, output)
  ) STRICT, WITHOUT ROWID;

  -- Bookkeeping ------------------------------------------------------------------------------------------------------------

  -- One assay process. Its pid alone is no name: pids are used again.
  CREATE TABLE process (
    id              INTEGER PRIMARY KEY,
    host            TEXT    NOT NULL,         -- host name, boot and pid namespace: where the pid means something
    pid             INTEGER NOT NULL,
    birth           TEXT    NOT NULL,         -- start time in clock ticks since boot; '' where it cannot be known
    heartbeat_at_ms INTEGER NOT NULL,
    UNIQUE (host, pid, birth)
  ) STRICT;

  CREATE TABLE lease (
    key            TEXT    NOT NULL PRIMARY KEY,
    process_id     INTEGER NOT NULL REFERENCES process (id),
    instance       TEXT    NOT NULL,
    acquired_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE stat_cache (
    path         TEXT    NOT NULL PRIMARY KEY,
    dev          REAL    NOT NULL,            -- dev and ino as Node gives them: 64 bits unsigned, which INTEGER cannot hold
    ino          REAL    NOT NULL,
    size_bytes   INTEGER NOT NULL,
    mtime_ns     INTEGER NOT NULL,
    ctime_ns     INTEGER NOT NULL,
    digest       TEXT    NOT NULL,
    hashed_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE closure (
    program TEXT NOT NULL PRIMARY KEY,
    json    TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

export const CURRENT_VERSION = MIGRATIONS.length;
