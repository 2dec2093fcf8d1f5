//! What is still unsettled when a period is to be closed: once it is closed, every one of these
//! would need an amendment.

use chrono::{NaiveDate, NaiveTime};
use domain::activity::ActivityStatus;
use domain::attendance::CorrectionState;
use domain::duty::DutyStatus;
use domain::ids::{ActivityId, CommitteeId};
use domain::leave::LeaveState;
use domain::score::Period;
use domain::time::{instant, local_date};
use entity::{Scoped, activity, correction, duty_record, leave_request};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Result;

/// How many activities are named; the rest are only counted.
const NAMED: usize = 20;

/// What was found before closing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Findings {
    /// Whether the last day of the period is over.
    pub ended: bool,
    /// How many activities of the period are published and not closed.
    pub activities: u64,
    /// The first of them.
    pub unsettled: Vec<Unsettled>,
    /// How many duty records of the period wait for verification.
    pub duty_records: u64,
    /// How many requests for leave from activities of the period are undecided.
    pub leave_requests: u64,
    /// How many corrections of attendance in the period are undecided.
    pub corrections: u64,
}

/// An activity that is not closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unsettled {
    /// Its id.
    pub id: ActivityId,
    /// Its title.
    pub title: String,
    /// Its first day.
    pub on: NaiveDate,
}

impl Findings {
    /// What is unsettled in a period today.
    pub async fn of(
        db: &impl ConnectionTrait,
        committee: CommitteeId,
        period: Period,
        today: NaiveDate,
    ) -> Result<Self> {
        use activity::Column as A;
        let begins = instant(period.first, NaiveTime::MIN);
        let ends = instant(
            period.last.succ_opt().unwrap_or(period.last),
            NaiveTime::MIN,
        );
        let inside = || {
            Condition::all()
                .add(A::StartsAt.gte(begins))
                .add(A::StartsAt.lt(ends))
        };
        let of_period = || {
            activity::Entity::of(committee)
                .filter(inside())
                .select_only()
                .column(A::Id)
                .into_query()
        };
        let unsettled = activity::Entity::of(committee)
            .filter(inside())
            .filter(A::Status.is_in([ActivityStatus::Published, ActivityStatus::Running]))
            .order_by_asc(A::StartsAt)
            .order_by_asc(A::Id)
            .all(db)
            .await?;
        let duty_records = duty_record::Entity::of(committee)
            .filter(duty_record::Column::DoneOn.between(period.first, period.last))
            .filter(duty_record::Column::Status.is_in([DutyStatus::Submitted, DutyStatus::Checked]))
            .count(db)
            .await?;
        let leave_requests = leave_request::Entity::of(committee)
            .filter(leave_request::Column::State.is_in([
                LeaveState::Requested,
                LeaveState::Registered,
                LeaveState::LateRequest,
            ]))
            .filter(leave_request::Column::ActivityId.in_subquery(of_period()))
            .count(db)
            .await?;
        let corrections = correction::Entity::of(committee)
            .filter(correction::Column::State.eq(CorrectionState::Requested))
            .filter(correction::Column::ActivityId.in_subquery(of_period()))
            .count(db)
            .await?;
        Ok(Self {
            ended: period.last < today,
            activities: unsettled.len() as u64,
            unsettled: unsettled
                .into_iter()
                .take(NAMED)
                .map(|row| Unsettled {
                    id: row.id,
                    title: row.title,
                    on: local_date(row.starts_at),
                })
                .collect(),
            duty_records,
            leave_requests,
            corrections,
        })
    }

    /// Whether nothing stands in the way.
    pub const fn clear(&self) -> bool {
        self.ended
            && self.activities == 0
            && self.duty_records == 0
            && self.leave_requests == 0
            && self.corrections == 0
    }

    /// What stands in the way, as a person reads it.
    pub fn describe(&self) -> String {
        let counted = [
            (self.activities, "场活动尚未结束登记"),
            (self.duty_records, "件履职记录等待核实"),
            (self.leave_requests, "件请假尚未审批"),
            (self.corrections, "件补签尚未审批"),
        ];
        let ended = (!self.ended).then(|| "考核期尚未结束".to_owned());
        let counted = counted
            .into_iter()
            .filter(|(count, _)| 0 < *count)
            .map(|(count, what)| format!("{count} {what}"));
        ended
            .into_iter()
            .chain(counted)
            .collect::<Vec<_>>()
            .join("，")
    }
}
