//! What the tests of reviews stand on: a rulebook, facts of past years, closed periods.

use api::db::{Actor, NewFact};
use chrono::NaiveDate;
use domain::ids::SeatId;
use domain::people::SeatKind;
use domain::score::{Attributes, Subject, Value as Told};
use entity::{Scoped, account, member, seat};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};
use serde_json::{Value, json};
use tests::TestApp;

const RULEBOOK: &str = r#"
key = "review_test"
title = "委员考核办法"
version = 1
same_thing = "best"

[period]
unit = "year"

[total]
rounding = { to = 1, mode = "half_up" }

[[rules]]
key = "proposals"
part = "total"
clause = "第一条"
title = "提案"
text = "每件提案 10 分。"
counts = [{ kind = "proposal" }]
unit = "件"
values = [{ points = 10 }]

[[grades]]
key = "good"
title = "良好"
at_least = 10

[[grades]]
key = "failed"
title = "不合格"

[[reviews]]
key = "model"
kind = "commendation"
title = "优秀委员"
clause = "第三条"
text = "20 分以上的评选优秀委员 3 名，受过批评的不参加。"
candidates = { points = "total", above = 20 }
excluded = { count = [{ kind = "conduct", finding = "criticism" }], at_least = 1 }
pick = { from = "top", count = 3, per = "whole", ties = "decide" }
decided_by = "主席会议"
publication_workdays = 5
answer_workdays = 3

[[reviews]]
key = "nominated"
kind = "commendation"
title = "推荐先进"
clause = "第四条"
text = "各组按人数的一半推荐。"
candidates = { points = "total", above = 0 }
nominations = { percent = 50, rounding = "half_up" }
decided_by = "主席会议"
publication_workdays = 5

[[reviews]]
key = "exit"
kind = "midterm_exit"
title = "届中请辞"
clause = "第五条"
text = "不合格的提醒谈话，连续两年不合格的劝辞。"
decided_by = "常委会议"

[[reviews.rungs]]
key = "talk"
title = "提醒谈话"
clause = "第五条第一款"
when = { grade = ["failed"] }
actor = "召集人"
decided_by = "专委会"

[[reviews.rungs]]
key = "resign"
title = "劝其辞去委员"
clause = "第五条第二款"
when = { grade = ["failed"], consecutive = 2 }
actor = "主席会议"

[visibility]
ranking = ["own", "all_members", "convener", "staff"]
"#;

/// A committee with the rulebook in force since 2024.
pub(super) struct Stage {
    pub(super) t: TestApp,
}

impl Stage {
    /// The rulebook, nothing else.
    pub(super) async fn new() -> Self {
        let t = TestApp::start().await;
        let draft = t
            .act("office", "/rulebooks", json!({ "text": RULEBOOK }))
            .await;
        let path = format!("/rulebooks/{}", draft["id"].as_str().unwrap());
        let from = json!({ "effective_from": "2024-01-01" });
        t.act("office", &format!("{path}/propose"), from).await;
        let document = json!({ "document": "邢东政协〔2023〕9号" });
        t.act("leader", &format!("{path}/adopt"), document).await;
        Self { t }
    }

    /// The year 2025 closed: 陈晨 50, 高山 40, 金秋 and 孔明亮 30, 丁宁 60 and criticised, the
    /// others nothing.
    pub(super) async fn closed() -> Self {
        let s = Self::new().await;
        for (who, proposals) in [
            ("chen", 5),
            ("gao", 4),
            ("jin", 3),
            ("kong", 3),
            ("ding", 6),
        ] {
            s.facts(who, 2025, proposals).await;
        }
        s.criticise("ding", 2025).await;
        s.close("2025").await;
        s
    }

    /// So many verified proposals of somebody in a year.
    pub(super) async fn facts(&self, who: &str, year: i32, proposals: u32) {
        for number in 0..proposals {
            self.fact(who, "proposal", year, number, Attributes::new())
                .await;
        }
    }

    async fn criticise(&self, who: &str, year: i32) {
        let finding = Told::Word("criticism".to_owned());
        let finding = Attributes::from([("finding".to_owned(), finding)]);
        self.fact(who, "conduct", year, 0, finding).await;
    }

    async fn fact(&self, who: &str, kind: &str, year: i32, number: u32, attributes: Attributes) {
        let t = &self.t;
        let member = t.members[who];
        t.app
            .db
            .write(
                &Actor::service(t.committee),
                "test",
                t.now(),
                async |write| {
                    write.fact(NewFact {
                        subject: Subject::Member(member),
                        kind: kind.to_owned(),
                        happened_on: NaiveDate::from_ymd_opt(year, 3, 1 + number).unwrap(),
                        title: format!("第 {number} 件"),
                        reference: None,
                        attributes,
                        recorder: None,
                        source_kind: "test".to_owned(),
                        source_id: uuid::Uuid::now_v7(),
                        reverses: None,
                    });
                    Ok(())
                },
            )
            .await
            .expect("a fact is recorded");
    }

    /// Closes a period by two.
    pub(super) async fn close(&self, period: &str) {
        let path = format!("/periods/{period}/close");
        let forced = json!({ "force": true, "reason": "历史年度" });
        self.t.act("office", &path, forced).await;
        let closed = self
            .t
            .act("leader", &path, json!({ "document": "1号" }))
            .await;
        assert_eq!(closed["status"], "closed", "{closed}");
    }

    /// Opens a closed period again by two.
    pub(super) async fn reopen(&self, period: &str) {
        let path = format!("/periods/{period}/reopen");
        let why = json!({ "reason": "漏记", "document": "2号" });
        self.t.act("office", &path, why).await;
        self.t.act("leader", &path, json!({})).await;
    }

