//! The list between proposal and publication: opened to the groups, settled by the office,
//! confirmed by a second person, given back or cancelled.

use std::collections::BTreeMap;

use domain::ids::ReviewCandidateId;
use domain::people::SeatKind;
use domain::review::{ReviewStatus, ReviewStep};
use domain::score::{Outcome, Partition, Places, Review};
use domain::time::local_date;
use entity::{Scoped, review, review_candidate, seat};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, Set,
};
use serde_json::json;

use super::{
    candidates_of, listed_members, lock, lock_as_seen, moved, preparers, require_fresh, rule_of,
    step, tell, tell_all, touched,
};
use crate::access::{On, op, second_person};
use crate::app::App;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::IfMatch;

/// Lets the groups nominate.
pub async fn open(
    app: &App,
    on: &On<op::ReviewWrite, review::Model>,
    seen: IfMatch,
) -> Result<review::Model> {
    require_fresh(app, &on.row).await?;
    on.write(app, async |write| {
        let row = lock_as_seen(write, &on.row, seen).await?;
        let status = step(row.status, ReviewStep::Open)?;
        if rule_of(&row)?.nominations.is_none() {
            return Err(ApiError::with(
                Code::WrongStep,
                "这项评议没有各组推荐的环节",
            ));
        }
        let (id, title) = (row.id, row.title.clone());
        let mut row = touched(write, row);
        row.status = Set(status);
        let row = moved(write, row).await?;
        let body = "请在本组名额内推荐人选并写明理由。";
        tell(
            write,
            id,
            &conveners(write).await?,
            &format!("推荐人选：{title}"),
            body,
        )
        .await?;
        Ok(row)
    })
    .await
}

async fn conveners(write: &Write) -> Result<Vec<domain::ids::MemberId>> {
    use seat::Column as C;
    let today = local_date(write.at);
    let mut members: Vec<domain::ids::MemberId> = seat::Entity::of(write.committee)
        .filter(C::Kind.eq(SeatKind::Convener))
        .filter(C::MemberId.is_not_null())
        .filter(C::ConfirmedAt.is_not_null())
        .filter(C::FromDate.lte(today))
        .filter(
            Condition::any()
                .add(C::ToDate.is_null())
                .add(C::ToDate.gte(today)),
        )
        .select_only()
        .column(C::MemberId)
        .into_tuple()
        .all(&write.txn)
        .await?;
    members.sort_unstable();
    members.dedup();
    Ok(members)
}

/// What the office settles about one candidate; the texts are checked already.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// Whether he stands on the list.
    pub listed: bool,
    /// Why.
    pub reason: String,
    /// On what basis.
    pub basis: String,
}

/// Puts somebody on the list or takes him off, or decides a tie; what the rules propose stays
/// beside it.
pub async fn put(
    app: &App,
    on: &On<op::ReviewWrite, review::Model>,
    candidate: ReviewCandidateId,
    settlement: &Settlement,
) -> Result<review::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id).await?;
        if !row.status.editable() {
            let detail = format!("评议当前为「{}」，名单不能修改", row.status.zh());
            return Err(ApiError::with(Code::WrongStep, detail));
        }
        let one = found(
            review_candidate::Entity::find_by_id((write.committee, candidate))
                .filter(review_candidate::Column::ReviewId.eq(row.id))
                .lock_exclusive()
                .one(&write.txn)
                .await?,
        )?;
        let himself: Vec<_> = one.member_id.into_iter().collect();
        second_person(write, &on.caller, &[], &himself, "本人的事须由另一人办理").await?;
        let mut one = one.into_active_model();
        one.listed = Set(settlement.listed);
        one.settled_by = Set(Some(on.caller.account_id()));
        one.settled_reason = Set(Some(settlement.reason.clone()));
        one.settled_basis = Set(Some(settlement.basis.clone()));
        one.settled_at = Set(Some(write.at));
        one.update(&write.txn).await?;
        let row = touched(write, row).update(&write.txn).await?;
        write.detail(json!({
            "candidate_id": candidate, "listed": settlement.listed,
            "reason": settlement.reason, "basis": settlement.basis,
        }));
        Ok(row)
    })
    .await
}

/// Settles the list: every tie is decided, and no partition has more on it than it has places.
pub async fn settle(
    app: &App,
    on: &On<op::ReviewWrite, review::Model>,
    seen: IfMatch,
) -> Result<review::Model> {
    require_fresh(app, &on.row).await?;
    on.write(app, async |write| {
        let row = lock_as_seen(write, &on.row, seen).await?;
        let status = step(row.status, ReviewStep::Settle)?;
        let rule = rule_of(&row)?;
        if rule.nominations.is_some() && row.status == ReviewStatus::Draft {
            let detail = "这项评议由各组推荐，请先开放推荐";
            return Err(ApiError::with(Code::WrongStep, detail));
        }
        let candidates = candidates_of(&write.txn, write.committee, row.id).await?;
        check_ties(&candidates)?;
        let places: BTreeMap<String, Places> =
            serde_json::from_value(row.places.clone()).map_err(ApiError::internal)?;
        check_places(&rule, &places, &candidates)?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.status_reason = Set(None);
        row.settled_by = Set(Some(on.caller.account_id()));
        row.settled_at = Set(Some(write.at));
        moved(write, row).await
    })
    .await
}

