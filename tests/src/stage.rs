//! What stands in the database before the first check-in: one committee, its members signed in,
//! and activities whose window is open and to which everybody is invited. For the load generator
//! and the drills, which run on the machine's own clock.

use anyhow::{Context, Result};
use api::app::App;
use api::founding::{self, Account, Credentials, Founding, Group, Term};
use chrono::{NaiveDate, TimeDelta};
use domain::activity::{ActivityKind, ActivityMode, ActivityStatus};
use domain::attendance::{AttendanceStatus, Reply};
use domain::checkin::{CodeKey, CodeKeys};
use domain::ids::{AccountId, ActivityId, AttendanceId, CommitteeId};
use domain::people::SeatKind;
use entity::{Scoped, activity, attendance, checkin, committee, group, member, term};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};
use uuid::Uuid;

use crate::crowd;

/// The committee's code.
pub const COMMITTEE: &str = "load";
/// The digit with which the service's codes begin.
const KEY_ID: u8 = 1;

/// Writes the committee with so many members, each invited to each of so many activities; returns
/// the credentials of its `office`.
pub async fn set(app: &App, members: usize, activities: usize) -> Result<Vec<Credentials>> {
    let (committee, credentials) = founding::found(app, &founding()).await?;
    crowd::gather(app, committee, members).await?;
    for _ in 0..activities {
        open_activity(app, committee).await?;
    }
    Ok(credentials)
}

/// One activity and everybody who will come to it.
#[derive(Debug)]
pub struct Act {
    /// Whose activity it is.
    pub committee: CommitteeId,
    /// Where they check in.
    pub activity: ActivityId,
    /// Makes the codes that the venue's screen shows.
    pub keys: CodeKeys,
    /// One access token for each member.
    pub tokens: Vec<String>,
    /// The members' accounts, in the same order.
    pub accounts: Vec<AccountId>,
}

/// Reads the activity of that place in the order in which they were written.
pub async fn act(app: &App, place: usize) -> Result<Act> {
    let db = app.db.read();
    let committee = committee::Entity::find()
        .filter(committee::Column::Code.eq(COMMITTEE))
        .one(db)
        .await?
        .context("the database was not prepared")?;
    let activities = activity::Entity::of(committee.id)
        .order_by_asc(activity::Column::Id)
        .all(db)
        .await?;
    let activity = activities
        .get(place)
        .context("not so many activities were prepared")?
        .id;
    let secret = app.vault.open(&committee.code_secret)?;
    let secret = secret
        .try_into()
        .ok()
        .context("the secret has not 32 bytes")?;
    let keys = CodeKeys::new(vec![CodeKey { id: KEY_ID, secret }])?;
    let crowd = crowd::signed_in(app, committee.id).await?;
    Ok(Act {
        committee: committee.id,
        activity,
        keys,
        tokens: crowd::tokens(app, committee.id, &crowd)?,
        accounts: crowd.iter().map(|one| one.account).collect(),
    })
}

/// How many check-ins the activity has.
pub async fn found(app: &App, act: &Act) -> Result<u64> {
    Ok(crowd::count_checkins(app, act.committee, act.activity).await?)
}

/// The `client_id` of every check-in that is there.
pub async fn phones(app: &App, act: &Act) -> Result<Vec<String>> {
    let rows = checkin::Entity::of(act.committee)
        .filter(checkin::Column::ActivityId.eq(act.activity))
        .all(app.db.read())
        .await?;
    Ok(rows.into_iter().map(|row| row.client_id).collect())
}

fn founding() -> Founding {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).expect("a day");
    Founding {
        code: COMMITTEE.to_owned(),
        name: "负载测试".to_owned(),
        term: Term {
            name: "第五届".to_owned(),
            starts_on: day(2022, 1, 1),
            ends_on: day(2026, 12, 31),
        },
        sectors: vec!["经济界".to_owned()],
        special_committees: vec!["提案委员会".to_owned()],
        groups: vec![Group {
            name: "第一活动组".to_owned(),
            special_committee: "提案委员会".to_owned(),
            station: "第一驿站".to_owned(),
            address: None,
            latitude: None,
            longitude: None,
            app_id: None,
        }],
        accounts: vec![Account {
            username: "office".to_owned(),
            display_name: "办公室".to_owned(),
            seat: SeatKind::Office,
            special_committee: None,
        }],
    }
}

async fn open_activity(app: &App, committee: CommitteeId) -> Result<()> {
    let (db, now) = (app.db.read(), app.clock.now());
    let id = ActivityId(Uuid::now_v7());
    let term = term::Entity::of(committee)
        .one(db)
        .await?
        .context("a term")?;
    let group = group::Entity::of(committee)
        .one(db)
        .await?
        .context("a group")?;
    let members = member::Entity::of(committee)
        .order_by_asc(member::Column::Id)
        .all(db)
        .await?;
    let activity = activity::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        term_id: Set(term.id),
        group_id: Set(group.id),
        kind: Set(ActivityKind::Study),
        mode: Set(ActivityMode::AnnualPlan),
        title: Set("全体学习".to_owned()),
        content: Set("请准时参加。".to_owned()),
        venue: Set("第一驿站".to_owned()),
        latitude: Set(None),
        longitude: Set(None),
        radius_m: Set(None),
        starts_at: Set(now + TimeDelta::hours(1)),
        ends_at: Set(now + TimeDelta::hours(4)),
        opens_at: Set(now - TimeDelta::hours(1)),
        closes_at: Set(now + TimeDelta::hours(3)),
        late_after: Set(now + TimeDelta::hours(2)),
        reply_by: Set(now),
        sessions: Set(None),
        min_share_percent: Set(None),
        lead_reason: Set(None),
        audience: Set(serde_json::json!({ "groups": [group.id], "members": [] })),
        status: Set(ActivityStatus::Published),
        status_reason: Set(None),
        created_by: Set(AccountId(Uuid::now_v7())),
        submitted_by: Set(None),
        approved_by: Set(None),
        published_at: Set(Some(now)),
        closed_at: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let invited: Vec<_> = members
        .iter()
        .map(|member| attendance::ActiveModel {
            committee_id: Set(committee),
            id: Set(AttendanceId(Uuid::now_v7())),
            activity_id: Set(id),
            member_id: Set(member.id),
            group_id: Set(member.group_id),
            status: Set(AttendanceStatus::Invited),
            original_status: Set(None),
            source: Set(None),
            reply: Set(Reply::None),
            replied_at: Set(None),
            leave_reason: Set(None),
            checked_in_at: Set(None),
            late: Set(false),
            offline: Set(false),
            needs_review: Set(false),
            checked_out_at: Set(None),
            rolled_by: Set(None),
            roll_reason: Set(None),
            read_at: Set(None),
            settled_at: Set(None),
            sessions_attended: Set(None),
            sessions_total: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
        })
        .collect();
    app.db
        .housekeeping(async |txn| {
            activity::Entity::insert(activity)
                .exec_without_returning(txn)
                .await?;
            for chunk in invited.chunks(500) {
                attendance::Entity::insert_many(chunk.to_vec())
                    .exec_without_returning(txn)
                    .await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}
