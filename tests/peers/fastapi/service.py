"""The same check-in as ours, as a team would write it on FastAPI and asyncpg.

Started by `cargo xtask bench peers`; what is the same and what is left out stands in ../README.md.
"""

import base64
import hashlib
import hmac
import os
import uuid
from contextlib import asynccontextmanager
from datetime import datetime, timezone

import asyncpg
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel, Field

SECRET = base64.b64decode(os.environ["PEER_JWT_SECRET"])
ONE_STATEMENT = os.environ["PEER_TRANSACTION"] == "one"
SLOT_SECONDS = 30

LOOK_UP = """
SELECT activity.status, activity.opens_at, activity.closes_at, activity.late_after,
       attendance.id AS attendance_id, member.id AS member_id, member.name, peer_key.secret
FROM account
JOIN member ON member.committee_id = account.committee_id AND member.id = account.member_id
JOIN activity ON activity.committee_id = account.committee_id AND activity.id = $3
JOIN peer_key ON peer_key.committee_id = account.committee_id
LEFT JOIN attendance ON attendance.committee_id = account.committee_id
    AND attendance.activity_id = activity.id AND attendance.member_id = member.id
WHERE account.committee_id = $1 AND account.id = $2
"""

INSERT_CHECKIN = """
INSERT INTO checkin (committee_id, activity_id, member_id, session, at, received_at, slot, late, offline,
                     client_id, needs_review)
VALUES ($1, $2, $3, 1, $4, $4, $5, $6, false, $7, false)
ON CONFLICT (committee_id, activity_id, member_id, session) DO NOTHING
RETURNING at, late
"""

UPDATE_ATTENDANCE = """
UPDATE attendance
SET status = CASE WHEN $4 THEN 'late' ELSE 'present' END, source = 'code', checked_in_at = $3, late = $4,
    updated_at = $3
WHERE committee_id = $1 AND id = $2
"""

INSERT_AUDIT = """
INSERT INTO audit (committee_id, id, seq, at, actor_id, actor, operation, outcome, subject_kind, subject_id,
                   detail, trace_id, prev_hash, hash)
VALUES ($1, $2, nextval('peer_audit_seq'), $3, $4, $5, 'check_in', 'done', 'activity', $6, $7, $8, '', '')
"""

IN_ONE = """
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
SELECT at, late FROM arrived
"""

FIND_CHECKIN = """
SELECT at, late FROM checkin
WHERE committee_id = $1 AND activity_id = $2 AND member_id = $3 AND session = 1
"""


@asynccontextmanager
async def lifespan(app: FastAPI):
    size = int(os.environ["PEER_CONNECTIONS"])
    async with asyncpg.create_pool(os.environ["PEER_DATABASE"], min_size=size, max_size=size) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


class CheckIn(BaseModel):
    code: str = Field(max_length=32)
    slot: int
    client_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")


class CheckedIn(BaseModel):
    status: str
    at: datetime
    late: bool


class Caller(BaseModel):
    committee: uuid.UUID
    account: uuid.UUID


async def caller(authorization: str = Header(default="")) -> Caller:
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "),
            SECRET,
            algorithms=["HS256"],
            audience="mini-program",
            issuer="xingdong",
        )
    except jwt.InvalidTokenError:
        raise HTTPException(401, "unauthenticated") from None
    return Caller(committee=claims["cid"], account=claims["sub"])


def code_of(secret: bytes, activity: uuid.UUID, slot: int) -> str:
    text = b"xingdong/check-in-code/v1" + b"\x01" + activity.bytes + slot.to_bytes(8, "big", signed=True)
    mac = hmac.digest(secret, text, hashlib.sha256)
    offset = mac[31] & 0x0F
    return f"1{int.from_bytes(mac[offset : offset + 8], 'big') % 10_000_000:07}"


def judge(found: asyncpg.Record | None, activity: uuid.UUID, sent: CheckIn, now: datetime) -> None:
    if found is None:
        raise HTTPException(404, "not_found")
    if found["attendance_id"] is None:
        raise HTTPException(409, "not_invited")
    if found["status"] not in ("published", "running"):
        raise HTTPException(409, "checkin_not_open")
    if now < found["opens_at"]:
        raise HTTPException(409, "checkin_too_early")
    if found["closes_at"] <= now:
        raise HTTPException(409, "checkin_too_late")
    slots_ago = int(now.timestamp()) // SLOT_SECONDS - sent.slot
    code = code_of(found["secret"], activity, sent.slot)
    if slots_ago not in (0, 1) or not hmac.compare_digest(code, sent.code):
        raise HTTPException(422, "code_invalid")


@app.post("/api/v1/activities/{activity}/check-ins")
async def check_in(
    activity: uuid.UUID, sent: CheckIn, request: Request, response: Response, caller: Caller = Depends(caller)
) -> CheckedIn:
    now = datetime.now(timezone.utc)
    async with request.app.state.pool.acquire() as db:
        found = await db.fetchrow(LOOK_UP, caller.committee, caller.account, activity)
        judge(found, activity, sent, now)
        late = found["late_after"] <= now
        write = write_in_one if ONE_STATEMENT else write_in_several
        row = await write(db, caller, activity, found, sent, now, late)
        response.status_code = 201
        if row is None:
            row = await db.fetchrow(FIND_CHECKIN, caller.committee, activity, found["member_id"])
            response.status_code = 200
    return CheckedIn(status="late" if row["late"] else "present", at=row["at"], late=row["late"])


def detail(member: uuid.UUID, now: datetime, late: bool) -> str:
    return f'{{"member":"{member}","session":1,"at":"{now.isoformat()}","late":{str(late).lower()}}}'


async def write_in_one(db, caller, activity, found, sent, now, late):
    return await db.fetchrow(
        IN_ONE,
        caller.committee,
        activity,
        found["member_id"],
        now,
        sent.slot,
        late,
        sent.client_id,
        found["attendance_id"],
        uuid.uuid4(),
        caller.account,
        found["name"],
        str(activity),
        detail(found["member_id"], now, late),
        uuid.uuid4().hex,
    )


async def write_in_several(db, caller, activity, found, sent, now, late):
    async with db.transaction():
        row = await db.fetchrow(
            INSERT_CHECKIN,
            caller.committee,
            activity,
            found["member_id"],
            now,
            sent.slot,
            late,
            sent.client_id,
        )
        if row is not None:
            await db.execute(UPDATE_ATTENDANCE, caller.committee, found["attendance_id"], now, late)
            await db.execute(
                INSERT_AUDIT,
                caller.committee,
                uuid.uuid4(),
                now,
                caller.account,
                found["name"],
                str(activity),
                detail(found["member_id"], now, late),
                uuid.uuid4().hex,
            )
        return row


@app.get("/readyz")
async def readyz() -> str:
    return "ready"
