//! Reading accounts with passwords, and where they lie for the permits that reach them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::authority::{Operation, Scope};
use domain::ids::{AccountId, CommitteeId};
use domain::people::{AccountKind, SeatKind};
use domain::time::local_date;
use entity::{Scoped, account, seat, session};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::access::{Caller, Guarded, Permit, op};
use crate::app::App;
use crate::error::Result;

/// An account with what it holds.
#[derive(Debug)]
pub(super) struct Held {
    pub account: account::Model,
    /// Seats that have begun and not ended; some may wait for their second person.
    pub seats: Vec<seat::Model>,
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

/// The accounts with passwords by name, which hold a seat of this kind and have these letters in
/// a name, where that is asked for.
pub(super) async fn list(
    app: &App,
    permit: &Permit<op::AccountList>,
    kind: Option<SeatKind>,
    letters: Option<&str>,
) -> Result<Vec<Held>> {
    let (db, committee) = (app.db.read(), permit.committee());
    let accounts = with_password(committee)
        .order_by_asc(account::Column::Username)
        .all(db)
        .await?;
    let mut seats: HashMap<AccountId, Vec<seat::Model>> = HashMap::new();
    for seat in current_seats(committee, app.clock.now()).all(db).await? {
        if let Some(holder) = seat.account_id {
            seats.entry(holder).or_default().push(seat);
        }
    }
    let ids: Vec<_> = accounts.iter().map(|account| account.id).collect();
    let last: Vec<(AccountId, DateTime<Utc>)> = session::Entity::of(committee)
        .select_only()
        .column(session::Column::AccountId)
        .column_as(session::Column::CreatedAt.max(), "last")
        .filter(session::Column::AccountId.is_in(ids))
        .group_by(session::Column::AccountId)
        .into_tuple()
        .all(db)
        .await?;
    let last: HashMap<_, _> = last.into_iter().collect();
    let letters = letters.map(str::to_lowercase);
    let named = |account: &account::Model| {
        letters.as_ref().is_none_or(|letters| {
            let username = account.username.as_deref().unwrap_or_default();
            username.contains(letters) || account.display_name.to_lowercase().contains(letters)
        })
    };
    Ok(accounts
        .into_iter()
        .filter(named)
        .map(|account| Held {
            seats: seats.remove(&account.id).unwrap_or_default(),
            last_sign_in_at: last.get(&account.id).copied(),
            account,
        })
        .filter(|held| kind.is_none_or(|kind| held.seats.iter().any(|seat| seat.kind == kind)))
        .collect())
}

fn with_password(committee: CommitteeId) -> Select<account::Entity> {
    account::Entity::of(committee).filter(account::Column::Kind.eq(AccountKind::Password))
}

/// Seats of accounts that have begun and not ended, confirmed or not.
fn current_seats(committee: CommitteeId, now: DateTime<Utc>) -> Select<seat::Entity> {
    seat::Entity::of(committee)
        .filter(seat::Column::AccountId.is_not_null())
        .filter(seat::Column::FromDate.lte(local_date(now)))
        .filter(not_ended(now))
        .order_by_asc(seat::Column::FromDate)
}

/// That a seat has not ended.
pub(super) fn not_ended(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(seat::Column::ToDate.is_null())
        .add(seat::Column::ToDate.gte(local_date(now)))
}

impl Guarded for account::Model {
    const PARAM: &'static str = "account_id";
    const READ: Operation = Operation::AccountList;

    /// Members' accounts sign in by WeChat and are none of these.
    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(with_password(committee)
            .filter(account::Column::Id.eq(AccountId(id)))
            .one(app.db.read())
            .await?)
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope::default())
    }
}
