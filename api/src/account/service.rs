//! What an administrator does to accounts with passwords, and never to his own.
//!
//! Whoever gives an account new secrets could sign in with them. The seats of that account
//! therefore wait for a second person again, as when they were granted (reliability.md §3).

use domain::ids::{AccountId, SeatId};
use domain::people::{AccountKind, SeatKind};
use entity::{Scoped, account, committee, seat};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set, TryInsertResult,
};
use serde_json::json;

use super::queries::not_ended;
use crate::access::{Caller, On, OperationType, Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::sign_in::{end_sessions, password, totp};

/// An account to be made.
#[derive(Debug)]
pub(super) struct NewAccount {
    pub username: String,
    pub display_name: String,
    pub totp: bool,
}

/// What is told once and stored nowhere in the open.
#[derive(Debug)]
pub(super) struct Secrets {
    pub id: AccountId,
    pub username: String,
    /// Code of the committee, which follows the name after an `@`.
    pub committee: String,
    pub password: String,
    pub totp: Option<[u8; 20]>,
}

/// Makes an account without any seat.
///
/// # Errors
/// `duplicate_username`.
pub(super) async fn create(
    app: &App,
    permit: &Permit<op::AccountCreate>,
    new: NewAccount,
) -> Result<Secrets> {
    let (password, totp) = (password::draw(), new.totp.then(totp::draw));
    let hash = password::hash_aside(password.clone()).await?;
    permit
        .write(app, async |write| {
            let id = AccountId::new(write.at, random());
            let row = account::ActiveModel {
                committee_id: Set(write.committee),
                id: Set(id),
                kind: Set(AccountKind::Password),
                member_id: Set(None),
                username: Set(Some(new.username.clone())),
                display_name: Set(new.display_name.clone()),
                password_hash: Set(Some(hash.clone())),
                totp_cipher: Set(totp.map(|secret| app.vault.seal(&secret))),
                totp_step: Set(None),
                session_version: Set(1),
                failed_attempts: Set(0),
                locked_until: Set(None),
                disabled_at: Set(None),
                created_at: Set(write.at),
            };
            // Two administrators can choose one name; `account_username` lets one of them have it.
            let inserted = account::Entity::insert(row)
                .on_conflict_do_nothing_on([
                    account::Column::CommitteeId,
                    account::Column::Username,
                ])
                .exec_without_returning(&write.txn)
                .await?;
            let TryInsertResult::Inserted(1..) = inserted else {
                return Err(ApiError::new(Code::DuplicateUsername));
            };
            write.about("account", id);
            write.detail(json!({ "totp": new.totp }));
            Ok(Secrets {
                id,
                username: new.username.clone(),
                committee: committee_code(write).await?,
                password,
                totp,
            })
        })
        .await
}

/// Ends every session of an account and lets nobody sign in with it. Twice is no error.
pub(super) async fn disable(
    app: &App,
    on: &On<op::AccountDisable, account::Model>,
    reason: String,
) -> Result<account::Model> {
    somebody_elses(on)?;
    let row = on
        .write(app, async |write| {
            let row = locked(write, &on.caller, on.row.id).await?;
            if row.disabled_at.is_some() {
                write.unchanged();
                return Ok(row);
            }
            let mut row = end_sessions(write, row).await?.into_active_model();
            row.disabled_at = Set(Some(write.at));
            let row = row.update(&write.txn).await?;
            write.about("account", row.id);
            write.detail(json!({ "reason": reason }));
            Ok(row)
        })
        .await?;
    app.standings.forget();
    Ok(row)
}

/// Lets an account sign in again, with the secrets and the seats it has. Twice is no error.
pub(super) async fn enable(
    app: &App,
    on: &On<op::AccountEnable, account::Model>,
) -> Result<account::Model> {
    somebody_elses(on)?;
    let row = on
        .write(app, async |write| {
            let row = locked(write, &on.caller, on.row.id).await?;
            if row.disabled_at.is_none() {
                write.unchanged();
                return Ok(row);
            }
            let mut row = row.into_active_model();
            row.disabled_at = Set(None);
            row.failed_attempts = Set(0);
            row.locked_until = Set(None);
            let row = row.update(&write.txn).await?;
            write.about("account", row.id);
            Ok(row)
        })
        .await?;
    app.standings.forget();
    Ok(row)
}

/// Draws a new password, and a new TOTP secret where there was one, ends every session and lets
/// the seats wait for a second person.
///
/// # Errors
/// `wrong_step` for a disabled account.
pub(super) async fn reset(app: &App, on: &On<op::AccountReset, account::Model>) -> Result<Secrets> {
    somebody_elses(on)?;
    let password = password::draw();
    let hash = password::hash_aside(password.clone()).await?;
    let secrets = on
        .write(app, async |write| {
            let row = locked(write, &on.caller, on.row.id).await?;
            if row.disabled_at.is_some() {
                return Err(ApiError::with(Code::WrongStep, "账号已停用，请先启用"));
            }
            let totp = row.totp_cipher.is_some().then(totp::draw);
            let mut row = end_sessions(write, row).await?.into_active_model();
            row.password_hash = Set(Some(hash.clone()));
            row.totp_cipher = Set(totp.map(|secret| app.vault.seal(&secret)));
            row.totp_step = Set(None);
            row.failed_attempts = Set(0);
            row.locked_until = Set(None);
            let row = row.update(&write.txn).await?;
            let seats = unconfirm_seats(write, on.caller.account_id(), row.id).await?;
            write.about("account", row.id);
            write.detail(json!({ "totp": totp.is_some(), "seats_to_confirm": seats }));
            Ok(Secrets {
                id: row.id,
                username: row.username.unwrap_or_default(),
                committee: committee_code(write).await?,
                password,
                totp,
            })
        })
        .await?;
    app.standings.forget();
    Ok(secrets)
}

/// Puts the seats of an account back to waiting, as granted by the one who knows its secrets now,
/// so that this very one cannot confirm them.
async fn unconfirm_seats(
    write: &Write,
    by: AccountId,
    holder: AccountId,
) -> Result<Vec<(SeatId, SeatKind)>> {
    let seats = seat::Entity::of(write.committee)
        .filter(seat::Column::AccountId.eq(holder))
        .filter(not_ended(write.at))
        .lock_exclusive()
        .all(&write.txn)
        .await?;
    let mut waiting = Vec::new();
    for seat in seats {
        waiting.push((seat.id, seat.kind));
        let mut seat = seat.into_active_model();
        seat.granted_by = Set(Some(by));
        seat.confirmed_by = Set(None);
        seat.confirmed_at = Set(None);
        seat.update(&write.txn).await?;
    }
    Ok(waiting)
}

async fn committee_code(write: &Write) -> Result<String> {
    let committee = committee::Entity::find_by_id(write.committee)
        .one(&write.txn)
        .await?;
    Ok(found(committee)?.code)
}

fn somebody_elses<O: OperationType>(on: &On<O, account::Model>) -> Result<()> {
    if on.row.id == on.caller.account_id() {
        return Err(ApiError::with(
            Code::SecondPersonRequired,
            "不能对自己的账号进行此操作，请由另一名管理员办理",
        ));
    }
    Ok(())
}

/// The account, locked together with the caller's own: of two administrators who disable each
/// other one stays.
async fn locked(write: &Write, caller: &Caller, id: AccountId) -> Result<account::Model> {
    let rows = account::Entity::of(write.committee)
        .filter(account::Column::Id.is_in([caller.account_id(), id]))
        .order_by_asc(account::Column::Id)
        .lock_exclusive()
        .all(&write.txn)
        .await?;
    let (mut others, own): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.id == id);
    let still_signed_in = own.iter().all(|row| {
        row.disabled_at.is_none() && row.session_version == caller.account().session_version
    });
    if !still_signed_in {
        return Err(ApiError::new(Code::Unauthenticated));
    }
    others.pop().ok_or_else(ApiError::not_found)
}
