//! What becomes of a wish for leave.
//!
//! Whoever changes a request holds its activity and locks the member's attendance before
//! ([`part`]), so that there is at most one request per pair that counts.

use domain::activity::ActivityStatus;
use domain::attendance::Reply;
use domain::authority::{Role, Standing};
use domain::ids::{LeaveRequestId, MemberId};
use domain::leave::{LeaveReason, LeaveState, LeaveStep, approver_is_leader, ask as begin};
use domain::notice::NoticePurpose;
use entity::{Scoped, activity, attendance, leave_request};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use serde_json::json;

use crate::access::{On, op};
use crate::activity::service::part;
use crate::activity::status_now;
use crate::app::App;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::notice::{Announcement, announce};

/// Why somebody wishes for leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Kind of reason.
    pub reason_code: LeaveReason,
    /// In his words.
    pub reason: String,
}

/// A request that was made, or that was there already.
#[derive(Debug)]
pub struct Asked {
    /// The request.
    pub row: leave_request::Model,
    /// Whether the same had been asked before.
    pub repeated: bool,
}

/// Asks for leave on the member's behalf, who holds his locked part.
///
/// What staff registered for him is confirmed by it, in his own words.
///
/// # Errors
/// `leave_already_asked` when another wish of his still counts.
pub async fn ask(
    write: &mut Write,
    activity: &activity::Model,
    member: MemberId,
    wish: &Wish,
) -> Result<Asked> {
    if let Some(latest) = latest(write, activity, member).await? {
        let same = latest.reason_code == wish.reason_code && latest.reason == wish.reason;
        match latest.state {
            LeaveState::Requested
            | LeaveState::LateRequest
            | LeaveState::Approved
            | LeaveState::Refused
                if same =>
            {
                return Ok(Asked {
                    row: latest,
                    repeated: true,
                });
            }
            LeaveState::Requested | LeaveState::LateRequest | LeaveState::Approved => {
                return Err(ApiError::with(
                    Code::LeaveAlreadyAsked,
                    "已提交过请假申请，如需更改请先撤回",
                ));
            }
            LeaveState::Registered => {
                let state = step(&latest, LeaveStep::Confirm)?;
                let mut change = latest.into_active_model();
                change.state = Set(state);
                change.reason_code = Set(wish.reason_code);
                change.reason = Set(wish.reason.clone());
                return Ok(Asked {
                    row: change.update(&write.txn).await?,
                    repeated: false,
                });
            }
            LeaveState::Refused | LeaveState::Withdrawn => {}
        }
    }
    let state = begin(write.at, activity.starts_at);
    Ok(Asked {
        row: insert(write, activity, member, wish, state).await?,
        repeated: false,
    })
}

/// Withdraws whatever request of the member still counts, because he comes after all.
pub async fn take_back(
    write: &mut Write,
    activity: &activity::Model,
    member: MemberId,
) -> Result<Option<leave_request::Model>> {
    let latest = latest(write, activity, member).await?;
    let Some(latest) = latest.filter(|row| row.state.withdrawable(write.at, activity.starts_at))
    else {
        return Ok(None);
    };
    let state = step(&latest, LeaveStep::Withdraw)?;
    let mut change = latest.into_active_model();
    change.state = Set(state);
    Ok(Some(change.update(&write.txn).await?))
}

/// Registers a leave that a member asked for by phone; he confirms it later.
pub async fn register(
    app: &App,
    on: &On<op::LeaveRegister, activity::Model>,
    member: MemberId,
    wish: Wish,
) -> Result<leave_request::Model> {
    on.write(app, async |write| {
        let (activity, attendance) = part(write, on.row.id, member).await?;
        if status_now(&activity, write.at) != ActivityStatus::Published {
            return Err(ApiError::with(
                Code::ReplyClosed,
                "活动未发布或已开始，不能代为登记请假",
            ));
        }
        if attendance.checked_in_at.is_some() {
            return Err(ApiError::with(
                Code::ReplyClosed,
                "该委员已签到，不能再请假",
            ));
        }
        let counts = latest(write, &activity, member)
            .await?
            .is_some_and(|row| row.state.open() || row.state == LeaveState::Approved);
        if counts {
            return Err(ApiError::new(Code::LeaveAlreadyAsked));
        }
        let row = insert(write, &activity, member, &wish, LeaveState::Registered).await?;
        let mut change = attendance.into_active_model();
        change.reply = Set(Reply::Leave);
        change.replied_at = Set(Some(write.at));
        change.updated_at = Set(write.at);
        change.update(&write.txn).await?;
        record(write, &row);
        Ok(row)
    })
    .await
}

/// Confirms what was registered for the caller.
pub async fn confirm(
    app: &App,
    on: &On<op::LeaveRequest, leave_request::Model>,
) -> Result<leave_request::Model> {
    on.write(app, async |write| {
        let (activity, _attendance) = part(write, on.row.activity_id, on.row.member_id).await?;
        let row = locked(write, on.row.id).await?;
        if !status_now(&activity, write.at).open() {
            return Err(ApiError::new(Code::ReplyClosed));
        }
        let state = step(&row, LeaveStep::Confirm)?;
        let mut change = row.into_active_model();
        change.state = Set(state);
        let row = change.update(&write.txn).await?;
        record(write, &row);
        Ok(row)
    })
    .await
}

