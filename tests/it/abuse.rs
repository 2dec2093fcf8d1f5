//! What somebody tries who means no good, or whose phone is broken: at the door, with ids and
//! names that are none of his business. On the wire and with tokens he tries it next door.

mod storm;
mod tokens;
mod twice;
mod wire;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::{Scoped, activity, audit, checkin, member};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tests::TestApp;
use uuid::Uuid;

/// What a phone sends for the code of a screen.
pub fn tap(code: &Value) -> Value {
    json!({ "code": code["code"], "slot": code["slot"], "client_id": "tap-1" })
}

/// An activity as its author sends it.
pub fn plan(group: &str, title: &str) -> Value {
    json!({ "group_id": group, "kind": "study", "mode": "annual_plan", "title": title, "content": "", "venue": "驿站",
            "starts_at": "2026-09-24T14:30:00+08:00", "ends_at": "2026-09-24T16:30:00+08:00" })
}

/// The body of an answer without what differs from request to request.
pub fn without_trace(mut problem: Value) -> Value {
    if let Some(fields) = problem.as_object_mut() {
        fields.remove("trace_id");
    }
    problem
}

/// How many entries all audit logs of the service hold.
pub async fn entries(t: &TestApp) -> u64 {
    let all = audit::Entity::find().count(t.app.db.read());
    all.await.expect("a count")
}

async fn check_in(t: &TestApp, who: &str, activity: &str, body: Value) -> (u16, Value) {
    t.post(who, &format!("/activities/{activity}/check-ins"), body)
        .await
}

#[actix_web::test]
async fn bent_and_old_codes_open_nothing_and_the_phones_clock_decides_nothing() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let shown = t.arrive(&activity).await;
    let code = shown["code"].as_str().unwrap();

    for place in [1, 4, 7] {
        let mut bent = code.as_bytes().to_vec();
        bent[place] = b'0' + (bent[place] - b'0' + 1) % 10;
        let bent = String::from_utf8(bent).unwrap();
        for body in [
            json!({ "code": bent, "client_id": "bent" }),
            json!({ "code": bent, "slot": shown["slot"], "client_id": "bent" }),
        ] {
            let (status, problem) = check_in(&t, "chen", &activity, body).await;
            assert_eq!((status, &problem["code"]), (422, &json!("code_invalid")));
        }
    }
    for slot in [i64::MIN, -1, 0, i64::MAX] {
        let body = json!({ "code": code, "slot": slot, "client_id": "far" });
        assert_eq!(check_in(&t, "ding", &activity, body).await.0, 422, "{slot}");
    }
    let ahead = t.now() + TimeDelta::hours(3);
    let body = json!({ "code": code, "client_id": "fast", "captured_at": ahead.to_rfc3339() });
    let (status, came) = check_in(&t, "bo", &activity, body).await;
    assert_eq!(
        (status, &came["offline"], &came["at"]),
        (201, &json!(false), &json!("2026-09-19T14:30:00+08:00"))
    );

    t.pass_minutes(1);
    let typed = json!({ "code": code, "client_id": "late" });
    let (status, problem) = check_in(&t, "chen", &activity, typed).await;
    assert_eq!((status, &problem["code"]), (422, &json!("code_expired")));
    t.stop().await;
}

#[actix_web::test]
async fn what_a_phone_kept_for_73_hours_is_refused_and_stays_in_the_log() {
    let t = TestApp::start().await;
    let activity = t.activity("下乡调研").await;
    let code = t.arrive(&activity).await;

    t.pass_minutes(73 * 60);
    let (status, problem) = check_in(&t, "chen", &activity, tap(&code)).await;

    assert_eq!((status, &problem["code"]), (422, &json!("offline_too_old")));
    let log = t.see("auditor", "/audit?outcome=refused").await;
    assert_eq!(log["items"][0]["code"], "offline_too_old");
    assert_eq!(log["items"][0]["actor"], "陈晨");
    t.stop().await;
}

