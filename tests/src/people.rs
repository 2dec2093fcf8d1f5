//! The people of the tests and how they come into the database.

use api::founding::{self, Account, Founding, Group, Term};
use chrono::NaiveDate;
use domain::ids::{CommitteeId, MemberId, SeatId};
use domain::people::{MemberStatus, Position, SeatKind};
use entity::{Scoped, group, member, seat, sector, term};
use sea_orm::{EntityTrait, QueryOrder, Set};
use uuid::Uuid;
use wechat::sim::{Push, PushHabits};

use crate::{TestApp, until};
use api::demo::world::{COMMITTEE, official_account};

/// Name, phone, group from 0, convener, committee.
type Person = (&'static str, &'static str, &'static str, usize, bool);

const PEOPLE: [Person; 9] = [
    ("alice", "艾丽丝", "10000000001", 0, true),
    ("bo", "薄文", "10000000002", 0, true),
    ("chen", "陈晨", "10000000003", 0, false),
    ("ding", "丁宁", "10000000004", 0, false),
    ("fang", "方圆", "10000000005", 1, true),
    ("gao", "高山", "10000000006", 1, false),
    ("hu", "胡杨", "10000000007", 2, true),
    ("jin", "金秋", "10000000008", 2, false),
    ("kong", "孔明亮", "10000000009", 2, false),
];

const OTHERS: [Person; 2] = [
    ("x-yan", "严冬", "10000000001", 0, true),
    ("x-zhu", "朱夏", "10000000012", 0, false),
];

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a test writes valid days")
}

fn account(username: &str, seat: SeatKind, special: Option<&str>) -> Account {
    Account {
        username: username.to_owned(),
        display_name: username.to_owned(),
        seat,
        special_committee: special.map(str::to_owned),
    }
}

fn group(name: &str, special: &str, app_id: Option<String>) -> Group {
    Group {
        name: format!("第{name}活动组"),
        special_committee: special.to_owned(),
        station: format!("第{name}驿站"),
        address: None,
        latitude: None,
        longitude: None,
        app_id,
    }
}

fn term() -> Term {
    Term {
        name: "第五届".to_owned(),
        starts_on: day(2022, 1, 1),
        ends_on: day(2026, 12, 31),
    }
}

fn xingdong() -> Founding {
    Founding {
        code: COMMITTEE.to_owned(),
        name: "邢东区政协".to_owned(),
        term: term(),
        sectors: ["经济", "教育"].map(str::to_owned).to_vec(),
        special_committees: ["提案委", "经济委"].map(str::to_owned).to_vec(),
        groups: vec![
            group("一", "提案委", Some(official_account(0))),
            group("二", "提案委", Some(official_account(1))),
            group("三", "经济委", Some(official_account(2))),
        ],
        accounts: vec![
            account("office", SeatKind::Office, None),
            account("office2", SeatKind::Office, None),
            account("leader", SeatKind::Leader, None),
            account("auditor", SeatKind::Auditor, None),
            account("admin", SeatKind::Admin, None),
            account("admin2", SeatKind::Admin, None),
            account("staff1", SeatKind::Staff, Some("提案委")),
            account("staff2", SeatKind::Staff, Some("经济委")),
        ],
    }
}

fn other() -> Founding {
    Founding {
        code: "other".to_owned(),
        name: "别处区政协".to_owned(),
        term: term(),
        sectors: vec!["经济".to_owned()],
        special_committees: vec!["提案委".to_owned()],
        groups: vec![group("一", "提案委", None)],
        accounts: vec![
            account("office", SeatKind::Office, None),
            account("staff", SeatKind::Staff, Some("提案委")),
        ],
    }
}

impl TestApp {
    pub(crate) async fn settle_people(&mut self) {
        let (committee, credentials) = founding::found(&self.app, &xingdong())
            .await
            .expect("a committee is founded");
        self.know("", credentials);
        self.committee = committee;
        self.seat(committee, &PEOPLE).await;
        let (committee, credentials) = founding::found(&self.app, &other())
            .await
            .expect("another committee is founded");
        self.know("x-", credentials);
        self.other = committee;
        self.seat(committee, &OTHERS).await;
        let handle = self.sim.handle.clone();
        handle.set_push_habits(PushHabits {
            delay_min_millis: 0,
            delay_max_millis: 0,
            ..PushHabits::default()
        });
        for (index, (who, _, phone, group, _)) in PEOPLE.iter().chain(&OTHERS).enumerate() {
            // Two committees may have members of one phone number; a phone belongs to one person.
            self.phone(who, phone);
            if index < PEOPLE.len() && *who != "ding" {
                handle.follow(&official_account(*group), who);
            }
        }
        // A push that came during the test would be counted among its own.
        until("WeChat has told of every follower", async || {
            let over = |push: &Push| push.delivered || push.lost || push.service_failure;
            handle.pushes().iter().all(over)
        })
        .await;
        handle.set_push_habits(PushHabits::default());
    }

    async fn seat(&mut self, committee: CommitteeId, people: &[Person]) {
        let db = self.app.db.read();
        let groups = group::Entity::of(committee)
            .order_by_asc(group::Column::Ordinal)
            .all(db)
            .await
            .expect("groups");
        let sectors = sector::Entity::of(committee)
            .order_by_asc(sector::Column::Ordinal)
            .all(db)
            .await
            .expect("sectors");
        let term = term::Entity::of(committee)
            .one(db)
            .await
            .expect("terms")
            .expect("a term");
        let now = self.now();
        let mut rows = Vec::new();
        let mut seats = Vec::new();
        for (index, (who, name, phone, group, convener)) in people.iter().enumerate() {
            let id = MemberId(Uuid::now_v7());
            self.members.insert(who, id);
            rows.push(member::ActiveModel {
                committee_id: Set(committee),
                id: Set(id),
                term_id: Set(term.id),
                name: Set((*name).to_owned()),
                phone_cipher: Set(self.app.vault.seal(phone.as_bytes())),
                phone_index: Set(self.app.vault.index("phone", phone)),
                born_on_cipher: Set(None),
                sector_id: Set(sectors[index % sectors.len()].id),
                group_id: Set(groups[*group].id),
                position: Set(Position::Member),
                status: Set(MemberStatus::Active),
                employer: Set(None),
                joined_on: Set(day(2022, 1, 1)),
                left_on: Set(None),
                remark: Set(None),
                version: Set(1),
                created_at: Set(now),
                updated_at: Set(now),
            });
            if *convener {
                seats.push(seat::ActiveModel {
                    committee_id: Set(committee),
                    id: Set(SeatId(Uuid::now_v7())),
                    kind: Set(SeatKind::Convener),
                    member_id: Set(Some(id)),
                    account_id: Set(None),
                    group_id: Set(Some(groups[*group].id)),
                    special_committee_id: Set(None),
                    from_date: Set(day(2022, 1, 1)),
                    to_date: Set(None),
                    granted_by: Set(None),
                    confirmed_by: Set(None),
                    confirmed_at: Set(Some(now)),
                    ended_by: Set(None),
                    created_at: Set(now),
                });
            }
        }
        self.app
            .db
            .housekeeping(async |txn| {
                member::Entity::insert_many(rows)
                    .exec_without_returning(txn)
                    .await?;
                seat::Entity::insert_many(seats)
                    .exec_without_returning(txn)
                    .await?;
                Ok(())
            })
            .await
            .expect("the people are written");
    }
}