/// Withdraws a request of the caller's; he has then not replied.
pub async fn withdraw(
    app: &App,
    on: &On<op::LeaveRequest, leave_request::Model>,
) -> Result<leave_request::Model> {
    on.write(app, async |write| {
        let (activity, attendance) = part(write, on.row.activity_id, on.row.member_id).await?;
        let row = locked(write, on.row.id).await?;
        if row.state == LeaveState::Withdrawn {
            write.unchanged();
            return Ok(row);
        }
        let state = step(&row, LeaveStep::Withdraw)?;
        if !row.state.withdrawable(write.at, activity.starts_at) {
            return Err(ApiError::with(
                Code::WrongStep,
                "活动已开始，已批准的请假不能撤回",
            ));
        }
        let mut change = row.into_active_model();
        change.state = Set(state);
        let row = change.update(&write.txn).await?;
        // What was settled stays as it was found.
        if attendance.settled_at.is_none() {
            let mut change = attendance.into_active_model();
            change.reply = Set(Reply::None);
            change.replied_at = Set(None);
            change.leave_reason = Set(None);
            change.updated_at = Set(write.at);
            change.update(&write.txn).await?;
        }
        record(write, &row);
        Ok(row)
    })
    .await
}

/// Approves or refuses a request. The same decision of the same person once more changes nothing.
pub async fn decide(
    app: &App,
    on: &On<op::LeaveDecide, leave_request::Model>,
    approve: bool,
    note: Option<String>,
) -> Result<leave_request::Model> {
    if on.caller.member_id() == Some(on.row.member_id) {
        return Err(ApiError::with(
            Code::SecondPersonRequired,
            "不能审批本人的请假",
        ));
    }
    let row = on
        .write(app, async |write| {
            let (activity, attendance) = part(write, on.row.activity_id, on.row.member_id).await?;
            if approver_is_leader(activity.kind)
                && !on.caller.standings().contains(&Standing::Office)
            {
                return Err(ApiError::forbidden([Role::Office].into_iter()));
            }
            let row = locked(write, on.row.id).await?;
            let (by, outcome) = if approve {
                (LeaveStep::Approve, LeaveState::Approved)
            } else {
                (LeaveStep::Refuse, LeaveState::Refused)
            };
            let account = on.caller.account_id();
            if row.state == outcome && row.decided_by == Some(account) {
                write.unchanged();
                return Ok(row);
            }
            let state = step(&row, by)?;
            if !status_now(&activity, write.at).open() {
                return Err(ApiError::with(
                    Code::Conflict,
                    "活动已结束或取消，请假不再审批；出勤有误请办理补签",
                ));
            }
            let mut change = row.into_active_model();
            change.state = Set(state);
            change.decided_by = Set(Some(account));
            change.decided_at = Set(Some(write.at));
            change.note = Set(note.clone());
            let row = change.update(&write.txn).await?;
            let mut change: attendance::ActiveModel = attendance.into_active_model();
            change.leave_reason = Set(approve.then_some(row.reason_code));
            change.updated_at = Set(write.at);
            change.update(&write.txn).await?;
            record(write, &row);
            let said = note.as_ref().map_or_else(
                || state.zh().to_owned(),
                |note| format!("{}。{note}", state.zh()),
            );
            let announcement = Announcement {
                activity: &activity,
                purpose: NoticePurpose::LeaveDecided,
                members: vec![row.member_id],
                reason: Some(said),
            };
            announce(app, write, announcement).await?;
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    Ok(row)
}

fn step(row: &leave_request::Model, step: LeaveStep) -> Result<LeaveState> {
    row.state.after(step).map_err(|wrong| {
        ApiError::with(
            Code::WrongStep,
            format!("请假当前为“{}”，不能{}", wrong.state.zh(), wrong.step.zh()),
        )
    })
}

/// The audit entry says which words were exchanged, not the member's reason.
fn record(write: &mut Write, row: &leave_request::Model) {
    write.about("leave_request", row.id);
    write.detail(json!({ "activity_id": row.activity_id, "member_id": row.member_id, "reason_code": row.reason_code, "state": row.state }));
}

async fn locked(write: &Write, id: LeaveRequestId) -> Result<leave_request::Model> {
    found(
        leave_request::Entity::find_by_id((write.committee, id))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )
}

/// The member's latest request for this activity: the one that counts, if any does.
async fn latest(
    write: &Write,
    activity: &activity::Model,
    member: MemberId,
) -> Result<Option<leave_request::Model>> {
    let latest = leave_request::Entity::of(write.committee)
        .filter(leave_request::Column::ActivityId.eq(activity.id))
        .filter(leave_request::Column::MemberId.eq(member))
        .order_by_desc(leave_request::Column::CreatedAt)
        .order_by_desc(leave_request::Column::Id)
        .lock_exclusive()
        .one(&write.txn)
        .await?;
    Ok(latest)
}

async fn insert(
    write: &Write,
    activity: &activity::Model,
    member: MemberId,
    wish: &Wish,
    state: LeaveState,
) -> Result<leave_request::Model> {
    let row = leave_request::ActiveModel {
        committee_id: Set(write.committee),
        id: Set(LeaveRequestId::new(write.at, random())),
        activity_id: Set(activity.id),
        member_id: Set(member),
        reason_code: Set(wish.reason_code),
        reason: Set(wish.reason.clone()),
        state: Set(state),
        registered_by: Set(write.account().filter(|_| state == LeaveState::Registered)),
        decided_by: Set(None),
        decided_at: Set(None),
        note: Set(None),
        created_at: Set(write.at),
    };
    Ok(row.insert(&write.txn).await?)
}
