//! Nominations: each group names its own, never more than it has places.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::content::{ContentField, ContentKind};
use domain::ids::{GroupId, MemberId, NominationId, ReviewCandidateId};
use domain::review::ReviewStatus;
use domain::score::Places;
use entity::{Scoped, nomination, review, review_candidate};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
};
use serde_json::json;

use super::lock;
use crate::access::{On, op, second_person};
use crate::app::App;
use crate::content::service as content;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::Fields;

/// Nominates members of the caller's groups. Whoever is nominated already stays so.
pub async fn nominate(
    app: &App,
    on: &On<op::ReviewNominate, review::Model>,
    members: &[MemberId],
    reason: &str,
) -> Result<review::Model> {
    let row = on
        .write(app, async |write| {
            // The lock on the review keeps two conveners of a group from taking the last place both.
            let row = lock(write, on.row.id).await?;
            require_nominating(&row)?;
            second_person(
                write,
                &on.caller,
                &[],
                members,
                "不能推荐本人，请由本组另一位召集人推荐",
            )
            .await?;
            let wanted = wanted(write, on, &row, members).await?;
            let earlier = nomination::Entity::of(write.committee)
                .filter(nomination::Column::ReviewId.eq(row.id))
                .all(&write.txn)
                .await?;
            let standing: HashSet<ReviewCandidateId> = earlier
                .iter()
                .filter(|one| one.withdrawn_at.is_none())
                .map(|one| one.candidate_id)
                .collect();
            let new: Vec<_> = wanted
                .into_iter()
                .filter(|one| !standing.contains(&one.id))
                .collect();
            if new.is_empty() {
                write.unchanged();
                return Ok(row);
            }
            check_places(&row, &earlier, &new)?;
            let mut earlier: HashMap<_, _> = earlier
                .into_iter()
                .map(|one| (one.candidate_id, one))
                .collect();
            for (candidate, member) in new.iter().filter_map(|one| Some((one, one.member_id?))) {
                let account = on.caller.account_id();
                let nomination = if let Some(withdrawn) = earlier.remove(&candidate.id) {
                    let mut again = withdrawn.into_active_model();
                    again.reason = Set(reason.to_owned());
                    again.nominated_by = Set(account);
                    again.created_at = Set(write.at);
                    again.withdrawn_by = Set(None);
                    again.withdrawn_at = Set(None);
                    again.update(&write.txn).await?
                } else {
                    let first = nomination::ActiveModel {
                        committee_id: Set(write.committee),
                        id: Set(NominationId::new(write.at, random())),
                        review_id: Set(row.id),
                        candidate_id: Set(candidate.id),
                        member_id: Set(member),
                        group_id: Set(candidate.group_id),
                        reason: Set(reason.to_owned()),
                        nominated_by: Set(account),
                        created_at: Set(write.at),
                        withdrawn_by: Set(None),
                        withdrawn_at: Set(None),
                    };
                    first.insert(&write.txn).await?
                };
                let subject = (ContentKind::Nomination, nomination.id.0);
                let texts = [(ContentField::Reason, reason)];
                content::check(app, write, &on.caller, subject, &texts).await?;
            }
            let candidates: Vec<_> = new.iter().map(|one| one.id).collect();
            write.detail(json!({ "candidates": candidates }));
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    Ok(row)
}

fn require_nominating(row: &review::Model) -> Result<()> {
    if row.status == ReviewStatus::Nominating {
        return Ok(());
    }
    let detail = format!("评议当前为「{}」，不在推荐期间", row.status.zh());
    Err(ApiError::with(Code::WrongStep, detail))
}

/// The candidates that are meant. One who is of no group of the caller's refuses them all.
async fn wanted(
    write: &Write,
    on: &On<op::ReviewNominate, review::Model>,
    row: &review::Model,
    members: &[MemberId],
) -> Result<Vec<review_candidate::Model>> {
    let found: HashMap<MemberId, review_candidate::Model> =
        review_candidate::Entity::of(write.committee)
            .filter(review_candidate::Column::ReviewId.eq(row.id))
            .filter(review_candidate::Column::MemberId.is_in(members.iter().copied()))
            .filter(review_candidate::Column::GroupId.is_in(on.reach.groups.iter().copied()))
            .all(&write.txn)
            .await?
            .into_iter()
            .filter_map(|one| Some((one.member_id?, one)))
            .collect();
    let mut fields = Fields::default();
    for (index, member) in members.iter().enumerate() {
        let Some(one) = found.get(member) else {
            return Err(ApiError::not_found());
        };
        fields.check(
            one.eligible,
            &format!("/member_ids/{index}"),
            "not_eligible",
            "不符合参评条件",
        );
    }
    fields.finish()?;
    Ok(found.into_values().collect())
}

fn check_places(
    row: &review::Model,
    earlier: &[nomination::Model],
    new: &[review_candidate::Model],
) -> Result<()> {
    let places: BTreeMap<String, Places> =
        serde_json::from_value(row.nominations.clone()).map_err(ApiError::internal)?;
    let mut taken: HashMap<GroupId, (u32, &str)> = HashMap::new();
    for one in new {
        taken.entry(one.group_id).or_insert((0, &one.group_name)).0 += 1;
    }
    for (group, (more, name)) in taken {
        let before = earlier
            .iter()
            .filter(|one| one.group_id == group && one.withdrawn_at.is_none())
            .count();
        let number = places.get(name).map_or(0, |one| one.places);
        if (number as usize) < before + more as usize {
            let detail = format!("{name}推荐名额 {number} 个，已推荐 {before} 人");
            return Err(ApiError::with(Code::PlacesFull, detail));
        }
    }
    Ok(())
}

/// Takes a nomination back while groups nominate.
pub async fn withdraw_nomination(
    app: &App,
    on: &On<op::ReviewNominate, nomination::Model>,
) -> Result<review::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.review_id).await?;
        require_nominating(&row)?;
        let one = found(
            nomination::Entity::find_by_id((write.committee, on.row.id))
                .lock_exclusive()
                .one(&write.txn)
                .await?,
        )?;
        if one.withdrawn_at.is_some() {
            write.unchanged();
            return Ok(row);
        }
        write.detail(json!({ "withdrawn": one.candidate_id }));
        let mut one = one.into_active_model();
        one.withdrawn_by = Set(Some(on.caller.account_id()));
        one.withdrawn_at = Set(Some(write.at));
        one.update(&write.txn).await?;
        Ok(row)
    })
    .await
}
