//! What stands in the database before the first check-in: one committee, its members signed in,
//! and activities whose window is open and to which everybody is invited. For the load generator
//! and the drills, which run on the machine's own clock.

use anyhow::{Context, Result};
use api::app::App;
use api::demo::world::official_account;
use api::founding::{self, Account, Credentials, Founding, Group, Term};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::activity::{ActivityKind, ActivityMode, ActivityStatus};
use domain::checkin::{CodeKey, CodeKeys};
use domain::ids::{AccountId, ActivityId, CommitteeId};
use domain::people::SeatKind;
use entity::{Scoped, activity as activity_table, checkin, committee, group, term};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder, Set,
    Statement,
};
use uuid::Uuid;

use crate::crowd::{self, OneOfMany};

/// The committee's code.
pub use api::demo::world::COMMITTEE;

/// Everybody is invited by one statement: `$1` the activity, `$2` the time, `$3` the committee.
const INVITE_NEW: &str = "\
INSERT INTO attendance (committee_id, activity_id, member_id, group_id, created_at, updated_at, status, reply, \
                        late, offline, needs_review, id) \
SELECT committee_id, $1, id, group_id, $2, $2, 'invited', 'none', false, false, false,";
const INVITE_ALL: &str = "FROM member WHERE committee_id = $3";
/// The digit with which the service's codes begin.
const KEY_ID: u8 = 1;

/// Writes the committee with so many members, each invited to each of so many activities; hands back
/// the credentials of its `office`.
pub async fn set(
    app: &App,
    members: usize,
    activities: usize,
) -> Result<(CommitteeId, Vec<Credentials>)> {
    let (committee, credentials) = founding::found(app, &founding(app)).await?;
    crowd::gather(app, committee, members).await?;
    let now = app.clock.now();
    for _ in 0..activities {
        activity(app, committee, now).await?;
    }
    Ok((committee, credentials))
}

/// Adds an activity whose check-in is over, to which everybody had been invited.
pub async fn closed_activity(app: &App, committee: CommitteeId) -> Result<ActivityId> {
    activity(app, committee, app.clock.now() - TimeDelta::days(1)).await
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
    /// Who was invited.
    pub crowd: Vec<OneOfMany>,
    /// An access token of each of them, issued when this was read.
    pub tokens: Vec<String>,
}

impl Act {
    /// An access token of one of the crowd, valid now.
    pub fn token(&self, app: &App, number: usize) -> Result<String> {
        let one = &self.crowd[number..=number];
        Ok(crowd::tokens(app, self.committee, one)?.remove(0))
    }
}

/// Reads the activity of that place in the order in which they were written.
pub async fn act(app: &App, place: usize) -> Result<Act> {
    let db = app.db.read();
    let committee = committee::Entity::find()
        .filter(committee::Column::Code.eq(COMMITTEE))
        .one(db)
        .await?
        .context("the database was not prepared")?;
    let activities = activity_table::Entity::of(committee.id)
        .order_by_asc(activity_table::Column::Id)
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
        crowd,
    })
}

/// The `client_id` of every check-in that is there.
pub async fn phones(app: &App, act: &Act) -> Result<Vec<String>> {
    let rows = checkin::Entity::of(act.committee)
        .filter(checkin::Column::ActivityId.eq(act.activity))
        .all(app.db.read())
        .await?;
    Ok(rows.into_iter().map(|row| row.client_id).collect())
}

fn founding(app: &App) -> Founding {
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
            // Who is told of anything is told by the station's account, where there is a WeChat.
            app_id: (!app.config.wechat.apps.is_empty()).then(|| official_account(0)),
        }],
        accounts: vec![Account {
            username: "office".to_owned(),
            display_name: "办公室".to_owned(),
            seat: SeatKind::Office,
            special_committee: None,
        }],
    }
}

/// An activity whose check-in opened an hour before `now`.
async fn activity(app: &App, committee: CommitteeId, now: DateTime<Utc>) -> Result<ActivityId> {
    let db = app.db.read();
    let id = ActivityId(Uuid::now_v7());
    let term = term::Entity::of(committee)
        .one(db)
        .await?
        .context("a term")?;
    let group = group::Entity::of(committee)
        .one(db)
        .await?
        .context("a group")?;
    let activity = activity_table::ActiveModel {
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
    app.db
        .housekeeping(async |txn| {
            activity_table::Entity::insert(activity)
                .exec_without_returning(txn)
                .await?;
            let backend = txn.get_database_backend();
            let new_id = match backend {
                DatabaseBackend::Sqlite => "randomblob(16)",
                _ => "gen_random_uuid()",
            };
            let invite = format!("{INVITE_NEW} {new_id} {INVITE_ALL}");
            let values = [id.0.into(), now.into(), committee.0.into()];
            txn.execute_raw(Statement::from_sql_and_values(backend, invite, values))
                .await?;
            Ok(())
        })
        .await?;
    Ok(id)
}