#[actix_web::test]
async fn no_strange_number_passes_as_a_place() {
    let t = TestApp::start().await;
    let activity = t.draft("学习会").await;
    let place = json!({ "latitude": 37.07, "longitude": 114.48, "radius_m": 200 });
    let path = format!("/activities/{activity}");
    assert_eq!(t.patch("alice", &path, place).await.0, 200);
    for (who, step) in [
        ("alice", "submit"),
        ("staff1", "approve"),
        ("alice", "publish"),
    ] {
        t.act(who, &format!("{path}/{step}"), json!({})).await;
    }
    let code = t.arrive(&activity).await;
    let token = t.token("chen").await;
    let send = async |place: &str| {
        let body = format!(
            r#"{{"code":{},"slot":{},"client_id":"p","location":{place}}}"#,
            code["code"], code["slot"]
        );
        let request = t
            .client
            .http()
            .post(t.client.url(&format!("{path}/check-ins")));
        let answer = request
            .bearer_auth(&token)
            .header("content-type", "application/json")
            .body(body)
            .send();
        answer.await.expect("an answer").status().as_u16()
    };

    for number in ["NaN", "Infinity", "-Infinity", "1e999"] {
        let place = format!(r#"{{"latitude":{number},"longitude":114.48,"accuracy":10}}"#);
        assert_eq!(send(&place).await, 400, "{number}");
    }
    for place in [
        r#"{"latitude":1e308,"longitude":114.48,"accuracy":10}"#,
        r#"{"latitude":37.07,"longitude":180.1,"accuracy":10}"#,
        r#"{"latitude":37.07,"longitude":114.48,"accuracy":-1}"#,
        r#"{"latitude":"37.07","longitude":114.48,"accuracy":10}"#,
        r#"{"latitude":37.07,"longitude":114.48}"#,
        "null",
    ] {
        assert_eq!(send(place).await, 422, "{place}");
    }
    assert_eq!(
        send(r#"{"latitude":37.07,"longitude":114.48,"accuracy":5000}"#).await,
        201
    );
    let row = checkin::Entity::of(t.committee).one(t.app.db.read()).await;
    assert!(row.unwrap().unwrap().needs_review);
    t.stop().await;
}

#[actix_web::test]
async fn the_roll_of_another_group_is_not_called() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    t.arrive(&activity).await;
    let roll = |who: &str| format!("/activities/{activity}/attendance/{}", t.members[who]);
    let found = json!({ "status": "present", "reason": "现场核对" });

    let reasonless = json!({ "status": "present", "reason": " " });
    assert_eq!(t.put("alice", &roll("ding"), reasonless).await.0, 422);
    assert_eq!(
        t.put("alice", &roll("gao"), found.clone()).await.1["code"],
        "not_invited"
    );
    assert_eq!(t.put("fang", &roll("ding"), found.clone()).await.0, 404);
    assert_eq!(t.put("x-staff", &roll("ding"), found.clone()).await.0, 404);
    let (status, problem) = t.put("alice", &roll("alice"), found).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("second_person_required"))
    );
    t.stop().await;
}

#[actix_web::test]
async fn nobody_writes_what_is_not_his_to_write() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;
    let chen = format!("/members/{}", t.members["chen"]);

    for field in ["role", "score", "committee_id", "version", "bound"] {
        let (status, problem) = t.patch("office", &chen, json!({ field: 1 })).await;
        assert_eq!(
            (status, &problem["errors"][0]["code"]),
            (422, &json!("unknown_field")),
            "{field}"
        );
    }
    assert_eq!(
        t.patch("chen", &chen, json!({ "name": "陈沉" })).await.0,
        403
    );
    let mut for_another = tap(&code);
    for_another["member_id"] = json!(t.members["ding"]);
    assert_eq!(check_in(&t, "chen", &activity, for_another).await.0, 422);
    let there = checkin::Entity::of(t.committee).count(t.app.db.read());
    assert_eq!(there.await.unwrap(), 0);
    t.stop().await;
}

