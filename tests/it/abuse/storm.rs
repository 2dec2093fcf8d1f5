//! Different people at the same thing at once; and the entry that everything leaves.

use entity::{Scoped, fact};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;

use super::{entries, plan, tap};

#[actix_web::test]
async fn two_clerks_at_once_never_meet_an_internal_error() {
    let t = TestApp::start().await;
    for who in ["office", "office2"] {
        t.token(who).await;
    }
    for quarter in 1..=4 {
        let path = format!("/calendar/activity-days/2025-Q{quarter}");
        let day = format!("2025-{:02}-20", quarter * 3);
        let body = json!({ "confirmed_date": day, "reason": "会议" });
        let answers = join_all((0..6).map(|tap| {
            let who = ["office", "office2"][tap % 2];
            t.put(who, &path, body.clone())
        }));
        let statuses: Vec<_> = answers.await.iter().map(|(status, _)| *status).collect();
        assert!(
            statuses.contains(&200) && statuses.iter().all(|status| [200, 409].contains(status)),
            "{statuses:?}"
        );
    }
    t.stop().await;
}

#[actix_web::test]
async fn who_got_in_while_the_activity_was_being_closed_is_counted_as_there() {
    let t = TestApp::start().await;
    for round in 0..3 {
        let activity = t.activity("学习会").await;
        let code = t.arrive(&activity).await;
        let people = ["alice", "bo", "chen", "ding"];
        for who in people.iter().chain(&["staff1"]) {
            t.token(who).await;
        }
        let came = join_all(people.map(|who| {
            let path = format!("/activities/{activity}/check-ins");
            let tap = tap(&code);
            let t = &t;
            async move { (who, t.post(who, &path, tap).await.0) }
        }));
        let path = format!("/activities/{activity}/close");
        let (came, closed) = futures_util::join!(came, t.post("staff1", &path, json!({})));
        assert_eq!(closed.0, 200, "{}", closed.1);

        let facts = fact::Entity::of(t.committee)
            .all(t.app.db.read())
            .await
            .unwrap();
        assert_eq!(facts.len(), 4 * (round + 1));
        for (who, status) in came {
            assert!([201, 409].contains(&status), "{who}: {status}");
            let latest = facts
                .iter()
                .filter(|fact| fact.member_id == Some(t.members[who]));
            let latest = latest.max_by_key(|fact| fact.seq).unwrap();
            let there = latest.attributes.contains(r#""status":"present""#);
            assert_eq!(
                there,
                status == 201,
                "{who}: {status} and {}",
                latest.attributes
            );
        }
    }
    t.stop().await;
}

#[actix_web::test]
async fn everything_at_once_ends_in_no_deadlock() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let path = format!("/activities/{activity}");
    let ding = json!({ "answer": "leave", "reason_code": "sick", "reason": "住院" });
    let (status, _) = t.put("ding", &format!("{path}/reply"), ding).await;
    assert_eq!(status, 200);
    let asked = t.see("staff1", "/leave-requests").await["items"][0]["id"].clone();
    let leave = format!("/leave-requests/{}", asked.as_str().unwrap());
    let code = t.arrive(&activity).await;
    let correct = json!({ "reason_code": "phone_broken", "reason": "手机坏了" });
    let corrections = format!("{path}/corrections");
    let asked = t.act("bo", &corrections, correct.clone()).await["id"].clone();
    let correction = format!("/corrections/{}/decide", asked.as_str().unwrap());
    let roll = |who: &str| format!("{path}/attendance/{}", t.members[who]);
    let found = || json!({ "status": "present", "reason": "现场核对" });
    let verdict = || json!({ "approve": true });
    let (put, post, patch) = (Method::PUT, Method::POST, Method::PATCH);
    let mut all = vec![
        ("chen", &post, format!("{path}/check-ins"), tap(&code)),
        ("bo", &post, format!("{path}/check-ins"), tap(&code)),
        ("ding", &post, format!("{path}/check-ins"), tap(&code)),
        ("alice", &put, roll("chen"), found()),
        ("alice", &put, roll("bo"), found()),
        ("staff1", &put, roll("ding"), found()),
        ("staff1", &post, format!("{leave}/decide"), verdict()),
        ("ding", &post, format!("{leave}/withdraw"), json!({})),
        ("staff1", &post, correction.clone(), verdict()),
        ("office", &post, correction, json!({ "approve": false })),
        ("chen", &post, corrections, correct),
        (
            "office",
            &patch,
            format!("/members/{}", t.members["chen"]),
            json!({ "name": "陈沉" }),
        ),
        (
            "office2",
            &patch,
            format!("/members/{}", t.members["chen"]),
            json!({ "phone": "10000000077" }),
        ),
        ("staff1", &post, format!("{path}/close"), json!({})),
    ];
    all.extend(all.clone());
    for (who, ..) in &all {
        t.token(who).await;
    }
    let answers = join_all(all.iter().map(|(who, method, path, body)| {
        let t = &t;
        async move {
            let token = t.token(who).await;
            let call = t
                .client
                .call((*method).clone(), Some(&token), path, Some(body));
            (who, path, call.await.unwrap())
        }
    }))
    .await;
    for (who, path, answer) in answers {
        assert!(
            answer.status < 500,
            "{who} {path}: {} {}",
            answer.status,
            answer.body
        );
    }
    let facts = fact::Entity::of(t.committee)
        .all(t.app.db.read())
        .await
        .unwrap();
    let standing = facts.iter().filter(|fact| fact.reverses.is_none()).count()
        - facts.iter().filter(|fact| fact.reverses.is_some()).count();
    assert_eq!(standing, 4, "one fact of each member stands");
    assert_eq!(t.see("auditor", "/audit/verify").await["ok"], true);
    t.stop().await;
}

