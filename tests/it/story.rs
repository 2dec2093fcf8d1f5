//! The main job from end to end: from a roster in Excel to an explained score in Excel.
//!
//! 190 members in five groups of 38. In each group 30 attend, 4 ask for leave (3 approved) and 4
//! stay silent. Of the 150 who attend, 112 check in online and on time, 5 online and late, 30 from
//! the offline queue, and 3 whose phone was dead are corrected afterwards.

use std::collections::HashMap;

use api::demo::cast::{self, Member};
use api::demo::story::committee;
use api::demo::world::official_account;
use api::founding;
use calamine::{Data, Reader, Xlsx};
use chrono::{DateTime, NaiveDate};
use domain::checkin::Slot;
use entity::{Scoped, identity};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{TestApp, at, until};

/// What a member does on the day, by his place in his group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    OnTime,
    Late,
    Offline,
    PhoneDead,
    LeaveApproved,
    LeaveRefused,
    Silent,
}

/// Place in the group from 0, group from 0.
fn part(place: usize, group: usize) -> Part {
    match place {
        0..6 => Part::Offline,
        6 => Part::Late,
        7 if group < 3 => Part::PhoneDead,
        7..30 => Part::OnTime,
        30..33 => Part::LeaveApproved,
        33 => Part::LeaveRefused,
        _ => Part::Silent,
    }
}

pub struct Cast {
    pub members: Vec<Member>,
    parts: Vec<Part>,
}

impl Cast {
    pub fn of(members: Vec<Member>) -> Self {
        let parts = members
            .iter()
            .enumerate()
            .map(|(index, member)| part(index / 5, member.group))
            .collect();
        Self { members, parts }
    }

    fn with(&self, wanted: Part) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .zip(&self.parts)
            .filter(move |(_, part)| **part == wanted)
            .map(|(member, _)| member)
    }
}

#[actix_web::test]
async fn a_quarter_of_one_committee_from_roster_to_explained_score() {
    let mut t = TestApp::bare(at("2026-09-10T09:00:00+08:00"), 5).await;
    let day = NaiveDate::from_ymd_opt(2026, 9, 10).unwrap();
    let planned = committee(day);
    let (id, credentials) = founding::found(&t.app, &planned)
        .await
        .expect("the committee is founded");
    t.committee = id;
    t.know("", credentials);
    let cast = Cast::of(cast::members(190, 5));
    for (index, member) in cast.members.iter().enumerate() {
        t.phone(&member.key, &member.phone);
        if index % 6 != 5 {
            t.sim
                .handle
                .follow(&official_account(member.group), &member.key);
        }
    }

    import_roster(
        &t,
        &cast,
        planned
            .groups
            .iter()
            .map(|group| group.name.clone())
            .collect(),
    )
    .await;
    confirm_days(&t).await;
    everybody_signs_in(&t, &cast).await;
    let activities = publish(&t, &cast).await;
    phones_show_the_notice(&t, &cast, &activities).await;
    reply(&t, &cast, &activities).await;
    check_in(&t, &cast, &activities).await;
    close_and_correct(&t, &cast, &activities).await;
    scores_are_explained_and_equal_in_excel(&t, &cast).await;

    let verdict = t.see("auditor", "/audit/verify").await;
    assert!(
        verdict
            .as_array()
            .or_else(|| verdict["chains"].as_array())
            .expect("chains")
            .iter()
            .all(|chain| chain["ok"] == true),
        "{verdict}"
    );
    t.stop().await;
}

pub async fn import_roster(t: &TestApp, cast: &Cast, groups: Vec<String>) {
    let office = t.token("office").await;
    let file = cast::roster_xlsx(&cast.members, &groups).expect("a roster");
    let preview = t
        .client
        .upload_roster(&office, "委员名册.xlsx", file)
        .await
        .expect("an answer");
    assert_eq!(preview.status, 201, "{}", preview.body);
    let preview = preview.body;
    assert_eq!(preview["rows"].as_array().map(Vec::len), Some(190));
    assert!(
        preview["rows"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["status"] == "ok"),
        "{preview}"
    );
    assert_eq!(
        t.see("office", "/members").await["total"],
        0,
        "a preview changes nothing"
    );

    let path = format!(
        "/roster/imports/{}/apply",
        preview["import_id"].as_str().unwrap()
    );
    t.act(
        "office",
        &path,
        json!({ "plan_hash": preview["plan_hash"] }),
    )
    .await;

    let members = t.see("office", "/members?limit=200").await;
    assert_eq!(members["total"], 190);
    assert!(
        !members.to_string().contains(&cast.members[0].phone),
        "phones are masked"
    );
    let (status, problem) = t
        .post(
            "office",
            &path,
            json!({ "plan_hash": preview["plan_hash"] }),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("import_already_applied"))
    );
}

