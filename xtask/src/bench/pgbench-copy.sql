-- Rows like those of a check-in, made ahead of time: what COPY is given is text in a file.
CREATE UNLOGGED TABLE copied AS
SELECT row_number() OVER () - 1 AS number, turn.activity_id, attendance.*
FROM (SELECT DISTINCT ON (member_id) committee_id, member_id, group_id FROM attendance ORDER BY member_id) AS attendance
CROSS JOIN (SELECT gen_random_uuid() AS activity_id FROM generate_series(1, :activities)) AS turn;
ALTER TABLE copied ADD PRIMARY KEY (number);

INSERT INTO activity
SELECT copy.*
FROM activity AS one
CROSS JOIN (SELECT DISTINCT activity_id FROM copied) AS turn
CROSS JOIN LATERAL jsonb_populate_record(one, jsonb_build_object('id', turn.activity_id)) AS copy
WHERE one.id = (SELECT id FROM activity ORDER BY id LIMIT 1);
