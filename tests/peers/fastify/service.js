// The same check-in as ours, as a team would write it on Fastify and pg.
//
// Started by `cargo xtask bench peers`; what is the same and what is left out stands in ../README.md.

import cluster from 'node:cluster'
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'

import { createVerifier } from 'fast-jwt'
import Fastify from 'fastify'
import pg from 'pg'

const { PEER_CONNECTIONS, PEER_DATABASE, PEER_JWT_SECRET, PEER_PORT, PEER_PROCESSES, PEER_TRANSACTION } = process.env
const SLOT_SECONDS = 30

const LOOK_UP = `
SELECT activity.status, activity.opens_at, activity.closes_at, activity.late_after,
       attendance.id AS attendance_id, member.id AS member_id, member.name, peer_key.secret
FROM account
JOIN member ON member.committee_id = account.committee_id AND member.id = account.member_id
JOIN activity ON activity.committee_id = account.committee_id AND activity.id = $3
JOIN peer_key ON peer_key.committee_id = account.committee_id
LEFT JOIN attendance ON attendance.committee_id = account.committee_id
    AND attendance.activity_id = activity.id AND attendance.member_id = member.id
WHERE account.committee_id = $1 AND account.id = $2`

const INSERT_CHECKIN = `
INSERT INTO checkin (committee_id, activity_id, member_id, session, at, received_at, slot, late, offline,
                     client_id, needs_review)
VALUES ($1, $2, $3, 1, $4, $4, $5, $6, false, $7, false)
ON CONFLICT (committee_id, activity_id, member_id, session) DO NOTHING
RETURNING at, late`

const UPDATE_ATTENDANCE = `
UPDATE attendance
SET status = CASE WHEN $4 THEN 'late' ELSE 'present' END, source = 'code', checked_in_at = $3, late = $4,
    updated_at = $3
WHERE committee_id = $1 AND id = $2`

const INSERT_AUDIT = `
INSERT INTO audit (committee_id, id, seq, at, actor_id, actor, operation, outcome, subject_kind, subject_id,
                   detail, trace_id, prev_hash, hash)
VALUES ($1, $2, nextval('peer_audit_seq'), $3, $4, $5, 'check_in', 'done', 'activity', $6, $7, $8, '', '')`

const IN_ONE = `
WITH arrived AS (
    INSERT INTO checkin (committee_id, activity_id, member_id, session, at, received_at, slot, late, offline,
                         client_id, needs_review)
    VALUES ($1, $2, $3, 1, $4, $4, $5, $6, false, $7, false)
    ON CONFLICT (committee_id, activity_id, member_id, session) DO NOTHING
    RETURNING at, late
), attended AS (
    UPDATE attendance
    SET status = CASE WHEN arrived.late THEN 'late' ELSE 'present' END, source = 'code',
        checked_in_at = arrived.at, late = arrived.late, updated_at = arrived.at
    FROM arrived
    WHERE attendance.committee_id = $1 AND attendance.id = $8
), noted AS (
    INSERT INTO audit (committee_id, id, seq, at, actor_id, actor, operation, outcome, subject_kind, subject_id,
                       detail, trace_id, prev_hash, hash)
    SELECT $1, $9, nextval('peer_audit_seq'), arrived.at, $10, $11, 'check_in', 'done', 'activity', $12, $13,
           $14, '', ''
    FROM arrived
)
SELECT at, late FROM arrived`

const FIND_CHECKIN = `
SELECT at, late FROM checkin
WHERE committee_id = $1 AND activity_id = $2 AND member_id = $3 AND session = 1`

const BODY = {
  type: 'object',
  required: ['code', 'slot', 'client_id'],
  properties: {
    code: { type: 'string', maxLength: 32 },
    slot: { type: 'integer' },
    client_id: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' }
  }
}
const CHECKED_IN = {
  type: 'object',
  properties: { status: { type: 'string' }, at: { type: 'string' }, late: { type: 'boolean' } }
}

class Refusal extends Error {
  constructor(statusCode, code) {
    super(code)
    this.statusCode = statusCode
    this.code = code
  }
}

function codeOf(secret, activity, slot) {
  const counter = Buffer.alloc(8)
  counter.writeBigInt64BE(BigInt(slot))
  const mac = createHmac('sha256', secret)
    .update('xingdong/check-in-code/v1')
    .update(Buffer.of(1))
    .update(Buffer.from(activity.replaceAll('-', ''), 'hex'))
    .update(counter)
    .digest()
  const rest = mac.readBigUInt64BE(mac[31] & 0x0f) % 10_000_000n
  return '1' + rest.toString().padStart(7, '0')
}

