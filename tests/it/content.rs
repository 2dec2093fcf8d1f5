//! What members write is held against WeChat's rules: nobody waits for it, no machine refuses
//! anything, and what WeChat objects to is for the office to decide.

mod pictures;

use domain::ids::SeatId;
use domain::people::SeatKind;
use entity::{Scoped, content_check, job, seat};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};
use serde_json::{Value, json};
use tests::TestApp;
use wechat::sim::{Fault, FaultKind};

const TEXTS: &str = "wxa/msg_sec_check";

/// WeChat's simulator finds the one risky and the other to be about politics.
const RISKY: &str = "家里有事，违规";
const POLITICAL: &str = "参加时政讨论，存疑";
const CLEAN: &str = "单位开会";

/// A service that hides what is not found clean.
async fn closed() -> TestApp {
    TestApp::with(|config| config["wechat"]["content_check"] = json!("closed")).await
}

/// Asks for leave; the id of the request.
async fn leave(t: &TestApp, who: &str, activity: &str, reason: &str) -> String {
    let wish = json!({ "answer": "leave", "reason_code": "official_duty", "reason": reason });
    let (status, replied) = t
        .put(who, &format!("/activities/{activity}/reply"), wish)
        .await;
    assert_eq!(status, 200, "{replied}");
    replied["leave_request_id"].as_str().unwrap().to_owned()
}

/// A request for leave as somebody reads it.
async fn read(t: &TestApp, who: &str, request: &str) -> Value {
    let list = t.see(who, "/leave-requests").await;
    let items = list["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["id"] == json!(request));
    found.unwrap_or_else(|| panic!("{who}: {list}")).clone()
}

/// The words of a request as somebody reads them.
async fn words(t: &TestApp, who: &str, request: &str) -> String {
    let seen = read(t, who, request).await;
    seen["reason"].as_str().unwrap().to_owned()
}

/// What the office is to decide.
async fn pending(t: &TestApp) -> Vec<Value> {
    let list = t.see("office", "/content-checks?decision=pending").await;
    list["items"].as_array().unwrap().clone()
}

/// Everything that was checked or is to be.
async fn all(t: &TestApp) -> Vec<Value> {
    let list = t.see("office", "/content-checks").await;
    list["items"].as_array().unwrap().clone()
}

async fn decide(t: &TestApp, check: &Value, decision: &str) -> Value {
    let path = format!("/content-checks/{}/decision", check["id"].as_str().unwrap());
    t.act("office", &path, json!({ "decision": decision }))
        .await
}

fn calls(t: &TestApp, path: &str) -> usize {
    let calls = t.sim.handle.calls();
    calls.iter().filter(|call| call.path == path).count()
}

fn wechat_is_silent(t: &TestApp) {
    let silence = Fault::new(FaultKind::HangUp).on(TEXTS).always();
    t.sim.handle.fault(silence);
}

#[actix_web::test]
async fn what_a_member_writes_is_judged_by_a_job_in_his_own_name() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    let request = leave(&t, "chen", &activity, CLEAN).await;
    assert_eq!(calls(&t, TEXTS), 0, "nobody waits for WeChat");
    assert_eq!(all(&t).await[0]["outcome"], "unchecked");

    t.run_jobs().await;

    let checked = t.sim.handle.checked();
    assert_eq!(checked.len(), 1);
    assert_eq!(
        (checked[0].person.as_str(), checked[0].content.as_str()),
        ("chen", CLEAN)
    );
    let found = all(&t).await;
    assert_eq!(found.len(), 1);
    for (field, expected) in [
        ("kind", json!("leave_request")),
        ("subject_id", json!(request)),
        ("field", json!("reason")),
        ("text", json!(CLEAN)),
        ("written_by_name", json!("陈晨")),
        ("outcome", json!("clean")),
        ("suggest", json!("pass")),
        ("label", json!(100)),
        ("pending", json!(false)),
        ("decision", json!(null)),
    ] {
        assert_eq!(found[0][field], expected, "{field}");
    }
    assert!(pending(&t).await.is_empty());
    assert_eq!(
        read(&t, "alice", &request).await["content_marks"],
        json!([])
    );
}

