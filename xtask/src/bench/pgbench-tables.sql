CREATE TABLE activity (
    id bigint PRIMARY KEY,
    committee_id bigint NOT NULL,
    opens_at timestamptz NOT NULL,
    starts_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL
);
CREATE TABLE member (
    id bigint PRIMARY KEY,
    committee_id bigint NOT NULL,
    active boolean NOT NULL
);
CREATE TABLE checkin (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activity_id bigint NOT NULL REFERENCES activity (id),
    member_id bigint NOT NULL REFERENCES member (id),
    at timestamptz NOT NULL,
    late boolean NOT NULL,
    CONSTRAINT checkin_once UNIQUE (activity_id, member_id)
);
CREATE TABLE ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id bigint NOT NULL,
    activity_id bigint NOT NULL,
    item text NOT NULL,
    hundredths bigint NOT NULL,
    at timestamptz NOT NULL
);
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor bigint NOT NULL,
    operation text NOT NULL,
    subject bigint NOT NULL,
    at timestamptz NOT NULL
);

INSERT INTO activity
SELECT id, 1, now() - interval '1 hour', now(), now() + interval '1 day'
FROM generate_series(1, 3000) AS id;
INSERT INTO member SELECT id, 1, true FROM generate_series(1, 600000) AS id;
VACUUM ANALYZE activity, member;
CHECKPOINT;
