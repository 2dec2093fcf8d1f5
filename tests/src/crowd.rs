//! A crowd: many members of group 一 who are signed in already.

use api::access::Audience;
use chrono::NaiveDate;
use domain::ids::{AccountId, ActivityId, MemberId, SessionId};
use domain::people::{AccountKind, MemberStatus, Position};
use entity::{Scoped, account, checkin, group, member, sector, session as session_table, term};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set};
use uuid::Uuid;

use crate::TestApp;

/// One of many: his account and his session.
#[derive(Clone, Copy, Debug)]
pub struct OneOfMany {
    account: AccountId,
    session: SessionId,
}

impl TestApp {
    /// Adds `count` members with accounts and sessions, without going through WeChat.
    pub async fn crowd(&self, count: usize) -> Vec<OneOfMany> {
        let (db, committee, now) = (self.app.db.read(), self.committee, self.now());
        let group = group::Entity::of(committee).order_by_asc(group::Column::Ordinal).one(db).await.expect("groups").expect("a group");
        let sector = sector::Entity::of(committee).one(db).await.expect("sectors").expect("a sector");
        let term = term::Entity::of(committee).one(db).await.expect("terms").expect("a term");
        let (mut members, mut accounts, mut sessions, mut crowd) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for index in 0..count {
            let (id, one) = (MemberId(Uuid::now_v7()), OneOfMany { account: AccountId(Uuid::now_v7()), session: SessionId(Uuid::now_v7()) });
            let phone = format!("101{index:08}");
            members.push(member::ActiveModel {
                committee_id: Set(committee),
                id: Set(id),
                term_id: Set(term.id),
                name: Set(format!("委员{index}").replace(|c: char| c.is_ascii_digit(), "众")),
                phone_cipher: Set(self.app.vault.seal(phone.as_bytes())),
                phone_index: Set(self.app.vault.index("phone", &phone)),
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
                expires_at: Set(now + chrono::TimeDelta::days(30)),
                revoked_at: Set(None),
            });
            crowd.push(one);
        }
        self.app
            .db
            .housekeeping(async |txn| {
                for chunk in members.chunks(200) {
                    member::Entity::insert_many(chunk.to_vec()).exec_without_returning(txn).await?;
                }
                for chunk in accounts.chunks(200) {
                    account::Entity::insert_many(chunk.to_vec()).exec_without_returning(txn).await?;
                }
                for chunk in sessions.chunks(200) {
                    session_table::Entity::insert_many(chunk.to_vec()).exec_without_returning(txn).await?;
                }
                Ok(())
            })
            .await
            .expect("the crowd is written");
        crowd
    }

    /// Access tokens of the crowd, valid now.
    pub fn crowd_tokens(&self, crowd: &[OneOfMany]) -> Vec<String> {
        let token = |one: &OneOfMany| self.app.tokens.issue(Audience::MiniProgram, self.committee, one.account, one.session, 1, self.now());
        crowd.iter().map(|one| token(one).expect("a token")).collect()
    }

    /// How many check-ins an activity has.
    pub async fn count_checkins(&self, activity: &str) -> u64 {
        let activity = ActivityId(activity.parse().expect("an id"));
        let rows = checkin::Entity::of(self.committee).filter(checkin::Column::ActivityId.eq(activity));
        rows.count(self.app.db.read()).await.expect("rows can be counted")
    }
}