fn check_ties(candidates: &[review_candidate::Model]) -> Result<()> {
    let open: Vec<_> = candidates
        .iter()
        .filter(|row| row.outcome == Outcome::Tied && row.settled_at.is_none())
        .map(|row| row.name.as_str())
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let detail = format!("以下人员并列，须逐人研究并写明理由：{}", open.join("、"));
    Err(ApiError::with(Code::TiesOpen, detail))
}

/// Equals whom the rulebook lists together may be more than the places; nobody else may.
fn check_places(
    rule: &Review,
    places: &BTreeMap<String, Places>,
    candidates: &[review_candidate::Model],
) -> Result<()> {
    let Some(pick) = &rule.pick else {
        return Ok(());
    };
    let mut on_list: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in candidates {
        let (listed, proposed) = on_list.entry(partition(row, pick.per)).or_default();
        *listed += usize::from(row.listed);
        *proposed += usize::from(row.outcome == Outcome::In);
    }
    for (among, (listed, proposed)) in on_list {
        let allowed = places.get(among).map_or(0, |one| one.places as usize);
        if allowed.max(proposed) < listed {
            let among = if among.is_empty() { "全体" } else { among };
            let detail = format!("{among}名额 {allowed} 个，名单上有 {listed} 人");
            return Err(ApiError::with(Code::PlacesFull, detail));
        }
    }
    Ok(())
}

/// The name of the partition a candidate is in.
fn partition(row: &review_candidate::Model, per: Partition) -> &str {
    per.named(match per {
        Partition::Whole => None,
        Partition::Group => Some(&row.group_name),
        Partition::Sector => row.sector_name.as_deref(),
        Partition::SpecialCommittee => row.special_committee_name.as_deref(),
        Partition::Position => row.position.map(domain::people::Position::as_str),
    })
}

/// Confirms a settled list, as a second person.
pub async fn confirm(
    app: &App,
    on: &On<op::ReviewConfirm, review::Model>,
    seen: IfMatch,
) -> Result<review::Model> {
    require_fresh(app, &on.row).await?;
    on.write(app, async |write| {
        let row = lock_as_seen(write, &on.row, seen).await?;
        let status = step(row.status, ReviewStep::Confirm)?;
        let candidates = candidates_of(&write.txn, write.committee, row.id).await?;
        second_person(
            write,
            &on.caller,
            &preparers(&row, &candidates),
            &listed_members(&candidates),
            "名单须由没有参与起草、也不在名单上的另一人复核",
        )
        .await?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.confirmed_by = Set(Some(on.caller.account_id()));
        row.confirmed_at = Set(Some(write.at));
        moved(write, row).await
    })
    .await
}

/// Gives a review back to be drafted anew. A publication is taken back, and everybody is told.
pub async fn give_back(
    app: &App,
    on: &On<op::ReviewWrite, review::Model>,
    seen: IfMatch,
    reason: String,
) -> Result<review::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id).await?;
        seen.check(row.version)?;
        let status = step(row.status, ReviewStep::Return)?;
        let was_public = row.published_at.is_some();
        let (id, title) = (row.id, row.title.clone());
        let mut row = touched(write, row);
        row.status = Set(status);
        row.status_reason = Set(Some(reason.clone()));
        row.settled_by = Set(None);
        row.settled_at = Set(None);
        row.confirmed_by = Set(None);
        row.confirmed_at = Set(None);
        row.published_by = Set(None);
        row.published_at = Set(None);
        row.published_until = Set(None);
        row.until_reason = Set(None);
        row.presented_by = Set(None);
        row.presented_at = Set(None);
        let row = row.update(&write.txn).await?;
        if was_public {
            let body = format!("原公示名单撤回，原因：{reason}");
            tell_all(write, id, &format!("公示撤回：{title}"), &body).await?;
        }
        write.detail(json!({ "status": row.status, "version": row.version, "reason": reason }));
        Ok(row)
    })
    .await
}

/// Ends a review without a decision.
pub async fn cancel(
    app: &App,
    on: &On<op::ReviewWrite, review::Model>,
    seen: IfMatch,
    reason: String,
) -> Result<review::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id).await?;
        seen.check(row.version)?;
        let status = step(row.status, ReviewStep::Cancel)?;
        let was_public = row.published_at.is_some();
        let (id, title) = (row.id, row.title.clone());
        let mut row = touched(write, row);
        row.status = Set(status);
        row.status_reason = Set(Some(reason.clone()));
        let row = row.update(&write.txn).await?;
        if was_public {
            let body = format!("这项评议已终止，原因：{reason}");
            tell_all(write, id, &format!("评议终止：{title}"), &body).await?;
        }
        write.detail(json!({ "status": row.status, "version": row.version, "reason": reason }));
        Ok(row)
    })
    .await
}
