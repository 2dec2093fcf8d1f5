//! One's own account: who one is, one's password, one's sessions.

use chrono::NaiveDate;
use domain::authority::Standing;
use domain::ids::{CommitteeId, GroupId, SessionId, SpecialCommitteeId};
use domain::people::AccountKind;
use entity::{Scoped, account, committee, group, member, sector, session, special_committee, term};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, Set,
};

use super::password;
use crate::access::session::TokenPair;
use crate::access::{Audience, Caller};
use crate::app::App;
use crate::cache::Limit;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};

/// Whoever holds a stolen session must not try passwords with it.
const CHANGES: Limit = Limit {
    name: "password_change",
    count: 10,
    seconds: 3_600,
};

/// The member somebody is, in full.
#[derive(Debug)]
pub(super) struct MyMember {
    pub member: member::Model,
    pub phone: String,
    pub born_on: Option<NaiveDate>,
    pub group: Option<group::Model>,
    pub sector: Option<sector::Model>,
    pub term: Option<term::Model>,
}

/// Who somebody is.
#[derive(Debug)]
pub(super) struct Me {
    pub committee: committee::Model,
    pub member: Option<MyMember>,
    pub groups: Vec<group::Model>,
    pub special_committees: Vec<special_committee::Model>,
}

/// Who the caller is, with the names of what his seats reach.
pub(super) async fn me(app: &App, caller: &Caller) -> Result<Me> {
    let db = app.db.read();
    let committee = found(
        committee::Entity::find_by_id(caller.committee)
            .one(db)
            .await?,
    )?;
    let member = match caller.member_id() {
        None => None,
        Some(member) => {
            let row = member::Entity::find_by_id((caller.committee, member));
            row.one(db).await?
        }
    };
    let member = match member {
        None => None,
        Some(member) => Some(MyMember {
            phone: app.vault.open_text(&member.phone_cipher)?,
            born_on: app.vault.open_day(member.born_on_cipher.as_deref())?,
            group: group::Entity::find_by_id((caller.committee, member.group_id))
                .one(db)
                .await?,
            sector: sector::Entity::find_by_id((caller.committee, member.sector_id))
                .one(db)
                .await?,
            term: term::Entity::find_by_id((caller.committee, member.term_id))
                .one(db)
                .await?,
            member,
        }),
    };
    let (groups, special_committees) = named(caller.standings());
    let groups = group::Entity::of(caller.committee)
        .filter(group::Column::Id.is_in(groups))
        .all(db)
        .await?;
    let special_committees = special_committee::Entity::of(caller.committee)
        .filter(special_committee::Column::Id.is_in(special_committees))
        .all(db)
        .await?;
    Ok(Me {
        committee,
        member,
        groups,
        special_committees,
    })
}

fn named(standings: &[Standing]) -> (Vec<GroupId>, Vec<SpecialCommitteeId>) {
    let (mut groups, mut special_committees) = (Vec::new(), Vec::new());
    for standing in standings {
        match standing {
            Standing::Member(_, group) | Standing::Convener(group) => groups.push(*group),
            Standing::Staff(special, served) => {
                special_committees.push(*special);
                groups.extend(served);
            }
            Standing::Office | Standing::Leader | Standing::Auditor | Standing::Admin => {}
        }
    }
    (groups, special_committees)
}

/// Changes the caller's password, ends every session of his and begins a new one.
pub(super) async fn change_password(
    app: &App,
    caller: &Caller,
    current: &str,
    new: String,
) -> Result<TokenPair> {
    let account = caller.account();
    if account.kind != AccountKind::Password {
        return Err(ApiError::with(Code::Conflict, "微信账号没有密码"));
    }
    let now = app.clock.now();
    app.cache
        .take(CHANGES, &account.id.to_string(), now)
        .await?;
    let known = account::Entity::find_by_id((caller.committee, account.id))
        .one(app.db.read())
        .await?;
    if !password::is_password_of(known.as_ref(), current).await? {
        return Err(ApiError::field(
            "/current",
            "wrong_password",
            "原密码不正确",
        ));
    }
    let hash = password::hash_aside(new).await?;
    let pair = app
        .db
        .write(&caller.actor(), "password_change", now, async |write| {
            let row = found(
                account::Entity::find_by_id((write.committee, account.id))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            if Some(&row.password_hash) != known.as_ref().map(|known| &known.password_hash) {
                return Err(ApiError::new(Code::Conflict));
            }
            let mut row = row.into_active_model();
            row.password_hash = Set(Some(hash.clone()));
            let row = row.update(&write.txn).await?;
            let row = end_sessions(write, row).await?;
            write.about("account", row.id);
            crate::access::session::begin(app, &write.txn, &row, Audience::Console, now).await
        })
        .await?;
    app.standings.forget();
    Ok(pair)
}

/// Ends every session of the caller, this one too.
pub(super) async fn end_all(app: &App, caller: &Caller) -> Result<()> {
    app.db
        .write(
            &caller.actor(),
            "end_all_sessions",
            app.clock.now(),
            async |write| {
                let key = (write.committee, caller.account_id());
                let row = found(
                    account::Entity::find_by_id(key)
                        .lock_exclusive()
                        .one(&write.txn)
                        .await?,
                )?;
                end_sessions(write, row).await?;
                write.about("account", caller.account_id());
                Ok(())
            },
        )
        .await?;
    app.standings.forget();
    Ok(())
}

/// Ends the caller's session. Ending it twice is no error.
pub(super) async fn sign_out(app: &App, caller: &Caller) -> Result<()> {
    let session: SessionId = caller.session;
    crate::access::session::end(app, &caller.actor(), "sign_out", session).await
}

/// Ends every session of an account.
///
/// A raised version refuses access tokens at once; the sessions themselves must end too, because
/// a refresh would hand out the new version.
pub async fn end_sessions(write: &Write, account: account::Model) -> Result<account::Model> {
    revoke_all(&write.txn, write.committee, &account, write.at).await?;
    let version = account.session_version + 1;
    let mut account = account.into_active_model();
    account.session_version = Set(version);
    Ok(account.update(&write.txn).await?)
}

pub(super) async fn revoke_all(
    txn: &impl ConnectionTrait,
    committee: CommitteeId,
    account: &account::Model,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    session::Entity::update_many()
        .set(session::ActiveModel {
            revoked_at: Set(Some(at)),
            ..Default::default()
        })
        .filter(session::Column::CommitteeId.eq(committee))
        .filter(session::Column::AccountId.eq(account.id))
        .filter(session::Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    Ok(())
}