    /// A review of 2025, as the office computes it.
    pub(super) async fn review(&self, key: &str) -> Value {
        let body = json!({ "key": key, "period": "2025" });
        self.t.act("office", "/reviews", body).await
    }

    /// The same with ties decided for 金秋, settled.
    pub(super) async fn settled(&self, key: &str) -> Value {
        let review = self.review(key).await;
        if key == "model" {
            self.put(&review, "金秋", true).await;
            self.put(&review, "孔明亮", false).await;
        }
        self.t
            .act("office", &format!("{}/settle", path(&review)), json!({}))
            .await
    }

    /// The same, confirmed by the other clerk.
    pub(super) async fn confirmed(&self, key: &str) -> Value {
        let review = self.settled(key).await;
        self.t
            .act("office2", &format!("{}/confirm", path(&review)), json!({}))
            .await
    }

    /// The same, published on 29 September 2026, before National Day.
    pub(super) async fn published(&self, key: &str) -> Value {
        let review = self.confirmed(key).await;
        self.t.set("2026-09-29T09:00:00+08:00");
        self.t
            .act("office", &format!("{}/publish", path(&review)), json!({}))
            .await
    }

    /// Puts a candidate on the list or takes him off.
    pub(super) async fn put(&self, review: &Value, name: &str, listed: bool) -> Value {
        let path = candidate(review, name);
        let (status, seen) = self.t.put("office", &path, settlement(listed)).await;
        assert_eq!(status, 200, "{seen}");
        seen
    }

    /// The code with which a step is refused.
    pub(super) async fn refused(&self, who: &str, path: &str, step: &str, body: Value) -> String {
        let (status, problem) = self.t.post(who, &format!("{path}/{step}"), body).await;
        assert!(
            (400..500).contains(&status),
            "{step} as {who}: {status} {problem}"
        );
        code(&problem).to_owned()
    }

    /// Lets an account be a member's.
    pub(super) async fn is(&self, username: &str, who: &str) {
        self.bind(username, Some(self.t.members[who])).await;
    }

    /// Lets an account be nobody's.
    pub(super) async fn is_nobody(&self, username: &str) {
        self.bind(username, None).await;
    }

    async fn bind(&self, username: &str, member: Option<domain::ids::MemberId>) {
        let t = &self.t;
        t.app
            .db
            .housekeeping(async |txn| {
                let row = account::Entity::of(t.committee)
                    .filter(account::Column::Username.eq(username))
                    .one(txn)
                    .await?
                    .expect("an account");
                let change = account::ActiveModel {
                    committee_id: Set(row.committee_id),
                    id: Set(row.id),
                    member_id: Set(member),
                    ..Default::default()
                };
                account::Entity::update(change).exec(txn).await?;
                Ok(())
            })
            .await
            .expect("the account is bound");
        t.app.standings.forget();
    }

    /// Gives a member a seat in the office.
    pub(super) async fn seat_in_office(&self, who: &str) {
        let t = &self.t;
        let row = seat::ActiveModel {
            committee_id: Set(t.committee),
            id: Set(SeatId(uuid::Uuid::now_v7())),
            kind: Set(SeatKind::Office),
            member_id: Set(Some(t.members[who])),
            account_id: Set(None),
            group_id: Set(None),
            special_committee_id: Set(None),
            from_date: Set(NaiveDate::from_ymd_opt(2024, 1, 1).unwrap()),
            to_date: Set(None),
            granted_by: Set(None),
            confirmed_by: Set(None),
            confirmed_at: Set(Some(t.now())),
            ended_by: Set(None),
            created_at: Set(t.now()),
        };
        t.app
            .db
            .housekeeping(async |txn| {
                seat::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                Ok(())
            })
            .await
            .expect("he has a seat");
        t.app.standings.forget();
    }

    /// What somebody was told under a title.
    pub(super) async fn told(&self, who: &str, title: &str) -> Value {
        let inbox = self.t.see(who, "/me/inbox").await;
        let messages = inbox["items"].as_array().expect("messages");
        let found = messages.iter().find(|message| message["title"] == title);
        found
            .unwrap_or_else(|| panic!("{who} was not told {title}: {inbox}"))
            .clone()
    }

    /// Every member's row as it is stored.
    pub(super) async fn members(&self) -> Vec<member::Model> {
        member::Entity::of(self.t.committee)
            .order_by_asc(member::Column::Id)
            .all(self.t.app.db.read())
            .await
            .expect("members")
    }
}

/// The path of a review.
pub(super) fn path(review: &Value) -> String {
    format!("/reviews/{}", review["id"].as_str().expect("an id"))
}

/// The path of a candidate.
pub(super) fn candidate(review: &Value, name: &str) -> String {
    let id = row(review, name)["id"].as_str().expect("an id").to_owned();
    format!("{}/candidates/{id}", path(review))
}

pub(super) fn settlement(listed: bool) -> Value {
    json!({ "listed": listed, "reason": "研究确定", "basis": "主席会议纪要第 3 期" })
}

/// What a review says of somebody.
pub(super) fn row<'a>(review: &'a Value, name: &str) -> &'a Value {
    let rows = review["candidates"].as_array().expect("candidates");
    rows.iter()
        .find(|row| row["name"] == name)
        .unwrap_or_else(|| panic!("{name} is no candidate: {review}"))
}

/// The names on the list, in their order.
pub(super) fn names(review: &Value) -> Vec<&str> {
    let rows = review["candidates"].as_array().expect("candidates").iter();
    rows.filter(|row| row["listed"] == json!(true))
        .map(|row| row["name"].as_str().expect("a name"))
        .collect()
}

/// The code of a problem.
pub(super) fn code(problem: &Value) -> &str {
    problem["code"].as_str().unwrap_or_default()
}
