//! Corrections (补签): asked for with a reason inside a window, decided by a second person.
//!
//! What an approval does to the attendance and its facts is left to [`super::mend`].

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, NaiveTime, Utc};
use domain::activity::ActivityStatus;
use domain::attendance::{AttendanceStatus, CorrectionState};
use domain::authority::{Operation, Reach, Scope, roles};
use domain::calendar::add_workdays;
use domain::content::{ContentField, ContentKind};
use domain::ids::{ActivityId, CommitteeId, CorrectionId, FileId, MemberId};
use domain::notice::NoticePurpose;
use domain::time::{instant, local_date};
use entity::{Scoped, activity, attendance, committee, correction, member};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select, Set,
};
use serde_json::json;
use uuid::Uuid;

use super::mend::mend;
use super::refusal::moment;
use super::roll::names;

use crate::access::{Caller, Guarded, On, Permit, op, second_person};
use crate::app::App;
use crate::content::service as content;
use crate::crypto::random;
use crate::db::found;
use crate::error::{ApiError, Code, Result};
use crate::files::service::not_own;
use crate::notice::{Announcement, announce};

impl Guarded for correction::Model {
    const PARAM: &'static str = "correction_id";
    const READ: Operation = Operation::CorrectionList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(
            correction::Entity::find_by_id((committee, CorrectionId(id)))
                .one(app.db.read())
                .await?,
        )
    }

    /// A correction lies with its member and the group he belongs to today.
    async fn scope(&self, app: &App, _: &Caller) -> Result<Scope> {
        let member = found(
            member::Entity::find_by_id((self.committee_id, self.member_id))
                .one(app.db.read())
                .await?,
        )?;
        Ok(Scope {
            groups: vec![member.group_id],
            member: Some(member.id),
        })
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Wish {
    /// For whom; the caller himself unless said otherwise.
    pub member: Option<MemberId>,
    /// Kind of reason.
    pub reason_code: String,
    /// In words.
    pub reason: String,
    /// Files that show it.
    pub evidence: Vec<FileId>,
}

/// A correction with the names a person reads.
#[derive(Clone, Debug)]
pub struct Named {
    /// The row.
    pub row: correction::Model,
    /// How the member is called.
    pub member: String,
    /// How the activity is called.
    pub activity: String,
}

/// Asks for a correction: a member for himself, a convener or staff for who is in reach.
pub async fn request(
    app: &App,
    on: &On<op::CorrectionRequest, activity::Model>,
    wish: Wish,
) -> Result<Named> {
    let own = on.reach.member;
    let member = wish
        .member
        .or(own)
        .ok_or_else(|| ApiError::field("/member_id", "required", "须写明为哪位委员申请"))?;
    let organizes = on.reach.committee || !on.reach.groups.is_empty();
    let forbidden = || ApiError::forbidden(roles(Operation::CorrectionRequest));
    if own != Some(member) && !organizes {
        return Err(forbidden());
    }
    own_files(app, on, &wish.evidence).await?;
    let committee = found(
        committee::Entity::find_by_id(on.committee())
            .one(app.db.read())
            .await?,
    )?;
    let person = found(
        member::Entity::find_by_id((on.committee(), member))
            .one(app.db.read())
            .await?,
    )?;
    if !on.reach.covers(&Scope {
        groups: vec![person.group_id],
        member: Some(member),
    }) {
        return Err(forbidden());
    }
    let row = on
        .write(app, async |write| {
            let activity = found(activity::Entity::find_by_id((write.committee, on.row.id)).lock_shared().one(&write.txn).await?)?;
            in_time(&activity, &committee, write.at)?;
            // The lock lets one request after the other see whether one is pending.
            let attendance = attendance::Entity::of(write.committee)
                .filter(attendance::Column::ActivityId.eq(activity.id))
                .filter(attendance::Column::MemberId.eq(member))
                .lock_exclusive()
                .one(&write.txn)
                .await?
                .ok_or_else(|| ApiError::with(Code::NotInvited, "该委员不在本次活动的参加名单中"))?;
            // Who was at one of several sessions has not been at all of them before that is settled.
            let undecided = attendance.settled_at.is_none() && activity.sessions.is_some();
            if attendance.status == AttendanceStatus::Present && !undecided {
                return Err(ApiError::with(Code::Conflict, "已为出席，无需补签"));
            }
            let pending = correction::Entity::of(write.committee)
                .filter(correction::Column::ActivityId.eq(activity.id))
                .filter(correction::Column::MemberId.eq(member))
                .filter(correction::Column::State.eq(CorrectionState::Requested))
                .count(&write.txn)
                .await?;
            if pending > 0 {
                return Err(ApiError::new(Code::CorrectionPending));
            }
            let row = correction::ActiveModel {
                committee_id: Set(write.committee),
                id: Set(CorrectionId::new(write.at, random())),
                activity_id: Set(activity.id),
                member_id: Set(member),
                reason_code: Set(wish.reason_code.clone()),
                reason: Set(wish.reason.clone()),
                evidence: Set(json!(wish.evidence)),
                state: Set(CorrectionState::Requested),
                original_status: Set(attendance.status),
                requested_by: Set(on.caller.account_id()),
                decided_by: Set(None),
                decided_at: Set(None),
                note: Set(None),
                created_at: Set(write.at),
            };
            let row = row.insert(&write.txn).await?;
            let texts = [(ContentField::Reason, row.reason.as_str())];
            content::check(app, write, &on.caller, (ContentKind::Correction, row.id.0), &texts).await?;
            write.about("correction", row.id);
            write.detail(json!({ "activity": activity.id, "member": member, "reason_code": row.reason_code }));
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    Ok(Named {
        row,
        member: person.name,
        activity: on.row.title.clone(),
    })
}

/// Evidence is what the one who asks uploaded himself; another's file is no file of his.
async fn own_files(
    app: &App,
    on: &On<op::CorrectionRequest, activity::Model>,
    evidence: &[FileId],
) -> Result<()> {
    let strange = not_own(
        app.db.read(),
        on.committee(),
        on.caller.account_id(),
        evidence,
    )
    .await?;
    match strange.first() {
        Some(index) => Err(ApiError::field(
            format!("/evidence_ids/{index}"),
            "unknown_file",
            "没有这个文件",
        )),
        None => Ok(()),
    }
}

/// From the opening of check-in until the end of the last workday of the window.
fn in_time(
    activity: &activity::Model,
    committee: &committee::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    if !activity.status.open() && activity.status != ActivityStatus::Closed {
        return Err(ApiError::with(
            Code::Conflict,
            "活动未发布或已取消，不能申请补签",
        ));
    }
    if now < activity.opens_at {
        return Err(ApiError::with(
            Code::CheckinTooEarly,
            format!("签到于{}开始，之后才能申请补签", moment(activity.opens_at)),
        ));
    }
    let closes = window_closes(activity.ends_at, committee.correction_workdays);
    if closes <= now {
        return Err(ApiError::with(
            Code::CorrectionClosed,
            format!(
                "补签须在活动后 {} 个工作日内申请，已于{}截止",
                committee.correction_workdays,
                moment(closes)
            ),
        ));
    }
    Ok(())
}

/// The first instant at which a correction is too late: the end of the last workday, in Shanghai.
fn window_closes(ends_at: DateTime<Utc>, workdays: i32) -> DateTime<Utc> {
    let last = add_workdays(local_date(ends_at), u32::try_from(workdays).unwrap_or(0)).date;
    last.checked_add_days(Days::new(1))
        .map_or(DateTime::<Utc>::MAX_UTC, |day| instant(day, NaiveTime::MIN))
}

/// Approves or refuses a correction; never by who asked, nor by the member himself.
pub async fn decide(
    app: &App,
    on: &On<op::CorrectionDecide, correction::Model>,
    approve: bool,
    note: Option<String>,
) -> Result<Named> {
    let row = on
        .write(app, async |write| {
            let row = found(
                correction::Entity::find_by_id((write.committee, on.row.id))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            let refusal = "补签须由申请人和委员本人以外的人审批";
            second_person(
                write,
                &on.caller,
                &[row.requested_by],
                &[row.member_id],
                refusal,
            )
            .await?;
            if row.state != CorrectionState::Requested {
                return Err(ApiError::with(
                    Code::WrongStep,
                    format!("该补签申请{}，不能再审批", row.state.zh()),
                ));
            }
            let activity = found(
                activity::Entity::find_by_id((write.committee, row.activity_id))
                    .lock_shared()
                    .one(&write.txn)
                    .await?,
            )?;
            if approve {
                mend(write, &activity, row.member_id).await?;
            }
            let member = row.member_id;
            let mut row = row.into_active_model();
            row.state = Set(if approve {
                CorrectionState::Approved
            } else {
                CorrectionState::Refused
            });
            row.decided_by = Set(write.account());
            row.decided_at = Set(Some(write.at));
            row.note = Set(note.clone());
            let row = row.update(&write.txn).await?;
            let verdict = match &note {
                Some(note) => format!("{}：{note}", row.state.zh()),
                None => row.state.zh().to_owned(),
            };
            let announcement = Announcement {
                activity: &activity,
                purpose: NoticePurpose::CorrectionDecided,
                members: vec![member],
                reason: Some(verdict),
            };
            announce(app, write, announcement).await?;
            write.about("correction", row.id);
            write.detail(
                json!({ "activity": row.activity_id, "member": member, "state": row.state }),
            );
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    let mut named = with_names(app, on.committee(), vec![row]).await?;
    named.pop().ok_or_else(ApiError::not_found)
}

/// One page of the corrections within reach, the latest first, and how many there are.
pub async fn list(
    app: &App,
    permit: &Permit<op::CorrectionList>,
    activity: Option<ActivityId>,
    state: Option<CorrectionState>,
    (skip, limit): (u64, u64),
) -> Result<(Vec<Named>, u64)> {
    let committee = permit.committee();
    let mut query = within(correction::Entity::of(committee), committee, &permit.reach);
    if let Some(activity) = activity {
        query = query.filter(correction::Column::ActivityId.eq(activity));
    }
    if let Some(state) = state {
        query = query.filter(correction::Column::State.eq(state));
    }
    let total = query.clone().count(app.db.read()).await?;
    let rows = query
        .order_by_desc(correction::Column::Id)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    Ok((with_names(app, committee, rows).await?, total))
}

/// The same as [`Guarded::scope`] says of one row, as a condition on many.
fn within(
    query: Select<correction::Entity>,
    committee: CommitteeId,
    reach: &Reach,
) -> Select<correction::Entity> {
    if reach.committee {
        return query;
    }
    let of_groups = Query::select()
        .column(member::Column::Id)
        .from(member::Entity)
        .and_where(member::Column::CommitteeId.eq(committee))
        .and_where(member::Column::GroupId.is_in(reach.groups.iter().copied()))
        .to_owned();
    query.filter(
        Condition::any()
            .add(correction::Column::MemberId.is_in(reach.member))
            .add(correction::Column::MemberId.in_subquery(of_groups)),
    )
}

async fn with_names(
    app: &App,
    committee: CommitteeId,
    rows: Vec<correction::Model>,
) -> Result<Vec<Named>> {
    let members = names(app, committee, rows.iter().map(|row| row.member_id)).await?;
    let ids: HashSet<ActivityId> = rows.iter().map(|row| row.activity_id).collect();
    let titles: HashMap<ActivityId, String> = activity::Entity::of(committee)
        .filter(activity::Column::Id.is_in(ids))
        .select_only()
        .columns([activity::Column::Id, activity::Column::Title])
        .into_tuple()
        .all(app.db.read())
        .await?
        .into_iter()
        .collect();
    let named = rows.into_iter().map(|row| Named {
        member: members
            .get(&row.member_id)
            .map(|member| member.name.clone())
            .unwrap_or_default(),
        activity: titles.get(&row.activity_id).cloned().unwrap_or_default(),
        row,
    });
    Ok(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_ends_with_the_third_workday() {
        // Friday 2026-11-27, 16:00 in Shanghai: Monday, Tuesday, Wednesday.
        let ends_at = "2026-11-27T08:00:00Z".parse().unwrap();
        let closes: DateTime<Utc> = "2026-12-02T16:00:00Z".parse().unwrap();
        assert_eq!(window_closes(ends_at, 3), closes);
    }
}