function same(one, other) {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}

function judge(found, activity, sent, now) {
  if (!found) throw new Refusal(404, 'not_found')
  if (!found.attendance_id) throw new Refusal(409, 'not_invited')
  if (!['published', 'running'].includes(found.status)) throw new Refusal(409, 'checkin_not_open')
  if (now < found.opens_at) throw new Refusal(409, 'checkin_too_early')
  if (found.closes_at <= now) throw new Refusal(409, 'checkin_too_late')
  const slotsAgo = Math.floor(now / 1000 / SLOT_SECONDS) - sent.slot
  if (![0, 1].includes(slotsAgo) || !same(codeOf(found.secret, activity, sent.slot), sent.code)) {
    throw new Refusal(422, 'code_invalid')
  }
}

/** A statement that each connection prepares once. */
const prepared = (name, text) => values => ({ name, text, values })
const lookUp = prepared('look_up', LOOK_UP)
const insertCheckin = prepared('insert_checkin', INSERT_CHECKIN)
const updateAttendance = prepared('update_attendance', UPDATE_ATTENDANCE)
const insertAudit = prepared('insert_audit', INSERT_AUDIT)
const inOne = prepared('in_one', IN_ONE)
const findCheckin = prepared('find_checkin', FIND_CHECKIN)

function detail(member, now, late) {
  return JSON.stringify({ member, session: 1, at: now, late })
}

async function writeInOne(db, caller, activity, found, sent, now, late) {
  const { rows } = await db.query(
    inOne([
      caller.cid, activity, found.member_id, now, sent.slot, late, sent.client_id,
      found.attendance_id, randomUUID(), caller.sub, found.name, activity,
      detail(found.member_id, now, late), randomUUID().replaceAll('-', '')
    ])
  )
  return rows[0]
}

async function writeInSeveral(pool, caller, activity, found, sent, now, late) {
  const db = await pool.connect()
  try {
    await db.query('BEGIN')
    const { rows } = await db.query(
      insertCheckin([
        caller.cid, activity, found.member_id, now, sent.slot, late, sent.client_id
      ])
    )
    if (rows[0]) {
      await db.query(updateAttendance([caller.cid, found.attendance_id, now, late]))
      await db.query(
        insertAudit([
          caller.cid, randomUUID(), now, caller.sub, found.name, activity,
          detail(found.member_id, now, late), randomUUID().replaceAll('-', '')
        ])
      )
    }
    await db.query('COMMIT')
    return rows[0]
  } catch (error) {
    await db.query('ROLLBACK')
    throw error
  } finally {
    db.release()
  }
}

async function serve() {
  const pool = new pg.Pool({ connectionString: PEER_DATABASE, max: Number(PEER_CONNECTIONS) })
  const verify = createVerifier({
    key: Buffer.from(PEER_JWT_SECRET, 'base64'),
    algorithms: ['HS256'],
    allowedAud: 'mini-program',
    allowedIss: 'xingdong'
  })
  const write = PEER_TRANSACTION === 'one' ? writeInOne : writeInSeveral
  const app = Fastify()

  const schema = { body: BODY, response: { 200: CHECKED_IN, 201: CHECKED_IN } }
  app.post('/api/v1/activities/:activity/check-ins', { schema }, async (request, reply) => {
    let caller
    try {
      caller = verify((request.headers.authorization ?? '').replace(/^Bearer /, ''))
    } catch {
      throw new Refusal(401, 'unauthenticated')
    }
    const { activity } = request.params
    const sent = request.body
    const now = new Date()
    const found = (await pool.query(lookUp([caller.cid, caller.sub, activity]))).rows[0]
    judge(found, activity, sent, now)
    const late = found.late_after <= now
    let row = await write(pool, caller, activity, found, sent, now, late)
    reply.code(201)
    if (!row) {
      row = (await pool.query(findCheckin([caller.cid, activity, found.member_id]))).rows[0]
      reply.code(200)
    }
    return { status: row.late ? 'late' : 'present', at: row.at.toISOString(), late: row.late }
  })
  app.get('/readyz', async () => 'ready')
  await app.listen({ host: '127.0.0.1', port: Number(PEER_PORT) })
}

if (cluster.isPrimary) {
  for (let number = 0; number < Number(PEER_PROCESSES); number += 1) cluster.fork()
  // Whoever stops us stops them: a worker ends when its primary has gone.
  process.on('SIGTERM', () => process.exit(0))
} else {
  await serve()
}
