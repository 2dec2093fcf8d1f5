//! What must hold of a seat that is granted or ended.

use chrono::NaiveDate;
use domain::authority::{Role, Standing};
use domain::ids::CommitteeId;
use domain::people::{MemberStatus, SeatKind};
use domain::time::local_date;
use entity::{Scoped, account, group, member, seat, special_committee};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};

use super::seats::{Holder, NewSeat};
use crate::access::Caller;
use crate::db::Write;
use crate::error::{ApiError, Code, Result};
use crate::extract::Fields;

/// The office seats conveners and staff; everything else is the administrator's.
pub(super) fn check_hand(caller: &Caller, kind: SeatKind) -> Result<()> {
    let allowed = caller.standings().iter().any(|standing| match standing {
        Standing::Admin => true,
        Standing::Office => matches!(kind, SeatKind::Convener | SeatKind::Staff),
        Standing::Member(..)
        | Standing::Convener(_)
        | Standing::Staff(..)
        | Standing::Leader
        | Standing::Auditor => false,
    });
    if allowed {
        Ok(())
    } else {
        Err(ApiError::forbidden([Role::Admin].into_iter()))
    }
}

pub(super) fn check_scope(new: &NewSeat) -> Result<()> {
    let mut fields = Fields::default();
    let group_fits = new.group.is_some() == (new.kind == SeatKind::Convener);
    fields.check(
        group_fits,
        "/group_id",
        "scope_mismatch",
        "召集人须指定活动组，其他席位不能指定",
    );
    let special_fits = new.special_committee.is_some() == (new.kind == SeatKind::Staff);
    fields.check(
        special_fits,
        "/special_committee_id",
        "scope_mismatch",
        "专委会工作人员须指定专委会，其他席位不能指定",
    );
    let holder_fits = new.kind != SeatKind::Convener || matches!(new.holder, Holder::Member(_));
    fields.check(
        holder_fits,
        "/member_id",
        "member_required",
        "召集人应为委员",
    );
    fields.check(
        new.to.is_none_or(|to| new.from <= to),
        "/to",
        "before_from",
        "结束日期不能早于开始日期",
    );
    fields.finish()
}

/// Office, leaders, auditors and administrators sign in with a second factor, which only accounts
/// with a password have (reliability.md §3, tokens).
pub(super) async fn check_holder(write: &Write, new: &NewSeat) -> Result<()> {
    let needs_totp = !matches!(new.kind, SeatKind::Convener | SeatKind::Staff);
    match new.holder {
        Holder::Member(_) if needs_totp => {
            return Err(ApiError::field(
                "/member_id",
                "totp_missing",
                "此席位须由启用动态口令的账号担任",
            ));
        }
        Holder::Member(id) => {
            let member = member::Entity::find_by_id((write.committee, id))
                .one(&write.txn)
                .await?;
            let in_office = member.is_some_and(|member| member.status == MemberStatus::Active);
            if !in_office {
                return Err(ApiError::field("/member_id", "unknown", "没有这名在任委员"));
            }
        }
        Holder::Account(id) => {
            let account = account::Entity::find_by_id((write.committee, id))
                .one(&write.txn)
                .await?;
            let Some(account) = account.filter(|account| account.disabled_at.is_none()) else {
                return Err(ApiError::field(
                    "/account_id",
                    "unknown",
                    "没有这个可用账号",
                ));
            };
            if needs_totp && account.totp_cipher.is_none() {
                return Err(ApiError::field(
                    "/account_id",
                    "totp_missing",
                    "该账号尚未启用动态口令，不能担任此席位",
                ));
            }
        }
    }
    Ok(())
}

pub(super) async fn check_places(write: &Write, new: &NewSeat) -> Result<()> {
    let mut fields = Fields::default();
    if let Some(group) = new.group {
        let known = group::Entity::find_by_id((write.committee, group))
            .count(&write.txn)
            .await?
            > 0;
        fields.check(known, "/group_id", "unknown", "没有这个活动组");
    }
    if let Some(special) = new.special_committee {
        let known = special_committee::Entity::find_by_id((write.committee, special))
            .count(&write.txn)
            .await?
            > 0;
        fields.check(known, "/special_committee_id", "unknown", "没有这个专委会");
    }
    fields.finish()
}

pub(super) async fn check_overlap(write: &Write, new: &NewSeat) -> Result<()> {
    let mut query = seat::Entity::of(write.committee)
        .filter(seat::Column::Kind.eq(new.kind))
        .filter(match new.holder {
            Holder::Member(member) => seat::Column::MemberId.eq(member),
            Holder::Account(account) => seat::Column::AccountId.eq(account),
        })
        .filter(
            Condition::any()
                .add(seat::Column::ToDate.is_null())
                .add(seat::Column::ToDate.gte(new.from)),
        );
    if let Some(group) = new.group {
        query = query.filter(seat::Column::GroupId.eq(group));
    }
    if let Some(special) = new.special_committee {
        query = query.filter(seat::Column::SpecialCommitteeId.eq(special));
    }
    if let Some(to) = new.to {
        query = query.filter(seat::Column::FromDate.lte(to));
    }
    // A seat that ended before it began never counted.
    let overlaps = query
        .all(&write.txn)
        .await?
        .iter()
        .any(|seat| seat.to_date.is_none_or(|to| seat.from_date <= to));
    if overlaps {
        return Err(ApiError::with(
            Code::Conflict,
            "该同志在这段时间已有相同席位",
        ));
    }
    Ok(())
}

/// A committee without an administrator could never seat anybody again.
pub(super) async fn check_other_admins(write: &Write, ending: &seat::Model) -> Result<()> {
    let today = local_date(write.at);
    let others = admins(&write.txn, write.committee, today).await?;
    if others.iter().any(|seat| seat.id != ending.id) {
        return Ok(());
    }
    Err(ApiError::with(Code::Conflict, "至少须保留一名系统管理员"))
}

async fn admins(
    txn: &impl ConnectionTrait,
    committee: CommitteeId,
    today: NaiveDate,
) -> Result<Vec<seat::Model>> {
    let seats = seat::Entity::of(committee)
        .filter(seat::Column::Kind.eq(SeatKind::Admin))
        .filter(seat::Column::ConfirmedAt.is_not_null())
        .filter(seat::Column::FromDate.lte(today))
        .filter(
            Condition::any()
                .add(seat::Column::ToDate.is_null())
                .add(seat::Column::ToDate.gte(today)),
        )
        .lock_exclusive()
        .all(txn)
        .await?;
    Ok(seats)
}
