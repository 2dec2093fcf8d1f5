-- In a copy of the service's own database: as many activities again, and everybody who is
-- invited and has not come yet gets a number, so that no two transactions of pgbench meet.
INSERT INTO activity
SELECT copy.*
FROM activity AS one
CROSS JOIN generate_series(1, :activities) AS turn
CROSS JOIN LATERAL jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'turn', turn)) AS copy
WHERE one.id = (SELECT id FROM activity ORDER BY id LIMIT 1);

INSERT INTO attendance (committee_id, id, activity_id, member_id, group_id, status, reply, late, offline,
                        needs_review, created_at, updated_at)
SELECT activity.committee_id, gen_random_uuid(), activity.id, member.id, member.group_id, 'invited', 'none', false,
       false, false, now(), now()
FROM activity
JOIN member ON member.committee_id = activity.committee_id
WHERE NOT EXISTS (SELECT FROM attendance WHERE attendance.activity_id = activity.id);

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
