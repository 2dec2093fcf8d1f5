//! Binding a WeChat to a member: by the phone number WeChat vouches for, or by an invite code.
//!
//! A roster entry that somebody else is bound to is the office's decision: the request is kept for
//! it, and the answer is the same as for a number that is not on the roster (reliability.md §3).

use domain::ids::{AccountId, BindingRequestId, CommitteeId, MemberId};
use domain::people::{BindingState, MemberStatus};
use domain::text::Phone;
use domain::time::local_date;
use entity::{Scoped, account, binding_request, identity, invite_code, member};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect, Set,
};
use serde_json::json;

use super::mini_program::{UNBOUND, refusal};
use crate::access::Caller;
use crate::app::App;
use crate::cache::limits;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::people;

/// With what somebody shows who he is.
#[derive(Debug)]
pub(super) enum Proof {
    /// The code of the phone button.
    PhoneCode(String),
    /// A code from the office.
    InviteCode(String),
}

/// What became of an attempt.
enum Outcome {
    Bound(MemberId),
    /// The roster has nobody like that.
    Nobody,
    /// Somebody else is bound to the entry; the office was asked.
    Held,
}

/// Binds the caller's account to the member he proves to be.
pub(super) async fn bind(app: &App, caller: &Caller, proof: Proof) -> Result<MemberId> {
    let today = local_date(app.clock.now());
    if let Some(member) = caller.account().member_id
        && people::in_office(app.db.read(), caller.committee, member, today)
            .await?
            .is_some()
    {
        return Err(ApiError::new(Code::AlreadyBound));
    }
    let identity = identity::Entity::of(caller.committee)
        .filter(identity::Column::AccountId.eq(caller.account_id()))
        .one(app.db.read())
        .await?
        .ok_or_else(|| ApiError::with(Code::Conflict, "此账号不是微信账号，不能绑定"))?;
    let (actor, now) = (caller.actor(), app.clock.now());
    app.cache
        .take(limits::BIND, &caller.account_id().to_string(), now)
        .await?;
    let (outcome, unproven) = match proof {
        Proof::PhoneCode(code) => {
            let phone = phone_of(app, &identity, &code).await?;
            let index = phone.map(|phone| app.vault.index("phone", phone.as_str()));
            let outcome = app.db.write(&actor, "bind_by_phone", now, async |write| {
                let member = match &index {
                    Some(index) => member_by_phone(write, index).await?,
                    None => None,
                };
                attach(write, caller.account_id(), member).await
            });
            (outcome.await?, Code::PhoneUnverified)
        }
        Proof::InviteCode(code) => {
            let index = app
                .vault
                .index("invite_code", &people::canonical_invite_code(&code));
            let outcome = app
                .db
                .write(&actor, "bind_by_invite_code", now, async |write| {
                    let member = redeem(write, &index).await?;
                    attach(write, caller.account_id(), member).await
                });
            (outcome.await?, Code::InviteCodeInvalid)
        }
    };
    app.standings.forget();
    match outcome {
        Outcome::Bound(member) => Ok(member),
        Outcome::Nobody | Outcome::Held => Err(ApiError::new(unproven)),
    }
}

/// The mainland number WeChat vouches for; numbers of other countries are on no roster.
async fn phone_of(app: &App, identity: &identity::Model, code: &str) -> Result<Option<Phone>> {
    let mini_program = app.wechat_apps.get(&identity.app_id).ok_or_else(|| {
        ApiError::internal(anyhow::anyhow!(
            "app {} is no longer configured",
            identity.app_id
        ))
    })?;
    let phone = mini_program
        .client
        .phone_number(code, &identity.openid)
        .await
        .map_err(refusal)?;
    Ok(Phone::parse(&phone.pure_number)
        .ok()
        .filter(|_| phone.country_code == "86"))
}

async fn member_by_phone(write: &Write, index: &str) -> Result<Option<MemberId>> {
    let Some(term) =
        people::current_term(&write.txn, write.committee, local_date(write.at)).await?
    else {
        return Ok(None);
    };
    let member = member::Entity::of(write.committee)
        .filter(member::Column::TermId.eq(term.id))
        .filter(member::Column::PhoneIndex.eq(index))
        .one(&write.txn)
        .await?;
    Ok(member.map(|member| member.id))
}

/// Whom the code was made for; it is used up by this.
async fn redeem(write: &Write, index: &str) -> Result<Option<MemberId>> {
    let code = invite_code::Entity::of(write.committee)
        .filter(invite_code::Column::CodeIndex.eq(index))
        .lock_exclusive()
        .one(&write.txn)
        .await?;
    let Some(code) = code.filter(|code| code.used_at.is_none() && write.at < code.expires_at)
    else {
        return Ok(None);
    };
    let member = code.member_id;
    let mut used = code.into_active_model();
    used.used_at = Set(Some(write.at));
    used.update(&write.txn).await?;
    Ok(Some(member))
}

