-- A review session, beside its video. The format's number is PRAGMA user_version; see pipeline/session.

CREATE TABLE meta (            -- what is not undoable: the video's identity, the view; values are JSON
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE run (             -- one press of a run button
    id INTEGER PRIMARY KEY,
    engine_id TEXT NOT NULL,
    options TEXT NOT NULL,     -- RunOptions as JSON
    title TEXT NOT NULL,
    started TEXT NOT NULL      -- ISO 8601, UTC
);

CREATE TABLE version (         -- every run of a frame adds one; none is ever changed
    id INTEGER PRIMARY KEY,
    frame INTEGER NOT NULL,
    run INTEGER NOT NULL REFERENCES run,
    engine_id TEXT NOT NULL,
    created TEXT NOT NULL,
    people INTEGER NOT NULL,
    seconds REAL NOT NULL,
    plan TEXT NOT NULL         -- Plan as JSON
);
CREATE INDEX version_of_frame ON version (frame);

CREATE TABLE result (          -- apart from `version`, so that listing versions reads no blobs
    version INTEGER PRIMARY KEY REFERENCES version,
    data BLOB NOT NULL         -- FrameResult as pipeline.codec packs it
);

CREATE TABLE counting (        -- the version of a frame that counts
    frame INTEGER PRIMARY KEY,
    version INTEGER NOT NULL REFERENCES version
);

CREATE TABLE failure (         -- why the last run of a frame gave nothing
    frame INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run,
    failure TEXT NOT NULL      -- FrameFailure as JSON
);

CREATE TABLE assignment (      -- who a person is: said by the tracker, corrected by the reviewer
    version INTEGER NOT NULL REFERENCES version,
    slot INTEGER NOT NULL,
    track INTEGER,             -- NULL: nobody's
    reviewer INTEGER NOT NULL, -- 1: the reviewer said so
    PRIMARY KEY (version, slot)
) WITHOUT ROWID;
CREATE INDEX assignment_of_track ON assignment (track);

CREATE TABLE track (           -- only tracks with something that is not the default
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    color INTEGER,             -- 0xRRGGBB; NULL: the palette's
    visible INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE history (         -- edits in the order of doing: done, as what undoes them, or undone, as what redoes them
    id INTEGER PRIMARY KEY,
    done INTEGER NOT NULL,
    label TEXT NOT NULL,
    edit TEXT NOT NULL,        -- JSON
    top_track INTEGER NOT NULL -- highest track it names, so that no new track takes that number
);
