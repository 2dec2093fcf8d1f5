\set activity random(1, 3000)
\set member random(1, 600000)
WITH arrived AS (
    INSERT INTO checkin (activity_id, member_id, at, late)
    SELECT activity.id, member.id, now(), activity.starts_at < now()
    FROM activity
    JOIN member ON member.committee_id = activity.committee_id
    WHERE activity.id = :activity AND member.id = :member AND member.active
      AND activity.opens_at <= now() AND now() <= activity.closes_at
    ON CONFLICT ON CONSTRAINT checkin_once DO NOTHING
    RETURNING activity_id, member_id, at
), recorded AS (
    INSERT INTO ledger (member_id, activity_id, item, hundredths, at)
    SELECT member_id, activity_id, 'attendance', 100, at FROM arrived
)
INSERT INTO audit (actor, operation, subject, at)
SELECT member_id, 'check_in', activity_id, at FROM arrived;
