\set turn :turn + 1
\set number :first + :turn * :clients + :client_id
WITH arrived AS (
    INSERT INTO checkin (committee_id, activity_id, member_id, session, at, received_at, slot, late, offline,
                         client_id, needs_review)
    SELECT activity.committee_id, activity.id, attendance.member_id, 1, now(), now(), 59000000,
           activity.late_after <= now(), false, 'phone', false
    FROM guest
    JOIN activity ON activity.committee_id = guest.committee_id AND activity.id = guest.activity_id
    JOIN attendance ON attendance.committee_id = guest.committee_id
        AND attendance.activity_id = guest.activity_id AND attendance.member_id = guest.member_id
    WHERE guest.number = :number AND activity.status IN ('published', 'running')
      AND activity.opens_at <= now() AND now() < activity.closes_at
    ON CONFLICT (committee_id, activity_id, member_id, session) DO NOTHING
    RETURNING committee_id, activity_id, member_id, at, late
), attended AS (
    UPDATE attendance
    SET status = CASE WHEN arrived.late THEN 'late' ELSE 'present' END, source = 'code',
        checked_in_at = arrived.at, late = arrived.late, updated_at = arrived.at
    FROM arrived
    WHERE attendance.committee_id = arrived.committee_id
      AND attendance.activity_id = arrived.activity_id AND attendance.member_id = arrived.member_id
), head AS (
    UPDATE ledger_head
    SET seq = ledger_head.seq + 1,
        hash = encode(sha256(convert_to(ledger_head.hash || arrived.member_id::text, 'UTF8')), 'hex')
    FROM arrived
    WHERE ledger_head.committee_id = arrived.committee_id AND ledger_head.chain = 'audit'
    RETURNING ledger_head.seq, ledger_head.hash
)
INSERT INTO audit (committee_id, id, seq, at, actor_id, actor, operation, outcome, subject_kind, subject_id,
                   detail, trace_id, prev_hash, hash)
SELECT arrived.committee_id, gen_random_uuid(), head.seq, arrived.at, arrived.member_id, '众',
       'check_in', 'done', 'activity', arrived.activity_id::text,
       jsonb_build_object('member', arrived.member_id, 'at', arrived.at, 'late', arrived.late,
                          'offline', false, 'needs_review', false)::text,
       md5(arrived.member_id::text), repeat('0', 64), head.hash
FROM arrived, head;
