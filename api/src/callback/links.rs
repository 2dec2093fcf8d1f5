//! Whose follower somebody is, where no unionid tells: a word that counts once and for minutes.
//!
//! The account tells the word to a follower, and the member who is signed in claims it; or the
//! member is shown it as a code, and the follower scans it. A follower who is linked to somebody
//! else is never moved by this: the office is asked.

use chrono::{DateTime, TimeDelta, Utc};
use domain::follower::LinkConflictState;
use domain::ids::{CommitteeId, IdentityId, LinkConflictId, LinkTokenId, MemberId};
use entity::{Scoped, identity, link_conflict, link_token};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, Set,
};
use serde_json::json;

use super::followers::new_identity;
use super::kept::happened;
use crate::app::App;
use crate::crypto::random;
use crate::db::{Actor, Write, found};
use crate::error::Result;

/// How long a word counts.
pub const LIVES: TimeDelta = TimeDelta::minutes(10);

/// Under which index a word is stored.
pub fn index(app: &App, word: &str) -> String {
    app.vault.index("link_token", word)
}

/// The word told in answer to one push: the same for each delivery of it, and guessed by nobody.
pub(super) fn word_of_push(app: &App, app_id: &str, dedupe_key: &str) -> String {
    let mut word = app
        .vault
        .index("link_word", &format!("{app_id} {dedupe_key}"));
    word.truncate(32);
    word
}

/// A word for a code: 128 bits.
pub fn draw() -> String {
    hex::encode(random::<16>())
}

/// A word that counts from now on.
pub fn new_token(
    committee: CommitteeId,
    app_id: &str,
    token_index: String,
    now: DateTime<Utc>,
) -> link_token::ActiveModel {
    link_token::ActiveModel {
        committee_id: Set(committee),
        id: Set(LinkTokenId::new(now, random())),
        app_id: Set(app_id.to_owned()),
        token_index: Set(token_index),
        openid: Set(None),
        member_id: Set(None),
        code_cipher: Set(None),
        expires_at: Set(now + LIVES),
        used_by: Set(None),
        used_at: Set(None),
        created_at: Set(now),
    }
}

/// Stores the word that a follower is told.
pub(super) async fn offer(
    txn: &DatabaseTransaction,
    token: link_token::ActiveModel,
    openid: &str,
) -> Result<()> {
    let mut token = token;
    token.openid = Set(Some(openid.to_owned()));
    link_token::Entity::insert(token)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Whether a code with this word was shown to a member and counts.
pub(super) async fn is_code(
    app: &App,
    committee: CommitteeId,
    app_id: &str,
    token_index: &str,
) -> Result<bool> {
    let token = link_token::Entity::of(committee)
        .filter(link_token::Column::TokenIndex.eq(token_index))
        .one(app.db.read())
        .await?;
    let now = app.clock.now();
    Ok(token.is_some_and(|token| {
        token.member_id.is_some()
            && token.app_id == app_id
            && token.used_at.is_none()
            && now < token.expires_at
    }))
}

/// What became of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The follower of this account is the member's.
    Linked(String),
    /// He is somebody else's; the office is asked.
    Conflict,
    /// There is no such word, or it counts no more.
    Invalid,
}

/// Links the follower who was told a word to the member who claims it; a second tap changes
/// nothing.
pub async fn claim(write: &mut Write, member: MemberId, token_index: &str) -> Result<Claim> {
    let token = link_token::Entity::of(write.committee)
        .filter(link_token::Column::TokenIndex.eq(token_index))
        .filter(link_token::Column::Openid.is_not_null())
        .lock_exclusive()
        .one(&write.txn)
        .await?;
    let Some(token) = token else {
        write.unchanged();
        return Ok(Claim::Invalid);
    };
    let again = token.used_by == Some(member);
    if !again && (token.used_at.is_some() || token.expires_at <= write.at) {
        write.unchanged();
        return Ok(Claim::Invalid);
    }
    let openid = token.openid.clone().unwrap_or_default();
    let follower = follower(write, &token.app_id, &openid).await?;
    let app_id = token.app_id.clone();
    let outcome = link(write, follower, member).await?;
    if again {
        if outcome == Outcome::Already {
            write.unchanged();
        }
    } else {
        use_up(write, token, member).await?;
    }
    Ok(outcome.claim(app_id))
}

