//! One term from beginning to end: five years, 190 members, two versions of the rules, a year that
//! is opened again, members who come and go, and an objection that is upheld.
//!
//! By his place in the list, of ten members seven attend and file a proposal every year, two only
//! attend, and one does neither. Under the first version that is 80, 60 and 20 points, under the
//! second 75, 60 and 20.

use std::fmt::Write;

use api::audit::recompute::recompute;
use api::demo::cast;
use api::demo::story::committee;
use api::founding;
use chrono::NaiveDate;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tests::{TestApp, at};

use crate::story::{Cast, import_roster};

/// What a member does, by his place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Diligent,
    Present,
    Absent,
}

fn habit(place: usize) -> Habit {
    match place % 10 {
        0..7 => Habit::Diligent,
        7..9 => Habit::Present,
        _ => Habit::Absent,
    }
}

fn rulebook(version: u32, proposal: u32, cap: u32) -> String {
    format!(
        r#"
key = "term"
title = "委员履职考核办法"
version = {version}
same_thing = "best"
period = {{ unit = "year" }}

[total]
rounding = {{ to = 1, mode = "half_up" }}

[[parts]]
key = "meetings"
clause = "第一条"
title = "会议活动"
start = 60
floor = 0

[[rules]]
key = "absence"
part = "meetings"
clause = "第一条"
title = "无故缺席"
text = "无故缺席每次扣 40 分，扣完为止。"
counts = [{{ kind = "attendance", status = "absent" }}]
points = -40

[[rules]]
key = "proposal"
part = "total"
clause = "第二条"
title = "提案"
text = "每件 {proposal} 分，最多 {cap} 分。"
counts = [{{ kind = "proposal" }}]
unit = "件"
points = {proposal}
cap = {cap}

[[grades]]
key = "good"
title = "优秀"
at_least = 75

[[grades]]
key = "pass"
title = "称职"
at_least = 60

[[grades]]
key = "fail"
title = "不称职"

[[reviews]]
key = "exit"
kind = "midterm_exit"
title = "届中请辞"
clause = "第五条"
text = "连续两年不称职的，劝其辞去委员。"
decided_by = "主席会议"
publication_workdays = 5
answer_workdays = 3

[[reviews.rungs]]
key = "resign"
title = "劝辞"
clause = "第五条"
when = {{ grade = ["fail"], consecutive = 2 }}
actor = "委员联络委"
"#
    )
}

struct Term {
    t: TestApp,
    cast: Cast,
    /// Ids by place in the list.
    ids: Vec<String>,
    groups: Vec<Value>,
}

impl Term {
    async fn begin() -> Self {
        let mut t = TestApp::bare(at("2022-01-04T09:00:00+08:00"), 5).await;
        let planned = committee(NaiveDate::from_ymd_opt(2022, 1, 4).unwrap());
        let (id, credentials) = founding::found(&t.app, &planned).await.expect("founded");
        t.committee = id;
        t.know("", credentials);
        let cast = Cast::of(cast::members(190, 5));
        for member in &cast.members {
            t.phone(&member.key, &member.phone);
        }
        let names = planned.groups.iter().map(|group| group.name.clone());
        import_roster(&t, &cast, names.collect()).await;
        let listed = t.see("office", "/members?limit=200").await;
        let of = |name: &str| {
            let items = listed["items"].as_array().unwrap();
            let row = items.iter().find(|row| row["name"] == name);
            row.expect("imported")["id"].as_str().unwrap().to_owned()
        };
        let ids = cast.members.iter().map(|one| of(&one.name)).collect();
        let groups = t.see("office", "/groups").await["items"]
            .as_array()
            .unwrap()
            .clone();
        Self {
            t,
            cast,
            ids,
            groups,
        }
    }

