//! Files as evidence: whoever decides on a duty record or a correction reads what shows it.

use domain::authority::{Operation, Reach};
use domain::ids::FileId;
use entity::{Scoped, correction, duty_record, member};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, PaginatorTrait, QueryFilter};

use crate::access::Caller;
use crate::app::App;
use crate::error::Result;

/// Whether a duty record or a correction that the caller may judge names the file.
pub(super) async fn shows(app: &App, caller: &Caller, file: FileId) -> Result<bool> {
    Ok(of_duty(app, caller, file).await? || of_correction(app, caller, file).await?)
}

/// Who may read a record may read what shows it.
async fn of_duty(app: &App, caller: &Caller, file: FileId) -> Result<bool> {
    let Some(reach) = Reach::of(Operation::DutyList, caller.standings()) else {
        return Ok(false);
    };
    let mut judged = Condition::any()
        .add(duty_record::Column::GroupId.is_in(reach.groups))
        .add(duty_record::Column::MemberId.is_in(reach.member));
    if reach.committee {
        judged = Condition::all();
    }
    let records = duty_record::Entity::of(caller.committee)
        .filter(judged)
        .filter(names(duty_record::Column::Evidence, file))
        .count(app.db.read())
        .await?;
    Ok(records > 0)
}

/// A correction may rest on something private, such as a medical certificate: besides the member
/// only those who decide it read its evidence.
async fn of_correction(app: &App, caller: &Caller, file: FileId) -> Result<bool> {
    let reach = Reach::of(Operation::CorrectionDecide, caller.standings()).unwrap_or_default();
    let of_groups = Query::select()
        .column(member::Column::Id)
        .from(member::Entity)
        .and_where(member::Column::CommitteeId.eq(caller.committee))
        .and_where(member::Column::GroupId.is_in(reach.groups))
        .to_owned();
    let mut judged = Condition::any()
        .add(correction::Column::MemberId.is_in(caller.member_id()))
        .add(correction::Column::MemberId.in_subquery(of_groups));
    if reach.committee {
        judged = Condition::all();
    }
    let corrections = correction::Entity::of(caller.committee)
        .filter(judged)
        .filter(names(correction::Column::Evidence, file))
        .count(app.db.read())
        .await?;
    Ok(corrections > 0)
}

/// The list of ids is JSON; an id is found in its text on both engines.
fn names(evidence: impl ColumnTrait, file: FileId) -> Expr {
    Expr::col(evidence)
        .cast_as("text")
        .like(format!("%{file}%"))
}
