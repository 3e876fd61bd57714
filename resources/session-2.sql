-- What format 2 adds to session.sql: what a reviewer says, layers over results, and runs that can be undone.
-- New tables only, so that a session of format 1 is brought up to date by running this, and one that is open
-- for reading only has them, empty, in memory.

CREATE TABLE verdict (         -- what the reviewer thinks of a frame, or of one person in it
    frame INTEGER NOT NULL,
    track INTEGER NOT NULL,    -- 0: the whole frame
    verdict INTEGER NOT NULL,  -- 1 verified, 2 problem, 3 ignored
    PRIMARY KEY (frame, track)
) WITHOUT ROWID;

CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    track INTEGER,             -- NULL: of no person in particular
    text TEXT NOT NULL,
    created TEXT NOT NULL      -- ISO 8601, UTC
);

CREATE TABLE ignored (         -- problems that are none, says the reviewer
    signal TEXT NOT NULL,
    track INTEGER NOT NULL,    -- 0: of the frame
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (signal, track, first, last)
) WITHOUT ROWID;

CREATE TABLE setting (         -- what holds for the whole video and can be undone, such as the camera
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL        -- JSON
) WITHOUT ROWID;

CREATE TABLE layer (           -- poses that lie over results: filled gaps, smoothed motion
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,        -- "fill" or "smooth"
    track INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    options TEXT NOT NULL,     -- JSON
    created TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    shelved INTEGER NOT NULL   -- 1: removed, and kept for undo
);

CREATE TABLE layer_pose (
    layer INTEGER NOT NULL REFERENCES layer,
    frame INTEGER NOT NULL,
    version INTEGER NOT NULL,  -- what counted when it was computed; 0: the frame had no result
    slot INTEGER NOT NULL,     -- the person it takes the place of; -1: nobody
    data BLOB NOT NULL,        -- as pipeline.session.poses packs it
    PRIMARY KEY (layer, frame)
) WITHOUT ROWID;
CREATE INDEX layer_pose_of_frame ON layer_pose (frame);

-- Parts of the history: undoing a run sets its versions aside, redoing brings them back.

CREATE TABLE shelved (         -- versions that an undone run made
    version INTEGER PRIMARY KEY REFERENCES version
);

CREATE TABLE run_step (        -- runs that are steps of the history
    run INTEGER PRIMARY KEY REFERENCES run,
    label TEXT NOT NULL,
    step INTEGER               -- in `history`; NULL before there is an outcome
);

CREATE TABLE recorded (        -- each outcome of such a run, and what it took the place of
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run,
    frame INTEGER NOT NULL,
    version INTEGER,           -- NULL: it failed
    before INTEGER,            -- version that counted; NULL: none
    failure TEXT,              -- FrameFailure as JSON, if it failed
    failure_before TEXT,       -- the failure there was; NULL: none
    failure_run INTEGER        -- of which run
);
CREATE INDEX recorded_of_run ON recorded (run);
CREATE INDEX recorded_of_version ON recorded (version);