/// Links the follower who scanned a member's code to that member.
pub(super) async fn redeem(
    app: &App,
    committee: CommitteeId,
    app_id: &str,
    openid: &str,
    token_index: &str,
    create_time: i64,
) -> Result<()> {
    let now = app.clock.now();
    let scanned_at = happened(create_time).unwrap_or(now);
    app.db
        .write(
            &Actor::service(committee),
            "official_account_link",
            now,
            async |write| {
                let token = link_token::Entity::of(committee)
                    .filter(link_token::Column::TokenIndex.eq(token_index))
                    .filter(link_token::Column::AppId.eq(app_id))
                    .filter(link_token::Column::MemberId.is_not_null())
                    .filter(link_token::Column::UsedAt.is_null())
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?;
                let shown = token
                    .filter(|token| scanned_at <= token.expires_at)
                    .and_then(|token| Some((token.member_id?, token)));
                // The code of a poster, or one that was used: nothing of ours.
                let Some((member, token)) = shown else {
                    write.unchanged();
                    return Ok(());
                };
                let follower = follower(write, app_id, openid).await?;
                link(write, follower, member).await?;
                use_up(write, token, member).await
            },
        )
        .await
}

async fn use_up(write: &Write, token: link_token::Model, member: MemberId) -> Result<()> {
    let mut token = token.into_active_model();
    token.used_by = Set(Some(member));
    token.used_at = Set(Some(write.at));
    token.update(&write.txn).await?;
    Ok(())
}

/// The follower, locked. Whoever was told a word follows, even if his push has yet to be handled;
/// it is later than the beginning of time and will count.
async fn follower(write: &Write, app_id: &str, openid: &str) -> Result<identity::Model> {
    let id = IdentityId::new(write.at, random());
    let new = new_identity(write.committee, id, app_id, openid, true, 0, write.at);
    identity::Entity::insert(new)
        .on_conflict_do_nothing_on([
            identity::Column::CommitteeId,
            identity::Column::AppId,
            identity::Column::Openid,
        ])
        .exec_without_returning(&write.txn)
        .await?;
    let row = identity::Entity::of(write.committee)
        .filter(identity::Column::AppId.eq(app_id))
        .filter(identity::Column::Openid.eq(openid))
        .lock_exclusive()
        .one(&write.txn)
        .await?;
    found(row)
}

/// What became of a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Linked,
    Already,
    Conflict,
}

impl Outcome {
    fn claim(self, app_id: String) -> Claim {
        match self {
            Self::Linked | Self::Already => Claim::Linked(app_id),
            Self::Conflict => Claim::Conflict,
        }
    }
}

async fn link(write: &mut Write, follower: identity::Model, member: MemberId) -> Result<Outcome> {
    let app_id = follower.app_id.clone();
    if follower.member_id == Some(member) {
        write.about("member", member);
        write.detail(json!({ "account": app_id, "outcome": "already_linked" }));
        return Ok(Outcome::Already);
    }
    if follower.member_id.is_some() || is_another_person(write, &follower, member).await? {
        ask_office(write, follower.id, member).await?;
        write.about("member", member);
        write.detail(json!({ "account": app_id, "outcome": "conflict", "identity": follower.id }));
        return Ok(Outcome::Conflict);
    }
    write.about("member", member);
    write.detail(json!({ "account": app_id, "outcome": "linked", "identity": follower.id }));
    let mut follower = follower.into_active_model();
    follower.member_id = Set(Some(member));
    follower.update(&write.txn).await?;
    Ok(Outcome::Linked)
}

/// Whether WeChat knows the follower and the member as different people.
async fn is_another_person(
    write: &Write,
    follower: &identity::Model,
    member: MemberId,
) -> Result<bool> {
    let Some(unionid) = &follower.unionid else {
        return Ok(false);
    };
    let own: Vec<String> = identity::Entity::of(write.committee)
        .filter(identity::Column::MemberId.eq(member))
        .filter(identity::Column::Unionid.is_not_null())
        .all(&write.txn)
        .await?
        .into_iter()
        .filter_map(|row| row.unionid)
        .collect();
    Ok(!own.is_empty() && !own.contains(unionid))
}

async fn ask_office(write: &Write, identity: IdentityId, member: MemberId) -> Result<()> {
    let row = link_conflict::ActiveModel {
        committee_id: Set(write.committee),
        id: Set(LinkConflictId::new(write.at, random())),
        identity_id: Set(identity),
        member_id: Set(member),
        state: Set(LinkConflictState::Open),
        asked_at: Set(write.at),
        decided_by: Set(None),
        decided_at: Set(None),
        note: Set(None),
    };
    // Who asks again after a decision asks the office again.
    let again = OnConflict::columns([
        link_conflict::Column::CommitteeId,
        link_conflict::Column::IdentityId,
        link_conflict::Column::MemberId,
    ])
    .update_columns([
        link_conflict::Column::State,
        link_conflict::Column::AskedAt,
        link_conflict::Column::DecidedBy,
        link_conflict::Column::DecidedAt,
    ])
    .to_owned();
    link_conflict::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(&write.txn)
        .await?;
    Ok(())
}
