//! A crowd: many members of a committee's first group who are signed in already.
//!
//! Written straight into the tables, because six hundred sign-ins are not what its users are
//! after: the tests of many at once, and the load generator (`src/bin/load`).

use api::access::Audience;
use api::app::App;
use api::error::{ApiError, Result};
use chrono::{NaiveDate, TimeDelta};
use domain::ids::{AccountId, ActivityId, CommitteeId, MemberId, SessionId};
use domain::people::{AccountKind, MemberStatus, Position};
use entity::{Scoped, account, checkin, group, member, sector, session as session_table, term};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set};
use uuid::Uuid;

use crate::TestApp;

/// One of many: his account and his session.
#[derive(Clone, Copy, Debug)]
pub struct OneOfMany {
    /// His account.
    pub account: AccountId,
    /// His session.
    pub session: SessionId,
}

/// Adds `count` members with accounts and sessions, without going through WeChat.
pub async fn gather(app: &App, committee: CommitteeId, count: usize) -> Result<Vec<OneOfMany>> {
    gather_from(app, committee, 0, count).await
}

/// The same where so many came before: no two have one phone number.
pub async fn gather_from(
    app: &App,
    committee: CommitteeId,
    before: usize,
    count: usize,
) -> Result<Vec<OneOfMany>> {
    let (db, now) = (app.db.read(), app.clock.now());
    let group = group::Entity::of(committee)
        .order_by_asc(group::Column::Ordinal)
        .one(db)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let sector = sector::Entity::of(committee)
        .one(db)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let term = term::Entity::of(committee)
        .one(db)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let (mut members, mut accounts, mut sessions, mut crowd) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for index in before..before + count {
        let id = MemberId(Uuid::now_v7());
        let one = OneOfMany {
            account: AccountId(Uuid::now_v7()),
            session: SessionId(Uuid::now_v7()),
        };
        let phone = format!("101{index:08}");
        members.push(member::ActiveModel {
            committee_id: Set(committee),
            id: Set(id),
            term_id: Set(term.id),
            name: Set(format!("委员{index}").replace(|c: char| c.is_ascii_digit(), "众")),
            phone_cipher: Set(app.vault.seal(phone.as_bytes())),
            phone_index: Set(app.vault.index("phone", &phone)),
            born_on_cipher: Set(None),
            sector_id: Set(sector.id),
            group_id: Set(group.id),
            position: Set(Position::Member),
            status: Set(MemberStatus::Active),
            employer: Set(None),
            joined_on: Set(NaiveDate::from_ymd_opt(2022, 1, 1).expect("a day")),
            left_on: Set(None),
            remark: Set(None),
            version: Set(1),
            created_at: Set(now),
            updated_at: Set(now),
        });
        accounts.push(account::ActiveModel {
            committee_id: Set(committee),
            id: Set(one.account),
            kind: Set(AccountKind::WeChat),
            member_id: Set(Some(id)),
            username: Set(None),
            display_name: Set("众".to_owned()),
            password_hash: Set(None),
            totp_cipher: Set(None),
            totp_step: Set(None),
            session_version: Set(1),
            failed_attempts: Set(0),
            locked_until: Set(None),
            disabled_at: Set(None),
            created_at: Set(now),
        });
        sessions.push(session_table::ActiveModel {
            committee_id: Set(committee),
            id: Set(one.session),
            account_id: Set(one.account),
            audience: Set(Audience::MiniProgram.as_str().to_owned()),
            generation: Set(1),
            rotated_at: Set(now),
            created_at: Set(now),
            expires_at: Set(now + TimeDelta::days(30)),
            revoked_at: Set(None),
        });
        crowd.push(one);
    }
    app.db
        .housekeeping(async |txn| {
            for chunk in members.chunks(200) {
                member::Entity::insert_many(chunk.to_vec())
                    .exec_without_returning(txn)
                    .await?;
            }
            for chunk in accounts.chunks(200) {
                account::Entity::insert_many(chunk.to_vec())
                    .exec_without_returning(txn)
                    .await?;
            }
            for chunk in sessions.chunks(200) {
                session_table::Entity::insert_many(chunk.to_vec())
                    .exec_without_returning(txn)
                    .await?;
            }
            Ok(())
        })
        .await?;
    Ok(crowd)
}

/// Everybody who is signed in to a committee, in the order in which they came.
pub async fn signed_in(app: &App, committee: CommitteeId) -> Result<Vec<OneOfMany>> {
    let sessions = session_table::Entity::of(committee)
        .order_by_asc(session_table::Column::Id)
        .all(app.db.read())
        .await?;
    let one = |session: session_table::Model| OneOfMany {
        account: session.account_id,
        session: session.id,
    };
    Ok(sessions.into_iter().map(one).collect())
}

/// Access tokens of a crowd, valid now.
pub fn tokens(app: &App, committee: CommitteeId, crowd: &[OneOfMany]) -> Result<Vec<String>> {
    let now = app.clock.now();
    let token = |one: &OneOfMany| {
        let audience = Audience::MiniProgram;
        app.tokens
            .issue(audience, committee, one.account, one.session, 1, now)
    };
    crowd.iter().map(token).collect()
}

/// How many check-ins an activity has.
pub async fn count_checkins(
    app: &App,
    committee: CommitteeId,
    activity: ActivityId,
) -> Result<u64> {
    let rows = checkin::Entity::of(committee).filter(checkin::Column::ActivityId.eq(activity));
    Ok(rows.count(app.db.read()).await?)
}

impl TestApp {
    /// Adds `count` members of group 一 with accounts and sessions.
    pub async fn crowd(&self, count: usize) -> Vec<OneOfMany> {
        gather(&self.app, self.committee, count)
            .await
            .expect("the crowd is written")
    }

    /// Access tokens of the crowd, valid now.
    pub fn crowd_tokens(&self, crowd: &[OneOfMany]) -> Vec<String> {
        tokens(&self.app, self.committee, crowd).expect("tokens are issued")
    }

    /// How many check-ins an activity has.
    pub async fn count_checkins(&self, activity: &str) -> u64 {
        let activity = ActivityId(activity.parse().expect("an id"));
        count_checkins(&self.app, self.committee, activity)
            .await
            .expect("rows can be counted")
    }
}