#[actix_web::test]
async fn politics_and_risks_go_to_the_office_and_are_read_until_it_hides_them() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    let political = leave(&t, "chen", &activity, POLITICAL).await;
    let risky = leave(&t, "ding", &activity, RISKY).await;
    t.run_jobs().await;

    let open = pending(&t).await;
    assert_eq!(open.len(), 2);
    let of = |request: &str| {
        let found = open.iter().find(|one| one["subject_id"] == json!(request));
        found.expect("it is to be decided").clone()
    };
    assert_eq!(
        (&of(&political)["outcome"], &of(&political)["label"]),
        (&json!("review"), &json!(20001))
    );
    assert_eq!(
        (&of(&risky)["outcome"], &of(&risky)["label_name"]),
        (&json!("risky"), &json!("违法犯罪"))
    );
    // Both are read meanwhile, and the desk is told that they are in doubt.
    for (request, text) in [(&political, POLITICAL), (&risky, RISKY)] {
        let seen = read(&t, "alice", request).await;
        assert_eq!(
            (&seen["reason"], &seen["content_marks"]),
            (&json!(text), &json!([]))
        );
        let mark = &read(&t, "staff1", request).await["content_marks"][0];
        assert_eq!(
            (&mark["state"], &mark["covered"]),
            (&json!("flagged"), &json!(false))
        );
    }

    assert_eq!(
        decide(&t, &of(&political), "keep").await["decision"],
        "keep"
    );
    assert_eq!(decide(&t, &of(&risky), "hide").await["decision"], "hide");

    assert!(pending(&t).await.is_empty());
    assert_eq!(words(&t, "alice", &political).await, POLITICAL);
    let seen = read(&t, "alice", &risky).await;
    assert_eq!(seen["reason"], "（内容已隐藏）");
    assert_eq!(
        seen["content_marks"],
        json!([{ "field": "reason", "state": "hidden", "state_name": "已隐藏", "covered": true }])
    );
    for who in ["ding", "staff1", "office", "leader", "auditor"] {
        assert_eq!(words(&t, who, &risky).await, RISKY, "{who}");
    }
    // He asked, and he is answered: hiding words refuses nothing.
    t.act(
        "staff1",
        &format!("/leave-requests/{risky}/decide"),
        json!({ "approve": true }),
    )
    .await;
}

#[actix_web::test]
async fn under_a_closed_policy_others_read_what_is_clean_or_kept() {
    let t = closed().await;
    let activity = t.activity("学习").await;
    let clean = leave(&t, "chen", &activity, CLEAN).await;
    let political = leave(&t, "ding", &activity, POLITICAL).await;
    for (request, writer, text) in [(&clean, "chen", CLEAN), (&political, "ding", POLITICAL)] {
        assert_eq!(words(&t, "alice", request).await, "（内容待核实）");
        for who in [writer, "staff1", "office", "auditor"] {
            assert_eq!(words(&t, who, request).await, text, "{who}");
        }
    }

    t.run_jobs().await;
    assert_eq!(words(&t, "alice", &clean).await, CLEAN);
    assert_eq!(words(&t, "alice", &political).await, "（内容待核实）");

    decide(&t, &pending(&t).await[0], "keep").await;
    assert_eq!(words(&t, "alice", &political).await, POLITICAL);
}

#[actix_web::test]
async fn while_wechat_is_silent_one_job_a_minute_tries_for_all_and_nothing_is_lost() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    wechat_is_silent(&t);
    let mut requests = Vec::new();
    for who in ["chen", "ding", "bo"] {
        requests.push(leave(&t, who, &activity, CLEAN).await);
        t.run_jobs().await;
    }
    assert_eq!(calls(&t, TEXTS), 1, "the others wait");
    assert!(pending(&t).await.is_empty());
    for request in &requests {
        assert_eq!(words(&t, "alice", request).await, CLEAN);
    }

    t.sim.handle.clear_faults();
    t.pass_minutes(2);
    t.run_jobs().await;

    let outcomes: Vec<_> = all(&t).await;
    assert!(outcomes.iter().all(|one| one["outcome"] == "clean"));
    assert_eq!(calls(&t, TEXTS), 4);
}