    /// A version of the rules, adopted from a day on.
    async fn adopt(&self, text: String, from: &str) {
        let draft = self
            .t
            .act("office", "/rulebooks", json!({ "text": text }))
            .await;
        let path = format!("/rulebooks/{}", draft["id"].as_str().unwrap());
        let from = json!({ "effective_from": from });
        self.t.act("office", &format!("{path}/propose"), from).await;
        let document = json!({ "document": "邢东政协〔2022〕1号" });
        self.t
            .act("leader", &format!("{path}/adopt"), document)
            .await;
    }

    /// One activity of every group, at which all are there but the absent ones.
    async fn activity(&self, year: i32) {
        for (group, row) in self.groups.iter().enumerate() {
            self.t.set(&format!("{year}-06-01T09:00:00+08:00"));
            let here = |index: &usize| self.cast.members[*index].group == group;
            let convener = (0..190)
                .filter(here)
                .map(|index| &self.cast.members[index])
                .find(|member| member.convener)
                .expect("every group has conveners");
            let staff = format!("staff{}", group + 1);
            let body = json!({
                "group_id": row["id"], "kind": "inspection", "mode": "annual_plan",
                "title": format!("{year} 年视察"), "content": "视察。", "venue": "驿站",
                "starts_at": format!("{year}-06-24T14:30:00+08:00"),
                "ends_at": format!("{year}-06-24T16:30:00+08:00"),
            });
            let activity = self.t.act(&convener.key, "/activities", body).await;
            let path = format!("/activities/{}", activity["id"].as_str().unwrap());
            for (who, step) in [
                (convener.key.as_str(), "submit"),
                (staff.as_str(), "approve"),
                (convener.key.as_str(), "publish"),
            ] {
                self.t.act(who, &format!("{path}/{step}"), json!({})).await;
            }
            self.t.set(&format!("{year}-06-24T14:40:00+08:00"));
            let invited = self
                .t
                .see(&staff, &format!("{path}/attendance?limit=200"))
                .await;
            for line in invited["items"].as_array().unwrap() {
                let member = line["member_id"].as_str().unwrap();
                let place = self.ids.iter().position(|id| id == member);
                if place.is_some_and(|place| habit(place) == Habit::Absent) {
                    continue;
                }
                let roll = json!({ "status": "present", "reason": "点名" });
                let called = self
                    .t
                    .put(&*staff, &format!("{path}/attendance/{member}"), roll)
                    .await;
                assert_eq!(called.0, 200, "{}", called.1);
            }
            self.t.set(&format!("{year}-06-24T16:31:00+08:00"));
            self.t
                .act(&staff, &format!("{path}/close"), json!({}))
                .await;
        }
    }

    /// The list of proposals of a year, from Excel (here csv), verified by the other clerk.
    async fn proposals(&self, year: i32, left: &[usize]) {
        self.t.set(&format!("{year}-09-01T09:00:00+08:00"));
        let mut list = "编号,标题,日期,第一提案人\n".to_owned();
        for (place, member) in self.cast.members.iter().enumerate() {
            if habit(place) == Habit::Diligent && !left.contains(&place) {
                let name = &member.name;
                let day = format!("{year}-03-10");
                writeln!(list, "{year}-{place},第{place}号建议,{day},{name}")
                    .expect("a text grows");
            }
        }
        let part = Part::bytes(list.into_bytes()).file_name("提案.csv");
        let url = self.t.client.url("/duty-records/imports?kind=proposal");
        let office = self.t.token("office").await;
        let request = self.t.client.http().post(url).bearer_auth(office);
        let answer = request
            .multipart(Form::new().part("file", part))
            .send()
            .await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 201);
        let preview: Value = answer.json().await.unwrap();
        let path = preview["import_id"].as_str().unwrap();
        let path = format!("/duty-records/imports/{path}");
        let hash = json!({ "plan_hash": preview["plan_hash"] });
        self.t.act("office", &format!("{path}/apply"), hash).await;
        self.t
            .act("office2", &format!("{path}/verify"), json!({}))
            .await;
    }

    /// Closes a year in the next January, by two.
    async fn close(&self, year: i32) -> Value {
        self.t.set(&format!("{}-01-05T09:00:00+08:00", year + 1));
        let path = format!("/periods/{year}/close");
        self.t.act("office", &path, json!({})).await;
        let document = json!({ "document": format!("邢东政协〔{}〕2号", year + 1) });
        let closed = self.t.act("leader", &path, document).await;
        assert_eq!(closed["status"], "closed", "{closed}");
        closed
    }

    async fn score(&self, place: usize, year: i32) -> Value {
        let path = format!("/members/{}/score?period={year}", self.ids[place]);
        self.t.see("auditor", &path).await
    }

    async fn expect(&self, place: usize, year: i32, total: &str, grade: &str) {
        let sheet = self.score(place, year).await;
        assert_eq!(
            (&sheet["total"], &sheet["grade"]),
            (&json!(total), &json!(grade)),
            "{place} in {year}: {sheet}"
        );
    }
}