async fn attach(
    write: &mut Write,
    account: AccountId,
    member: Option<MemberId>,
) -> Result<Outcome> {
    let member = match member {
        // Two WeChats that bind to one entry come here one after the other.
        Some(id) => {
            member::Entity::find_by_id((write.committee, id))
                .lock_exclusive()
                .one(&write.txn)
                .await?
        }
        None => None,
    };
    let Some(member) = member.filter(|member| member.status == MemberStatus::Active) else {
        write.unchanged();
        return Ok(Outcome::Nobody);
    };
    let account = found(
        account::Entity::find_by_id((write.committee, account))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )?;
    if let Some(earlier) = account.member_id
        && people::in_office(&write.txn, write.committee, earlier, local_date(write.at))
            .await?
            .is_some()
    {
        return Err(ApiError::new(Code::AlreadyBound));
    }
    if holder(write, member.id)
        .await?
        .is_some_and(|holder| holder.id != account.id)
    {
        return ask_office(write, account.id, member.id).await;
    }
    join(&write.txn, account, &member).await?;
    write.about("member", member.id);
    Ok(Outcome::Bound(member.id))
}

async fn holder(write: &Write, member: MemberId) -> Result<Option<account::Model>> {
    let holder = account::Entity::of(write.committee).filter(account::Column::MemberId.eq(member));
    Ok(holder.lock_exclusive().one(&write.txn).await?)
}

async fn ask_office(write: &mut Write, account: AccountId, member: MemberId) -> Result<Outcome> {
    if request_is_open(&write.txn, write.committee, account, member).await? {
        write.unchanged();
        return Ok(Outcome::Held);
    }
    let id = BindingRequestId::new(write.at, random());
    let request = binding_request::ActiveModel {
        committee_id: Set(write.committee),
        id: Set(id),
        account_id: Set(account),
        member_id: Set(member),
        state: Set(BindingState::Pending),
        created_at: Set(write.at),
        decided_by: Set(None),
        decided_at: Set(None),
        note: Set(None),
    };
    request.insert(&write.txn).await?;
    write.about("binding_request", id);
    write.detail(json!({ "member": member }));
    Ok(Outcome::Held)
}

/// Whether the office has yet to decide about this account and this member.
async fn request_is_open(
    txn: &impl ConnectionTrait,
    committee: CommitteeId,
    account: AccountId,
    member: MemberId,
) -> Result<bool> {
    let open = binding_request::Entity::of(committee)
        .filter(binding_request::Column::AccountId.eq(account))
        .filter(binding_request::Column::MemberId.eq(member))
        .filter(binding_request::Column::State.eq(BindingState::Pending))
        .count(txn)
        .await?;
    Ok(open > 0)
}

/// Takes the member from the account he is bound to, whose sessions end, and gives him to another.
///
/// The member's row is locked by the caller.
pub(crate) async fn rebind(
    write: &Write,
    account: account::Model,
    member: &member::Model,
) -> Result<()> {
    if let Some(former) = holder(write, member.id).await? {
        let version = former.session_version + 1;
        let mut former = former.into_active_model();
        former.member_id = Set(None);
        former.display_name = Set(UNBOUND.to_owned());
        former.session_version = Set(version);
        former.update(&write.txn).await?;
    }
    identity::Entity::update_many()
        .set(identity::ActiveModel {
            member_id: Set(None),
            ..Default::default()
        })
        .filter(identity::Column::CommitteeId.eq(write.committee))
        .filter(identity::Column::MemberId.eq(member.id))
        .exec(&write.txn)
        .await?;
    join(&write.txn, account, member).await
}

async fn join(
    txn: &impl ConnectionTrait,
    account: account::Model,
    member: &member::Model,
) -> Result<()> {
    let committee = account.committee_id;
    let identities = identity::Entity::of(committee)
        .filter(identity::Column::AccountId.eq(account.id))
        .all(txn)
        .await?;
    identity::Entity::update_many()
        .col_expr(identity::Column::MemberId, Expr::value(member.id))
        .filter(identity::Column::CommitteeId.eq(committee))
        .filter(identity::Column::AccountId.eq(account.id))
        .exec(txn)
        .await?;
    for unionid in identities
        .iter()
        .filter_map(|identity| identity.unionid.as_deref())
    {
        link_by_unionid(txn, committee, unionid, member.id).await?;
    }
    let mut account = account.into_active_model();
    account.member_id = Set(Some(member.id));
    account.display_name = Set(member.name.clone());
    account.update(txn).await?;
    Ok(())
}

/// Tells every app that knows the person by this unionid which member it is.
pub(super) async fn link_by_unionid(
    txn: &impl ConnectionTrait,
    committee: CommitteeId,
    unionid: &str,
    member: MemberId,
) -> Result<()> {
    identity::Entity::update_many()
        .set(identity::ActiveModel {
            member_id: Set(Some(member)),
            ..Default::default()
        })
        .filter(identity::Column::CommitteeId.eq(committee))
        .filter(identity::Column::Unionid.eq(unionid))
        .exec(txn)
        .await?;
    Ok(())
}