#[actix_web::test]
async fn an_id_that_is_anothers_and_one_that_is_nobodys_look_the_same() {
    let t = TestApp::start().await;
    let hidden = t.draft("未发布的活动").await;
    let mut answers = BTreeSet::new();
    let foreign = [t.members["jin"].to_string(), t.members["x-zhu"].to_string()];
    let nobodys = (0..60).map(|_| Uuid::now_v7().to_string());
    let odd = [
        "0",
        "%00",
        "..%2f..",
        "00000000-0000-0000-0000-000000000000",
        "null",
    ];
    let ids = foreign.into_iter().chain(nobodys);
    for id in ids.chain(odd.map(str::to_owned)).chain([hidden]) {
        for path in [
            format!("/members/{id}"),
            format!("/members/{id}/score"),
            format!("/activities/{id}"),
            format!("/duty-records/{id}"),
            format!("/files/{id}"),
        ] {
            let (status, problem) = t.get("chen", &path).await;
            assert_eq!(status, 404, "{path}");
            answers.insert(without_trace(problem).to_string());
        }
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    t.stop().await;
}

#[actix_web::test]
async fn a_number_that_is_on_no_roster_and_one_that_is_taken_get_the_same_answer() {
    let t = TestApp::start().await;
    t.token("chen").await;
    t.phone("nobody", "10000000099");
    t.phone("double", "10000000003");
    let bind = async |who: &str| {
        let mini_program = api::demo::world::MINI_PROGRAM;
        let code = t.sim.handle.login_code(mini_program, who);
        let session = t.client.wechat(mini_program, &code).await.unwrap();
        let phone_code = t.sim.handle.phone_code_in(mini_program, who);
        let body = json!({ "phone_code": phone_code });
        let answer = t.client.call(
            reqwest::Method::POST,
            session["access_token"].as_str(),
            "/auth/wechat/bind",
            Some(&body),
        );
        let answer = answer.await.unwrap();
        (answer.status, without_trace(answer.body))
    };

    let unknown = bind("nobody").await;
    let taken = bind("double").await;

    assert_eq!(
        (unknown.0, &unknown.1["code"]),
        (422, &json!("phone_unverified"))
    );
    assert_eq!(unknown, taken);
    assert_eq!(t.see("office", "/binding-requests").await["total"], 1);
    t.stop().await;
}

#[actix_web::test]
async fn what_cannot_be_seen_is_in_no_name_and_in_no_text() {
    let t = TestApp::start().await;
    let before = t.see("office", "/members").await["total"].clone();
    let groups = t.see("office", "/members").await["items"][0].clone();
    for hidden in [
        '\0', '\u{200b}', '\u{202e}', '\u{feff}', '\u{2066}', '\u{7}', '😀',
    ] {
        let body = json!({
            "name": format!("张{hidden}三"), "phone": "10000000098", "position": "member",
            "group_id": groups["group_id"], "sector_id": groups["sector_id"],
        });
        let (status, problem) = t.post("office", "/members", body).await;
        assert_eq!(
            (status, &problem["errors"][0]["code"]),
            (422, &json!("name_invalid_char")),
            "{hidden:?}"
        );
    }
    assert_eq!(t.see("office", "/members").await["total"], before);

    let activity = t.activity("学习会").await;
    let path = format!("/activities/{activity}");
    let chen = format!("/members/{}", t.members["chen"]);
    let nul = "字\0";
    for (who, path, body) in [
        ("alice", format!("{path}/cancel"), json!({ "reason": nul })),
        ("alice", format!("{path}/remind"), json!({ "message": nul })),
        (
            "staff1",
            format!("{path}/leave-requests"),
            json!({ "member_id": t.members["chen"], "reason_code": "sick", "reason": nul }),
        ),
        (
            "chen",
            format!("{path}/corrections"),
            json!({ "reason_code": nul, "reason": nul }),
        ),
        (
            "chen",
            format!("{path}/check-ins"),
            json!({ "code": nul, "client_id": nul }),
        ),
        (
            "chen",
            "/duty-records".to_owned(),
            json!({
            "kind": "proposal", "title": "提案", "content": nul, "done_on": "2026-09-01", "reference_no": nul }),
        ),
        (
            "chen",
            "/auth/wechat/bind".to_owned(),
            json!({ "invite_code": nul }),
        ),
    ] {
        let (status, problem) = t.post(who, &path, body).await;
        assert_eq!(status, 422, "POST {path}: {problem}");
    }
    for field in ["employer", "remark", "phone"] {
        assert_eq!(
            t.patch("office", &chen, json!({ field: nul })).await.0,
            422,
            "{field}"
        );
    }
    let sign_in = json!({ "username": nul, "password": nul });
    assert_eq!(t.post(None, "/auth/password", sign_in).await.0, 422);
    let untouched = activity::Entity::of(t.committee)
        .filter(activity::Column::StatusReason.is_null())
        .count(t.app.db.read());
    assert_eq!(untouched.await.unwrap(), 1);
    let plain = member::Entity::of(t.committee)
        .filter(member::Column::Version.eq(1))
        .count(t.app.db.read());
    assert_eq!(plain.await.unwrap(), 9);
    t.stop().await;
}
