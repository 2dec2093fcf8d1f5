-- In a copy of the service's own database: everybody invited to an activity who has not come,
-- numbered, so that each transaction of pgbench finds a pair that no other has.
INSERT INTO activity SELECT (jsonb_populate_record(activity, jsonb_build_object('id', gen_random_uuid()))).*
FROM (SELECT * FROM activity ORDER BY id LIMIT 1) AS activity, generate_series(1, :activities);

INSERT INTO attendance
SELECT (jsonb_populate_record(invited, jsonb_build_object(
    'id', gen_random_uuid(), 'activity_id', activity.id))).*
FROM (SELECT DISTINCT ON (member_id) * FROM attendance ORDER BY member_id) AS invited, activity
WHERE NOT EXISTS (SELECT FROM attendance WHERE activity_id = activity.id);

CREATE TABLE guest (
    number bigint PRIMARY KEY,
    committee_id uuid NOT NULL,
    activity_id uuid NOT NULL,
    member_id uuid NOT NULL
);
INSERT INTO guest
SELECT row_number() OVER (ORDER BY activity_id, member_id) - 1, committee_id, activity_id, member_id
FROM attendance;
VACUUM ANALYZE;
CHECKPOINT;
