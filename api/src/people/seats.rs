//! Seats: granted by one, confirmed by another, ended at once.
//!
//! Nobody grants to himself, and every seat that reaches beyond one group needs a second person
//! (reliability.md §3, four eyes).

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use domain::ids::{AccountId, CommitteeId, GroupId, MemberId, SeatId, SpecialCommitteeId};
use domain::people::SeatKind;
use domain::time::local_date;
use entity::{Scoped, account, member, seat};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use serde_json::json;

use super::catalogue::Names;
use super::seats_rules as rules;
use crate::access::{Caller, On, Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};

/// Who is to hold a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Member(MemberId),
    Account(AccountId),
}

/// A seat to be granted.
#[derive(Debug)]
pub(super) struct NewSeat {
    pub kind: SeatKind,
    pub holder: Holder,
    pub group: Option<GroupId>,
    pub special_committee: Option<SpecialCommitteeId>,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

/// A seat with the names it is shown by.
#[derive(Debug)]
pub(super) struct NamedSeat {
    pub seat: seat::Model,
    pub today: NaiveDate,
    pub holder: Option<String>,
    pub group: Option<String>,
    pub special_committee: Option<String>,
    pub granted_by: Option<String>,
    pub confirmed_by: Option<String>,
}

/// All seats, past ones too, by kind and first day.
pub(super) async fn list(
    app: &App,
    permit: &Permit<op::SeatList>,
    kind: Option<SeatKind>,
) -> Result<Vec<NamedSeat>> {
    let mut query = seat::Entity::of(permit.committee());
    if let Some(kind) = kind {
        query = query.filter(seat::Column::Kind.eq(kind));
    }
    let mut seats = query
        .order_by_asc(seat::Column::FromDate)
        .order_by_asc(seat::Column::Id)
        .all(app.db.read())
        .await?;
    seats.sort_by_key(|seat| seat.kind);
    named(app, permit.committee(), seats).await
}

/// One seat with its names.
pub(super) async fn one(app: &App, caller: &Caller, seat: seat::Model) -> Result<NamedSeat> {
    let named = named(app, caller.committee, vec![seat]).await?;
    found(named.into_iter().next())
}

async fn named(
    app: &App,
    committee: CommitteeId,
    seats: Vec<seat::Model>,
) -> Result<Vec<NamedSeat>> {
    let db = app.db.read();
    let names = Names::load(db, committee).await?;
    let members: Vec<_> = seats.iter().filter_map(|seat| seat.member_id).collect();
    let accounts: Vec<_> = seats
        .iter()
        .flat_map(|seat| [seat.account_id, seat.granted_by, seat.confirmed_by])
        .flatten()
        .collect();
    let members = member::Entity::of(committee)
        .filter(member::Column::Id.is_in(members))
        .all(db)
        .await?;
    let members: HashMap<_, _> = members
        .into_iter()
        .map(|member| (member.id, member.name))
        .collect();
    let accounts = account::Entity::of(committee)
        .filter(account::Column::Id.is_in(accounts))
        .all(db)
        .await?;
    let accounts: HashMap<_, _> = accounts
        .into_iter()
        .map(|account| (account.id, account.display_name))
        .collect();
    let account = |id: Option<AccountId>| id.and_then(|id| accounts.get(&id).cloned());
    let today = local_date(app.clock.now());
    let seats = seats.into_iter().map(|seat| NamedSeat {
        today,
        holder: seat
            .member_id
            .and_then(|id| members.get(&id).cloned())
            .or_else(|| account(seat.account_id)),
        group: seat.group_id.and_then(|id| names.group(id)),
        special_committee: seat
            .special_committee_id
            .and_then(|id| names.special_committee(id)),
        granted_by: account(seat.granted_by),
        confirmed_by: account(seat.confirmed_by),
        seat,
    });
    Ok(seats.collect())
}

/// Grants a seat. A convener's counts at once; any other waits for a second person.
pub(super) async fn grant(
    app: &App,
    permit: &Permit<op::SeatGrant>,
    new: NewSeat,
) -> Result<seat::Model> {
    rules::check_hand(&permit.caller, new.kind)?;
    rules::check_scope(&new)?;
    let own = match new.holder {
        Holder::Member(member) => permit.caller.account().member_id == Some(member),
        Holder::Account(account) => permit.caller.account_id() == account,
    };
    if own {
        return Err(ApiError::with(
            Code::SecondPersonRequired,
            "不能为自己授予席位",
        ));
    }
    let row = permit
        .write(app, async |write| {
            rules::check_holder(write, &new).await?;
            rules::check_places(write, &new).await?;
            rules::check_overlap(write, &new).await?;
            let (member_id, account_id) = match new.holder {
                Holder::Member(member) => (Some(member), None),
                Holder::Account(account) => (None, Some(account)),
            };
            let counts_at_once = new.kind == SeatKind::Convener;
            let row = seat::ActiveModel {
                committee_id: Set(write.committee),
                id: Set(SeatId::new(write.at, random())),
                kind: Set(new.kind),
                member_id: Set(member_id),
                account_id: Set(account_id),
                group_id: Set(new.group),
                special_committee_id: Set(new.special_committee),
                from_date: Set(new.from),
                to_date: Set(new.to),
                granted_by: Set(Some(permit.caller.account_id())),
                confirmed_by: Set(None),
                confirmed_at: Set(counts_at_once.then_some(write.at)),
                ended_by: Set(None),
                created_at: Set(write.at),
            };
            let row = row.insert(&write.txn).await?;
            record(write, &row);
            Ok(row)
        })
        .await?;
    app.standings.forget();
    Ok(row)
}

/// The second person's word. Confirming twice is no error.
pub(super) async fn confirm(
    app: &App,
    on: &On<op::SeatConfirm, seat::Model>,
) -> Result<seat::Model> {
    let row = on
        .write(app, async |write| {
            let row = locked(write, on.row.id).await?;
            if row.confirmed_at.is_some() {
                write.unchanged();
                return Ok(row);
            }
            if row.to_date.is_some_and(|to| to < local_date(write.at)) {
                return Err(ApiError::with(Code::WrongStep, "席位已经结束，不能复核"));
            }
            let holds_it = row.account_id == Some(on.caller.account_id())
                || (row.member_id.is_some() && row.member_id == on.caller.account().member_id);
            if holds_it || row.granted_by == Some(on.caller.account_id()) {
                return Err(ApiError::with(
                    Code::SecondPersonRequired,
                    "须由授予人和任职人之外的另一人复核",
                ));
            }
            let mut row = row.into_active_model();
            row.confirmed_by = Set(Some(on.caller.account_id()));
            row.confirmed_at = Set(Some(write.at));
            let row = row.update(&write.txn).await?;
            record(write, &row);
            Ok(row)
        })
        .await?;
    app.standings.forget();
    Ok(row)
}

/// Ends a seat; it counts no more from this moment on. Ending it twice is no error.
pub(super) async fn end(app: &App, on: &On<op::SeatEnd, seat::Model>) -> Result<()> {
    rules::check_hand(&on.caller, on.row.kind)?;
    on.write(app, async |write| {
        let row = locked(write, on.row.id).await?;
        let today = local_date(write.at);
        // A seat counts through its last day, so one that ends now ended yesterday; one that was
        // yet to begin ends before it begins.
        let last = Ord::max(today, row.from_date) - Days::new(1);
        if row.to_date.is_some_and(|to| to <= last) {
            write.unchanged();
            return Ok(());
        }
        if row.kind == SeatKind::Admin && row.confirmed_at.is_some() && row.from_date <= today {
            rules::check_other_admins(write, &row).await?;
        }
        let mut row = row.into_active_model();
        row.to_date = Set(Some(last));
        row.ended_by = Set(Some(on.caller.account_id()));
        let row = row.update(&write.txn).await?;
        record(write, &row);
        Ok(())
    })
    .await?;
    app.standings.forget();
    Ok(())
}

fn record(write: &mut Write, row: &seat::Model) {
    write.about("seat", row.id);
    write.detail(json!({
        "kind": row.kind,
        "member": row.member_id,
        "account": row.account_id,
        "group": row.group_id,
        "special_committee": row.special_committee_id,
        "from": row.from_date,
        "to": row.to_date,
    }));
}

async fn locked(write: &Write, id: SeatId) -> Result<seat::Model> {
    found(
        seat::Entity::find_by_id((write.committee, id))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )
}