async fn confirm_days(t: &TestApp) {
    let days = t.see("office", "/calendar/activity-days?year=2026").await;
    for day in days.as_array().unwrap() {
        let shifted = day["proposed_date"] != day["rule_date"];
        let path = format!(
            "/calendar/activity-days/{}",
            day["quarter"].as_str().unwrap()
        );
        let body = json!({ "confirmed_date": day["proposed_date"], "reason": shifted.then_some("中秋节放假，提前一天") });
        assert_eq!(t.put("office", &path, body).await.0, 200);
    }
    let days = t.see("office", "/calendar/activity-days?year=2026").await;
    let confirmed: Vec<_> = days
        .as_array()
        .unwrap()
        .iter()
        .map(|day| day["confirmed_date"].as_str().unwrap())
        .collect();
    assert_eq!(
        confirmed,
        ["2026-03-27", "2026-06-26", "2026-09-24", "2026-12-25"]
    );
}

/// Everybody opens the mini-program once; five in six follow their station's account.
async fn everybody_signs_in(t: &TestApp, cast: &Cast) {
    for member in &cast.members {
        t.token(&member.key).await;
    }
    let followers = (0..cast.members.len())
        .filter(|index| index % 6 != 5)
        .count();
    until("every follower is known as a member", async || {
        t.run_jobs().await;
        let linked = identity::Entity::of(t.committee)
            .filter(identity::Column::Following.eq(true))
            .filter(identity::Column::MemberId.is_not_null());
        linked
            .count(t.app.db.read())
            .await
            .expect("identities can be counted")
            == followers as u64
    })
    .await;
}

async fn publish(t: &TestApp, cast: &Cast) -> Vec<String> {
    let groups = t.see("office", "/groups").await;
    let mut activities = Vec::new();
    for group in 0..5 {
        let convener = cast
            .members
            .iter()
            .find(|member| member.group == group && member.convener)
            .unwrap();
        let staff = format!("staff{}", group + 1);
        let body = json!({
            "group_id": groups["items"][group]["id"], "kind": "study", "mode": "lecture_hall", "title": format!("第{}组三季度学习", group + 1),
            "content": "学习并座谈。", "venue": "驿站会议室", "starts_at": "2026-09-24T14:30:00+08:00", "ends_at": "2026-09-24T16:30:00+08:00",
        });
        let activity = t.act(&convener.key, "/activities", body).await;
        let id = activity["id"].as_str().unwrap().to_owned();
        let (status, problem) = t
            .post(
                &*convener.key,
                &format!("/activities/{id}/publish"),
                json!({}),
            )
            .await;
        assert_eq!(
            (status, &problem["code"]),
            (409, &json!("wrong_step")),
            "nothing is published unapproved"
        );
        t.act(
            &convener.key,
            &format!("/activities/{id}/submit"),
            json!({}),
        )
        .await;
        t.act(&staff, &format!("/activities/{id}/approve"), json!({}))
            .await;
        let published = t
            .act(
                &convener.key,
                &format!("/activities/{id}/publish"),
                json!({}),
            )
            .await;
        assert_eq!(published["invited"], 38, "{published}");
        activities.push(id);
    }
    t.run_jobs().await;
    activities
}

