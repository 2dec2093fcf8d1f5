//! The leaders' adoption of the plans of a year: all of them, by one document, and not by the hand
//! that put them together.

use std::collections::HashMap;

use domain::ids::{GroupId, PlanId};
use domain::plan::{PlanStatus, PlanStep};
use entity::{Scoped, group, plan};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use crate::access::{Permit, op, second_person};
use crate::app::App;
use crate::error::{ApiError, Code, Result};

/// Enters that the leaders adopted the plans of a year, by which document.
///
/// Every group needs an accepted plan. A group that came later in the year is adopted later, by a
/// document of its own; what was adopted before stands.
pub async fn adopt(
    app: &App,
    permit: &Permit<op::PlanAdopt>,
    year: i32,
    document: &str,
) -> Result<Vec<plan::Model>> {
    use plan::Column as C;
    permit
        .write(app, async |write| {
            let groups = group::Entity::of(write.committee)
                .order_by_asc(group::Column::Ordinal)
                .all(&write.txn)
                .await?;
            let plans = plan::Entity::of(write.committee)
                .filter(C::Year.eq(year))
                .order_by_asc(C::Id)
                .lock_exclusive()
                .all(&write.txn)
                .await?;
            check_complete(&groups, &plans)?;
            let accepted: Vec<_> = plans
                .iter()
                .filter(|plan| plan.status.after(PlanStep::Adopt).is_ok())
                .collect();
            if accepted.is_empty() {
                let detail = format!("{year} 年度计划已全部通过");
                return Err(ApiError::with(Code::WrongStep, detail));
            }
            let acceptors: Vec<_> = accepted
                .iter()
                .filter_map(|plan| plan.accepted_by)
                .collect();
            second_person(
                write,
                &permit.caller,
                &acceptors,
                &[],
                "汇总计划的人不能办理通过，须由另一人办理",
            )
            .await?;

            let ids: Vec<PlanId> = accepted.iter().map(|plan| plan.id).collect();
            plan::Entity::update_many()
                .col_expr(C::Status, Expr::value(PlanStatus::Adopted))
                .col_expr(C::AdoptedBy, Expr::value(permit.caller.account_id()))
                .col_expr(C::AdoptedAt, Expr::value(write.at))
                .col_expr(C::AdoptedDocument, Expr::value(document))
                .col_expr(C::UpdatedAt, Expr::value(write.at))
                .col_expr(C::Version, Expr::col(C::Version).add(1))
                .filter(C::CommitteeId.eq(write.committee))
                .filter(C::Id.is_in(ids.iter().copied()))
                .exec(&write.txn)
                .await?;
            write.about("plans", year);
            write.detail(json!({ "document": document, "plans": ids }));
            Ok(plan::Entity::of(write.committee)
                .filter(C::Year.eq(year))
                .all(&write.txn)
                .await?)
        })
        .await
}

/// Every group has a plan that is accepted or adopted already.
fn check_complete(groups: &[group::Model], plans: &[plan::Model]) -> Result<()> {
    let stands: HashMap<GroupId, PlanStatus> = plans
        .iter()
        .map(|plan| (plan.group_id, plan.status))
        .collect();
    let missing: Vec<_> = groups
        .iter()
        .filter(|group| !stands.get(&group.id).is_some_and(|status| status.ready()))
        .map(|group| {
            let stands = stands.get(&group.id).map_or("未起草", |status| status.zh());
            format!("{}（{stands}）", group.name)
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let detail = format!("以下活动组的年度计划尚未汇总：{}", missing.join("、"));
    Err(ApiError::with(Code::PlansIncomplete, detail))
}