#[actix_web::test]
async fn every_change_and_every_refusal_leaves_exactly_one_entry() {
    let t = TestApp::start().await;
    let group = t.group(0).await;
    for who in ["alice", "staff1", "office", "admin", "chen", "ding", "gao"] {
        t.token(who).await;
    }
    let mut log = entries(&t).await;
    let mut leaves = async |what: &str, (status, body): (u16, Value), wanted: u16, more: u64| {
        assert_eq!(status, wanted, "{what}: {body}");
        log += more;
        assert_eq!(entries(&t).await, log, "{what}");
        body
    };
    let chen = format!("/members/{}", t.members["chen"]);
    let day = json!({ "confirmed_date": "2026-09-24", "reason": "中秋" });
    let draft = plan(&group, "学习");
    let made = leaves("draft", t.post("alice", "/activities", draft).await, 201, 1).await;
    let path = format!("/activities/{}", made["id"].as_str().unwrap());
    let step = |step: &str| format!("{path}/{step}");
    let empty = || json!({});
    leaves(
        "submit",
        t.post("alice", &step("submit"), empty()).await,
        200,
        1,
    )
    .await;
    leaves(
        "again",
        t.post("alice", &step("submit"), empty()).await,
        409,
        1,
    )
    .await;
    leaves(
        "approve",
        t.post("staff1", &step("approve"), empty()).await,
        200,
        1,
    )
    .await;
    leaves(
        "publish",
        t.post("alice", &step("publish"), empty()).await,
        202,
        1,
    )
    .await;
    let attend = || json!({ "answer": "attend" });
    leaves(
        "reply",
        t.put("chen", &step("reply"), attend()).await,
        200,
        1,
    )
    .await;
    leaves(
        "same reply",
        t.put("chen", &step("reply"), attend()).await,
        200,
        0,
    )
    .await;
    let leave = json!({ "answer": "leave", "reason_code": "sick", "reason": "住院" });
    leaves("leave", t.put("ding", &step("reply"), leave).await, 200, 1).await;
    leaves(
        "edit",
        t.patch("office", &chen, json!({ "employer": "医院" }))
            .await,
        200,
        1,
    )
    .await;
    leaves(
        "same",
        t.patch("office", &chen, json!({ "employer": "医院" }))
            .await,
        200,
        0,
    )
    .await;
    leaves(
        "phone",
        t.get("office", &format!("{chen}/phone?reason=a")).await,
        200,
        1,
    )
    .await;
    leaves(
        "code",
        t.post("office", &format!("{chen}/invite-codes"), empty())
            .await,
        201,
        1,
    )
    .await;
    leaves(
        "day",
        t.put("office", "/calendar/activity-days/2026-Q3", day)
            .await,
        200,
        1,
    )
    .await;
    let duty = json!({ "kind": "proposal", "title": "提案", "done_on": "2026-09-01" });
    leaves("duty", t.post("chen", "/duty-records", duty).await, 201, 1).await;
    leaves("404", t.get("gao", &path).await, 404, 0).await;
    leaves("403", t.get("chen", "/audit").await, 403, 1).await;
    leaves("401", t.get(None, "/me").await, 401, 1).await;
    leaves("422", t.post("alice", "/activities", empty()).await, 422, 0).await;

    let code = t.arrive(made["id"].as_str().unwrap()).await;
    t.token("chen").await;
    log = entries(&t).await;
    let mut leaves = async |what: &str, (status, body): (u16, Value), wanted: u16, more: u64| {
        assert_eq!(status, wanted, "{what}: {body}");
        log += more;
        assert_eq!(entries(&t).await, log, "{what}");
    };
    leaves(
        "in",
        t.post("chen", &step("check-ins"), tap(&code)).await,
        201,
        1,
    )
    .await;
    leaves(
        "in again",
        t.post("chen", &step("check-ins"), tap(&code)).await,
        200,
        0,
    )
    .await;
    let roll = format!("{path}/attendance/{}", t.members["ding"]);
    let found = json!({ "status": "absent", "reason": "现场核对" });
    leaves("roll", t.put("staff1", &roll, found).await, 200, 1).await;
    leaves(
        "close",
        t.post("staff1", &step("close"), empty()).await,
        200,
        1,
    )
    .await;
    t.stop().await;
}