#[actix_web::test]
async fn five_years_of_190_members_end_in_results_that_can_be_computed_again() {
    let mut term = Term::begin().await;
    term.adopt(rulebook(1, 20, 40), "2022-01-01").await;

    term.activity(2022).await;
    term.proposals(2022, &[]).await;
    term.close(2022).await;
    for (place, total, grade) in [(0, "80", "优秀"), (7, "60", "称职"), (9, "20", "不称职")]
    {
        term.expect(place, 2022, total, grade).await;
    }

    // In 2023 a member leaves; his year is what he did until then.
    term.activity(2023).await;
    let path = format!("/members/{}", term.ids[21]);
    let left = json!({ "status": "left", "left_on": "2023-06-30" });
    assert_eq!(term.t.patch("office", &path, left).await.0, 200);
    term.proposals(2023, &[21]).await;
    term.close(2023).await;
    term.expect(21, 2023, "60", "称职").await;
    a_closed_year_is_opened_again_for_a_proposal_that_was_missed(&term).await;

    // In 2024 one joins.
    term.t.set("2024-05-06T09:00:00+08:00");
    let sector = term.t.see("office", "/sectors").await["items"][0]["id"].clone();
    let joined = json!({ "name": "新委员", "phone": "10099990000", "group_id": term.groups[0]["id"],
        "sector_id": sector, "position": "member", "joined_on": "2024-05-06" });
    let joined = term.t.act("office", "/members", joined).await;
    let joined = joined["id"].as_str().unwrap().to_owned();
    term.activity(2024).await;
    term.proposals(2024, &[21]).await;
    term.close(2024).await;
    let own = term
        .t
        .see("auditor", &format!("/members/{joined}/score?period=2024"))
        .await;
    assert_eq!(own["total"], "60", "{own}");
    assert_eq!(own["stay"], json!({ "quarters": 2, "of": 4 }));
    an_objection_against_a_proposed_exit_is_upheld(&mut term).await;

    // From 2025 on a proposal is worth less.
    term.adopt(rulebook(2, 15, 30), "2025-01-01").await;
    for year in [2025, 2026] {
        term.activity(year).await;
        term.proposals(year, &[21]).await;
        term.close(year).await;
        for (place, total, grade) in [(0, "75", "优秀"), (7, "60", "称职"), (9, "20", "不称职")]
        {
            term.expect(place, year, total, grade).await;
        }
    }
    term.expect(0, 2024, "80", "优秀").await;

    let t = &term.t;
    let again = recompute(&t.app.db, None).await.expect("readable");
    assert!(again.ok(), "{again}");
    let verdict = t.see("auditor", "/audit/verify").await;
    let chains = verdict.as_array().or_else(|| verdict["chains"].as_array());
    assert!(
        chains
            .expect("chains")
            .iter()
            .all(|chain| chain["ok"] == true),
        "{verdict}"
    );
    term.t.stop().await;
}