async fn phones_show_the_notice(t: &TestApp, cast: &Cast, activities: &[String]) {
    for (index, member) in cast.members.iter().enumerate() {
        let follows = index % 6 != 5;
        let shown = t.sim.handle.phone(&member.key);
        assert_eq!(shown.len(), usize::from(follows), "{}", member.key);
        if let Some(message) = shown.first() {
            assert_eq!(message.app_id, official_account(member.group));
            assert_eq!(message.title, "活动通知");
            assert_eq!(
                message.value("活动名称"),
                Some(format!("第{}组三季度学习", member.group + 1).as_str())
            );
            assert_eq!(message.value("活动时间"), Some("2026年9月24日 14:30"));
            assert_eq!(message.value("活动地点"), Some("驿站会议室"));
            let page = message.page.as_deref().unwrap_or_default();
            assert!(
                page.contains(&activities[member.group]),
                "a tap opens the activity: {page}"
            );
        }
        let inbox = t.see(&member.key, "/me/inbox").await;
        assert_eq!(inbox["total"], 1, "the inbox has it always: {}", member.key);
    }
    // WeChat reports on each message a moment later; by then every delivery is settled or on the
    // phone list.
    let first = cast
        .members
        .iter()
        .find(|member| member.group == 0 && member.convener)
        .unwrap();
    let path = format!("/activities/{}/deliveries", activities[0]);
    for round in 0..100 {
        let deliveries = t.see(&first.key, &path).await;
        if deliveries["summary"]["pending"] == 0 || round == 99 {
            let followers = cast
                .members
                .iter()
                .enumerate()
                .filter(|(index, member)| member.group == 0 && index % 6 != 5)
                .count();
            assert_eq!(
                deliveries["summary"]["phone_needed"],
                38 - followers,
                "{}",
                deliveries["summary"]
            );
            assert_eq!(
                deliveries["summary"]["reached"], followers,
                "{}",
                deliveries["summary"]
            );
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn reply(t: &TestApp, cast: &Cast, activities: &[String]) {
    t.set("2026-09-20T20:00:00+08:00");
    for (member, part) in cast.members.iter().zip(&cast.parts) {
        let path = format!("/activities/{}/reply", activities[member.group]);
        let body = match part {
            Part::Silent => continue,
            Part::LeaveApproved | Part::LeaveRefused => {
                json!({ "answer": "leave", "reason_code": "official_duty", "reason": "单位会议" })
            }
            _ => json!({ "answer": "attend" }),
        };
        let (status, answer) = t.put(&*member.key, &path, body).await;
        assert_eq!(status, 200, "{answer}");
    }
    let by_name: HashMap<_, _> = cast
        .members
        .iter()
        .zip(&cast.parts)
        .map(|(member, part)| ((member.group, member.name.as_str()), *part))
        .collect();
    for (group, activity) in activities.iter().enumerate() {
        let staff = format!("staff{}", group + 1);
        let requests = t
            .see(&staff, &format!("/activities/{activity}/leave-requests"))
            .await;
        assert_eq!(requests["total"], 4, "{requests}");
        for request in requests["items"].as_array().unwrap() {
            let name = request["member_name"]
                .as_str()
                .or(request["name"].as_str())
                .expect("a name");
            let approve = by_name[&(group, name)] == Part::LeaveApproved;
            let path = format!("/leave-requests/{}/decide", request["id"].as_str().unwrap());
            t.act(&staff, &path, json!({ "approve": approve, "note": "已阅" }))
                .await;
        }
    }
}

async fn codes(t: &TestApp, activities: &[String]) -> Vec<Value> {
    let mut codes = Vec::new();
    for (group, activity) in activities.iter().enumerate() {
        codes.push(
            t.see(
                &format!("staff{}", group + 1),
                &format!("/activities/{activity}/check-in-code"),
            )
            .await,
        );
    }
    codes
}

async fn check_in(t: &TestApp, cast: &Cast, activities: &[String]) {
    let send = async |member: &Member, code: &Value, slot: Option<i64>| {
        let path = format!("/activities/{}/check-ins", activities[member.group]);
        let body = json!({ "code": code["code"], "slot": slot, "client_id": format!("phone-{}", member.key), "captured_at": "2026-09-24T14:27:10+08:00" });
        t.post(&*member.key, &path, body).await
    };

    t.set("2026-09-24T14:27:00+08:00");
    let seen = codes(t, activities).await;
    let offline_slot = Slot::at(t.now());
    for member in cast.with(Part::OnTime) {
        let (status, answer) = send(member, &seen[member.group], None).await;
        assert_eq!(
            (status, &answer["status"], &answer["offline"]),
            (201, &json!("present"), &json!(false)),
            "{answer}"
        );
        let (status, again) = send(member, &seen[member.group], None).await;
        assert_eq!(
            (status, &again["at"]),
            (200, &answer["at"]),
            "a second tap finds the first"
        );
    }

    t.set("2026-09-24T14:55:00+08:00");
    let screen = codes(t, activities).await;
    for member in cast.with(Part::Late) {
        let (status, answer) = send(member, &screen[member.group], None).await;
        assert_eq!(
            (status, &answer["status"]),
            (201, &json!("late")),
            "{answer}"
        );
    }

    // In the village there was no network at 14:27; the phones find some after the activity.
    t.set("2026-09-24T17:40:00+08:00");
    for member in cast.with(Part::Offline) {
        let (status, answer) = send(member, &seen[member.group], Some(offline_slot.0)).await;
        assert_eq!(
            (status, &answer["status"], &answer["offline"]),
            (201, &json!("present"), &json!(true)),
            "{answer}"
        );
        let stamped = DateTime::parse_from_rfc3339(answer["at"].as_str().unwrap()).unwrap();
        assert_eq!(
            stamped,
            at("2026-09-24T14:27:00+08:00"),
            "the slot's time counts, not the phone's"
        );
    }
}

async fn close_and_correct(t: &TestApp, cast: &Cast, activities: &[String]) {
    t.set("2026-09-24T18:00:00+08:00");
    for (group, activity) in activities.iter().enumerate() {
        t.act(
            &format!("staff{}", group + 1),
            &format!("/activities/{activity}/close"),
            json!({}),
        )
        .await;
    }

    t.set("2026-09-28T10:00:00+08:00");
    for member in cast.with(Part::PhoneDead) {
        let path = format!("/activities/{}/corrections", activities[member.group]);
        let body = json!({ "reason_code": "phone_dead", "reason": "手机没电，现场签了纸质名册", "evidence_ids": [] });
        let correction = t.act(&member.key, &path, body).await;
        let path = format!("/corrections/{}/decide", correction["id"].as_str().unwrap());
        let (status, _) = t
            .post(&*member.key, &path, json!({ "approve": true }))
            .await;
        assert!(
            status == 403 || status == 404,
            "nobody decides his own: {status}"
        );
        t.act(
            &format!("staff{}", member.group + 1),
            &path,
            json!({ "approve": true, "note": "名册属实" }),
        )
        .await;
    }

    let mut counts: HashMap<String, usize> = HashMap::new();
    for (group, activity) in activities.iter().enumerate() {
        let list = t
            .see(
                &format!("staff{}", group + 1),
                &format!("/activities/{activity}/attendance?limit=200"),
            )
            .await;
        for row in list["items"].as_array().unwrap() {
            *counts
                .entry(row["status"].as_str().unwrap().to_owned())
                .or_default() += 1;
            if row["source"] == "correction" {
                assert_eq!(
                    row["original_status"], "absent",
                    "the absence stays in the list"
                );
            }
        }
    }
    let expected = [("present", 145), ("late", 5), ("leave", 15), ("absent", 25)];
    assert_eq!(
        counts,
        expected
            .into_iter()
            .map(|(status, count)| (status.to_owned(), count))
            .collect()
    );
}

async fn scores_are_explained_and_equal_in_excel(t: &TestApp, cast: &Cast) {
    let scores = t.see("office", "/scores?period=2026&limit=200").await;
    assert_eq!(scores["total"], 190);
    let by_name: HashMap<_, Vec<&Value>> =
        scores["items"]
            .as_array()
            .unwrap()
            .iter()
            .fold(HashMap::new(), |mut map, row| {
                map.entry((
                    row["name"].as_str().unwrap(),
                    row["group"].as_str().unwrap(),
                ))
                .or_default()
                .push(row);
                map
            });
    let present = scores["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["total"] == "20")
        .count();
    assert_eq!(
        present, 150,
        "who was there has the points of the study session, corrected or not"
    );
    assert!(
        scores["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["total"] == "20" || row["total"] == "0")
    );

    let attended = cast.with(Part::PhoneDead).next().unwrap();
    let own = t.see(&attended.key, "/me/score?period=2026").await;
    let line = &own["lines"][0];
    assert_eq!(
        (&line["clause"], &line["points"]),
        (&json!("第一项"), &json!("20")),
        "{line}"
    );
    assert_eq!(line["arithmetic"], "完成 1 次，要求 1 次，计满分 20 分");
    assert_eq!(line["facts"][0]["on"], "2026-09-24");

    let office = t.token("office").await;
    let response = t
        .client
        .http()
        .get(t.client.url("/scores.xlsx?period=2026"))
        .bearer_auth(office)
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 200);
    let bytes = response.bytes().await.expect("a file").to_vec();
    let mut book = Xlsx::new(std::io::Cursor::new(bytes)).expect("another library opens it");
    let range = book.worksheet_range("积分汇总").expect("the first sheet");
    let rows: Vec<Vec<Data>> = range.rows().map(<[Data]>::to_vec).collect();
    let header = rows
        .iter()
        .position(|row| row.iter().any(|cell| *cell == "姓名"))
        .expect("a header");
    let column = |name: &str| {
        rows[header]
            .iter()
            .position(|cell| *cell == name)
            .unwrap_or_else(|| panic!("column {name}"))
    };
    let (name, group, total) = (column("姓名"), column("活动组"), column("合计"));
    let mut compared = 0;
    for row in &rows[header + 1..] {
        let key = (row[name].to_string(), row[group].to_string());
        let Some(candidates) = by_name.get(&(key.0.as_str(), key.1.as_str())) else {
            continue;
        };
        let cell = match &row[total] {
            Data::Float(points) => format!("{points}"),
            Data::Int(points) => format!("{points}"),
            other => panic!("points are a number, not {other:?}"),
        };
        assert!(
            candidates
                .iter()
                .any(|score| score["total"] == cell.as_str()),
            "{key:?}: {cell} in Excel"
        );
        compared += 1;
    }
    assert_eq!(compared, 190);
}