#[actix_web::test]
async fn what_wechat_does_not_judge_within_two_hours_is_shown_or_left_to_the_office() {
    for (policy, text, open) in [("open", CLEAN, 0), ("closed", "（内容待核实）", 1)] {
        let t = TestApp::with(|config| config["wechat"]["content_check"] = json!(policy)).await;
        let activity = t.activity("学习").await;
        wechat_is_silent(&t);
        let request = leave(&t, "chen", &activity, CLEAN).await;
        for _ in 0..5 {
            t.run_jobs().await;
            assert_eq!(all(&t).await[0]["outcome"], "unchecked");
            t.pass_minutes(25);
        }

        t.run_jobs().await;

        let found = all(&t).await;
        assert_eq!(
            (&found[0]["outcome"], &found[0]["obstacle"]),
            (&json!("unjudged"), &json!("silent")),
            "{policy}"
        );
        assert_eq!(pending(&t).await.len(), open, "{policy}");
        assert_eq!(words(&t, "alice", &request).await, text, "{policy}");
        let jobs = job::Entity::of(t.committee)
            .filter(job::Column::Kind.eq(api::content::CHECK))
            .filter(job::Column::State.ne("done"))
            .count(t.app.db.read())
            .await
            .unwrap();
        assert_eq!(jobs, 0, "nobody tries any more");
    }
}

#[actix_web::test]
async fn who_has_left_the_mini_program_cannot_be_asked_about_and_nobody_tries_again() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    leave(&t, "chen", &activity, CLEAN).await;
    t.pass_minutes(121);
    t.run_jobs().await;

    let found = all(&t).await;
    assert_eq!(
        (&found[0]["outcome"], &found[0]["obstacle"]),
        (&json!("unjudged"), &json!("away"))
    );
    assert_eq!(calls(&t, TEXTS), 1);
}

#[actix_web::test]
async fn the_same_words_are_judged_once_and_what_they_said_before_is_forgotten() {
    let t = TestApp::start().await;
    let record = json!({
        "kind": "proposal", "title": "关于修路的提案", "content": POLITICAL, "done_on": "2026-09-01",
        "reference_no": "甲字 5 号",
    });
    let record = t.act("chen", "/duty-records", record).await;
    let path = format!("/duty-records/{}", record["id"].as_str().unwrap());
    t.run_jobs().await;
    assert_eq!(calls(&t, TEXTS), 3, "title, content and number");
    assert_eq!(pending(&t).await.len(), 1);

    let amend = async |content: &str| {
        let (status, record) = t.patch("chen", &path, json!({ "content": content })).await;
        assert_eq!(status, 200, "{record}");
        t.run_jobs().await;
    };
    amend("修桥").await;
    assert_eq!(calls(&t, TEXTS), 4, "only what is new");
    assert!(pending(&t).await.is_empty(), "nobody reads the old words");

    // What was decided of words stays decided when they come back.
    amend(POLITICAL).await;
    decide(&t, &pending(&t).await[0], "hide").await;
    amend("修桥").await;
    let seen = t.see("alice", &path).await;
    assert_eq!(
        (&seen["content"], &seen["content_marks"]),
        (&json!("修桥"), &json!([]))
    );
    amend(POLITICAL).await;
    assert_eq!(calls(&t, TEXTS), 6);
    assert_eq!(t.see("alice", &path).await["content"], "（内容已隐藏）");
    assert_eq!(t.see("chen", &path).await["content"], POLITICAL);
}