/// The office proposes to open 2023 again, the leader agrees, a proposal of member 7 is added by
/// two, and the year is closed anew: his sheet has a second revision, everybody else's total
/// stays.
async fn a_closed_year_is_opened_again_for_a_proposal_that_was_missed(term: &Term) {
    let t = &term.t;
    term.expect(7, 2023, "60", "称职").await;
    let missed = json!({ "member_id": term.ids[7], "kind": "proposal", "title": "漏记的提案",
        "done_on": "2023-03-12", "submit": true });
    let record = t.act("office", "/duty-records", missed).await;
    let verify = format!("/duty-records/{}/verify", record["id"].as_str().unwrap());
    let (status, problem) = t.post("office2", &verify, json!({})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("period_closed")));

    let why = json!({ "reason": "漏记提案", "document": "邢东政协〔2024〕3号" });
    t.act("office", "/periods/2023/reopen", why).await;
    let opened = t.act("leader", "/periods/2023/reopen", json!({})).await;
    assert_eq!(opened["status"], "open", "{opened}");
    t.act("office2", &verify, json!({})).await;
    term.close(2023).await;

    term.expect(7, 2023, "80", "优秀").await;
    term.expect(0, 2023, "80", "优秀").await;
    let path = format!("/members/{}/score?period=2023&revision=1", term.ids[7]);
    assert_eq!(t.see("auditor", &path).await["total"], "60");
}

/// Whoever failed in 2023 and in 2024 is proposed for an exit; one of them objects and is right.
async fn an_objection_against_a_proposed_exit_is_upheld(term: &mut Term) {
    let t = &term.t;
    let before = t.see("office", "/members?limit=200").await;
    let review = t
        .act(
            "office",
            "/reviews",
            json!({ "key": "exit", "period": "2024" }),
        )
        .await;
    let path = format!("/reviews/{}", review["id"].as_str().unwrap());
    let listed = |review: &Value| -> Vec<String> {
        let all = review["candidates"].as_array().unwrap().iter();
        let listed = all.filter(|row| row["listed"] == true);
        listed
            .map(|row| row["member_id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(listed(&review).len(), 19, "every tenth of 190");
    t.act("office", &format!("{path}/settle"), json!({})).await;
    t.act("office2", &format!("{path}/confirm"), json!({}))
        .await;
    t.act("office", &format!("{path}/publish"), json!({})).await;

    let objector = &term.cast.members[9];
    let objection =
        json!({ "member_id": term.ids[9], "text": "当日参加上级会议，已向召集人报告。" });
    let raised = t
        .act(&objector.key, &format!("{path}/object"), objection)
        .await;
    let answer = format!("/objections/{}/answer", raised["id"].as_str().unwrap());
    let upheld = json!({ "upheld": true, "answer": "属实，予以采纳。" });
    t.act("office2", &answer, upheld).await;
    t.set("2025-01-17T09:00:00+08:00");
    t.act("office", &format!("{path}/present"), json!({})).await;
    let presented = t.see("leader", &path).await;
    let list = listed(&presented);
    assert_eq!(list.len(), 18);
    assert!(!list.contains(&term.ids[9]));
    let verdicts: Vec<Value> = presented["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["listed"] == true)
        .map(|row| json!({ "candidate_id": row["id"], "verdict": "as_proposed" }))
        .collect();
    let decision = json!({ "document": "邢东政协〔2025〕4号", "decided_on": "2025-01-17",
        "candidates": verdicts });
    let decided = t.act("leader", &format!("{path}/decide"), decision).await;
    assert_eq!(decided["status"], "decided", "{decided}");
    let after = t.see("office", "/members?limit=200").await;
    let membership = |page: &Value| -> Vec<Value> {
        let all = page["items"].as_array().unwrap().iter();
        all.map(|row| {
            json!([
                row["id"],
                row["status"],
                row["left_on"],
                row["position"],
                row["version"]
            ])
        })
        .collect()
    };
    assert!(
        membership(&after) == membership(&before),
        "nobody's membership changes by it"
    );
}