#[actix_web::test]
async fn of_a_thing_that_several_signed_the_words_are_judged_once_for_all() {
    let t = closed().await;
    let record = json!({
        "kind": "proposal", "title": "关于修路的提案", "done_on": "2026-09-01", "submit": true,
        "signers": [{ "member_id": t.members["chen"] }, { "member_id": t.members["ding"] }],
    });
    t.act("chen", "/duty-records", record).await;
    let titles = async |who: &'static str| {
        let list = t.see(who, "/duty-records").await;
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["title"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(titles("alice").await, ["（内容待核实）", "（内容待核实）"]);
    assert_eq!(titles("ding").await, ["关于修路的提案"], "he signed it");

    t.run_jobs().await;

    assert_eq!(titles("alice").await, ["关于修路的提案", "关于修路的提案"]);
    assert_eq!(calls(&t, TEXTS), 1);
}

#[actix_web::test]
async fn a_correction_is_judged_too_and_what_is_written_at_a_desk_is_not() {
    let t = closed().await;
    let activity = t.activity("学习").await;
    t.arrive(&activity).await;
    let path = format!("/activities/{activity}/corrections");
    let wish = json!({ "reason_code": "phone_fault", "reason": RISKY });
    t.act("chen", &path, wish).await;
    let wish = json!({
        "member_id": t.members["ding"], "reason_code": "phone_fault", "reason": "手机坏了",
    });
    t.act("staff1", &path, wish).await;
    t.run_jobs().await;

    let list = t.see("alice", &path).await;
    let mut reasons: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["reason"].as_str().unwrap())
        .collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["手机坏了", "（内容待核实）"]);
    let kinds: Vec<_> = all(&t)
        .await
        .iter()
        .map(|one| one["kind"].clone())
        .collect();
    assert_eq!(kinds, ["correction"]);
}

#[actix_web::test]
async fn nobody_decides_his_own_words_and_each_decision_is_on_record() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    let request = leave(&t, "chen", &activity, RISKY).await;
    t.run_jobs().await;
    let check = pending(&t).await.remove(0);
    let path = format!("/content-checks/{}/decision", check["id"].as_str().unwrap());
    // The member has a seat in the office, too.
    let seat = seat::ActiveModel {
        committee_id: Set(t.committee),
        id: Set(SeatId(uuid::Uuid::now_v7())),
        kind: Set(SeatKind::Office),
        member_id: Set(Some(t.members["chen"])),
        from_date: Set(domain::time::local_date(t.now())),
        confirmed_at: Set(Some(t.now())),
        created_at: Set(t.now()),
        ..Default::default()
    };
    let seated = t.app.db.housekeeping(async |txn| {
        seat::Entity::insert(seat.clone())
            .exec_without_returning(txn)
            .await?;
        Ok(())
    });
    seated.await.unwrap();
    t.app.standings.forget();
    let body = json!({ "decision": "keep" });
    let (status, problem) = t.post("chen", &path, body.clone()).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("second_person_required"))
    );
    assert_eq!(t.post("staff1", &path, body).await.0, 404);
    let odd = json!({ "decision": "pending" });
    assert_eq!(t.post("office", &path, odd).await.0, 422);

    let hide = json!({ "decision": "hide", "note": "含违规内容" });
    for _ in 0..2 {
        t.act("office", &path, hide.clone()).await;
    }
    t.act("office", &path, json!({ "decision": "keep" })).await;

    assert_eq!(words(&t, "alice", &request).await, RISKY);
    let log = t.see("auditor", "/audit?operation=content_decide").await;
    let done: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["outcome"] == "done")
        .collect();
    assert_eq!(done.len(), 2, "the same again is no act: {log}");
    assert!(!log.to_string().contains(RISKY), "words are in no log");
}

#[actix_web::test]
async fn switched_off_nothing_is_asked_and_what_was_hidden_stays_hidden() {
    let t = TestApp::with(|config| config["wechat"]["content_check"] = json!("off")).await;
    let activity = t.activity("学习").await;
    let request = leave(&t, "chen", &activity, RISKY).await;
    t.run_jobs().await;

    assert_eq!(calls(&t, TEXTS), 0);
    let rows = content_check::Entity::of(t.committee)
        .count(t.app.db.read())
        .await
        .unwrap();
    assert_eq!(rows, 0);
    assert_eq!(words(&t, "alice", &request).await, RISKY);
}
