//! An activity from its draft to its end, and what members answer.

use serde_json::{Value, json};
use tests::TestApp;

/// A group's id, a start in so many days at the hour it is now, and what every draft needs.
async fn body(t: &TestApp, group: usize, days: i64) -> Value {
    let starts = t.now() + chrono::TimeDelta::days(days) + chrono::TimeDelta::hours(5);
    json!({
        "group_id": t.group(group).await, "kind": "study", "mode": "annual_plan", "title": "专题学习",
        "venue": "第一驿站", "starts_at": starts.to_rfc3339(), "ends_at": (starts + chrono::TimeDelta::hours(2)).to_rfc3339(),
    })
}

/// `body` with some fields set.
fn with(mut body: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else {
        panic!("fields are an object")
    };
    for (name, value) in fields {
        body[&name] = value;
    }
    body
}

async fn approved(t: &TestApp, body: Value) -> String {
    let id = t.act("alice", "/activities", body).await["id"]
        .as_str()
        .expect("an answer of that shape")
        .to_owned();
    t.act("alice", &format!("/activities/{id}/submit"), json!({}))
        .await;
    t.act("staff1", &format!("/activities/{id}/approve"), json!({}))
        .await;
    id
}

#[actix_web::test]
async fn a_draft_of_start_and_end_alone_gets_its_other_times() {
    let t = TestApp::start().await;

    let (status, draft) = t.post("alice", "/activities", body(&t, 0, 5).await).await;

    assert_eq!(status, 201, "{draft}");
    assert_eq!(draft["status"], "draft");
    assert_eq!(draft["starts_at"], "2026-09-19T14:00:00+08:00");
    assert_eq!(draft["opens_at"], "2026-09-19T13:30:00+08:00");
    assert_eq!(draft["closes_at"], "2026-09-19T16:00:00+08:00");
    assert_eq!(draft["late_after"], "2026-09-19T14:10:00+08:00");
    assert_eq!(draft["reply_by"], "2026-09-18T14:00:00+08:00");
    assert_eq!(
        draft["audience"],
        json!({ "groups": [t.group(0).await], "members": [] })
    );
    assert_eq!(draft["version"], 1);
}

#[actix_web::test]
async fn what_does_not_fit_together_is_refused_field_by_field() {
    let t = TestApp::start().await;
    let good = body(&t, 0, 5).await;
    let refused = async |fields: Value| {
        let (status, problem) = t
            .post("alice", "/activities", with(good.clone(), fields))
            .await;
        assert_eq!(status, 422, "{problem}");
        problem["errors"][0]["pointer"]
            .as_str()
            .map_or(problem["code"].to_string(), str::to_owned)
    };

    assert_eq!(
        refused(json!({ "ends_at": good["starts_at"] })).await,
        "/ends_at"
    );
    assert_eq!(
        refused(json!({ "opens_at": good["ends_at"] })).await,
        "/opens_at"
    );
    assert_eq!(
        refused(json!({ "latitude": 37.07, "longitude": 114.48 })).await,
        "/radius_m"
    );
    assert_eq!(
        refused(json!({ "latitude": 91, "longitude": 114.48, "radius_m": 200 })).await,
        "/latitude"
    );
    assert_eq!(refused(json!({ "radius_m": 5 })).await, "/latitude");
    assert_eq!(
        refused(json!({ "min_share_percent": 101 })).await,
        "/min_share_percent"
    );
    assert_eq!(refused(json!({ "title": " " })).await, "/title");
    assert_eq!(refused(json!({ "colour": "red" })).await, "/colour");
    assert_eq!(
        refused(json!({ "starts_at": "2026-09-24T14:30:00" })).await,
        "/starts_at"
    );
    let after_term =
        json!({ "starts_at": "2027-01-01T09:00:00+08:00", "ends_at": "2027-01-01T10:00:00+08:00" });
    assert_eq!(refused(after_term).await, "\"term_missing\"");
}

#[actix_web::test]
async fn a_convener_drafts_for_the_own_group_and_invites_its_members_only() {
    let t = TestApp::start().await;
    let own = body(&t, 0, 5).await;

    assert_eq!(
        t.post("alice", "/activities", body(&t, 1, 5).await).await.0,
        404
    );
    assert_eq!(t.post("chen", "/activities", own.clone()).await.0, 403);
    assert_eq!(t.post("staff1", "/activities", own.clone()).await.0, 403);
    for who in ["gao", "x-zhu"] {
        let audience =
            json!({ "audience": { "groups": [t.group(0).await], "members": [t.members[who]] } });
        let (status, problem) = t
            .post("alice", "/activities", with(own.clone(), audience))
            .await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (422, &json!("/audience/members/0")),
            "{who}"
        );
    }
    let both = json!({ "audience": { "groups": [t.group(0).await, t.group(1).await] } });
    assert_eq!(
        t.post("alice", "/activities", with(own.clone(), both.clone()))
            .await
            .0,
        422
    );
    assert_eq!(
        t.post("office", "/activities", with(own, both)).await.0,
        201
    );
}

#[actix_web::test]
async fn a_lost_update_is_refused_and_only_drafts_are_edited() {
    let t = TestApp::start().await;
    let id = t.draft("学习").await;
    let path = format!("/activities/{id}");

    let (status, edited) = t
        .patch(
            "bo",
            &path,
            json!({ "title": "新题目", "starts_at": "2026-09-20T09:00:00+08:00" }),
        )
        .await;
    assert_eq!(status, 200, "{edited}");
    assert_eq!(
        (&edited["title"], &edited["version"]),
        (&json!("新题目"), &json!(2))
    );
    assert_eq!(edited["ends_at"], "2026-09-20T11:00:00+08:00");
    assert_eq!(edited["opens_at"], "2026-09-20T08:30:00+08:00");

    let token = t.token("alice").await;
    let stale = reqwest::Client::builder()
        .build()
        .expect("an answer of that shape")
        .patch(format!("{}/api/v1{path}", t.base));
    let stale = stale
        .bearer_auth(token)
        .header("If-Match", "\"1\"")
        .json(&json!({ "title": "旧" }))
        .send()
        .await
        .expect("an answer of that shape");
    assert_eq!(stale.status(), 412);

    t.act("alice", &format!("{path}/submit"), json!({})).await;
    let (status, problem) = t.patch("alice", &path, json!({ "title": "再改" })).await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
    let returned = t
        .act(
            "staff1",
            &format!("{path}/return"),
            json!({ "reason": "请补充议程" }),
        )
        .await;
    assert_eq!(
        (&returned["status"], &returned["status_reason"]),
        (&json!("returned"), &json!("请补充议程"))
    );
    assert_eq!(
        t.patch("alice", &path, json!({ "content": "议程" }))
            .await
            .0,
        200
    );
}

#[actix_web::test]
async fn nobody_approves_what_he_wrote_and_every_step_has_its_turn() {
    let t = TestApp::start().await;
    let id = t.act("office", "/activities", body(&t, 0, 5).await).await["id"]
        .as_str()
        .expect("an answer of that shape")
        .to_owned();
    let step = async |who: &str, step: &str| {
        t.post(who, &format!("/activities/{id}/{step}"), json!({}))
            .await
    };

    assert_eq!(step("staff1", "approve").await.1["code"], "wrong_step");
    assert_eq!(step("alice", "submit").await.0, 200);
    assert_eq!(
        step("office", "approve").await.1["code"],
        "second_person_required"
    );
    assert_eq!(step("alice", "approve").await.0, 403);
    assert_eq!(
        step("staff2", "approve").await.0,
        404,
        "another special committee's group"
    );
    assert_eq!(step("office2", "approve").await.0, 200);
    assert_eq!(step("office2", "approve").await.1["code"], "wrong_step");
}

#[actix_web::test]
async fn publishing_invites_the_audience_once_and_shows_it_to_nobody_else() {
    let t = TestApp::start().await;
    let id = approved(&t, body(&t, 0, 5).await).await;
    let path = format!("/activities/{id}");
    assert_eq!(t.get("chen", &path).await.0, 404);

    let (status, published) = t.post("alice", &format!("{path}/publish"), json!({})).await;

    assert_eq!(status, 202, "{published}");
    assert_eq!(published["invited"], 4);
    assert_eq!(
        t.post("alice", &format!("{path}/publish"), json!({}))
            .await
            .1["code"],
        "wrong_step"
    );
    let seen = t.see("chen", &path).await;
    assert_eq!(
        (&seen["mine"]["reply"], &seen["counts"]),
        (&json!("none"), &json!(null))
    );
    assert_eq!(
        t.see("staff1", &path).await["counts"],
        json!({ "invited": 4, "attend": 0, "leave": 0, "none": 4 })
    );
    for stranger in ["gao", "staff2", "x-office", "admin"] {
        let expected = if stranger == "admin" {
            [403, 404]
        } else {
            [404, 404]
        };
        assert!(
            expected.contains(&t.get(stranger, &path).await.0),
            "{stranger}"
        );
    }
    assert_eq!(
        t.see("chen", "/activities?status=published").await["total"],
        1
    );
    assert_eq!(t.see("gao", "/activities").await["total"], 0);
    assert_eq!(
        t.see(
            "office",
            "/activities?from=2026-09-19&to=2026-09-19&kind=study"
        )
        .await["total"],
        1
    );
    assert_eq!(
        t.see("office", "/activities?to=2026-09-18").await["total"],
        0
    );
}

#[actix_web::test]
async fn a_short_notice_needs_a_reason() {
    let t = TestApp::start().await;
    let short = approved(&t, body(&t, 0, 2).await).await;
    let (status, problem) = t
        .post("alice", &format!("/activities/{short}/publish"), json!({}))
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/lead_reason"))
    );
    t.act(
        "alice",
        &format!("/activities/{short}/publish"),
        json!({ "lead_reason": "上级临时安排" }),
    )
    .await;

    let distant = approved(&t, body(&t, 0, 3).await).await;
    let bare = reqwest::Client::builder()
        .build()
        .expect("an answer of that shape")
        .post(format!("{}/api/v1/activities/{distant}/publish", t.base));
    let bare = bare
        .bearer_auth(t.token("alice").await)
        .send()
        .await
        .expect("an answer of that shape");
    assert_eq!(
        bare.status(),
        202,
        "three days are enough, and no body is needed"
    );

    let plenary = approved(&t, with(body(&t, 0, 6).await, json!({ "kind": "plenary" }))).await;
    assert_eq!(
        t.post(
            "alice",
            &format!("/activities/{plenary}/publish"),
            json!({})
        )
        .await
        .0,
        422
    );
}

#[actix_web::test]
async fn answering_twice_is_answering_once() {
    let t = TestApp::start().await;
    let id = t.activity("学习").await;
    let path = format!("/activities/{id}/reply");
    let leave = json!({ "answer": "leave", "reason_code": "sick", "reason": "住院" });

    assert_eq!(
        t.put("chen", &path, json!({ "answer": "leave" })).await.0,
        422
    );
    assert_eq!(
        t.put("gao", &path, json!({ "answer": "attend" })).await.0,
        404
    );
    assert_eq!(
        t.put("chen", &path, json!({ "answer": "attend" })).await.0,
        200
    );
    assert_eq!(
        t.put("chen", &path, json!({ "answer": "attend" })).await.0,
        200
    );
    let (status, first) = t.put("chen", &path, leave.clone()).await;
    assert_eq!((status, &first["leave_state"]), (200, &json!("requested")));
    let (_, again) = t.put("chen", &path, leave).await;
    assert_eq!(first, again);
    let (status, problem) = t
        .put(
            "chen",
            &path,
            json!({ "answer": "leave", "reason_code": "family", "reason": "家事" }),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("leave_already_asked"))
    );

    let (_, back) = t.put("chen", &path, json!({ "answer": "attend" })).await;
    assert_eq!(
        back,
        json!({ "answer": "attend", "leave_request_id": first["leave_request_id"], "leave_state": "withdrawn" })
    );
    assert_eq!(t.see("office", "/leave-requests").await["total"], 1);
}

#[actix_web::test]
async fn after_the_start_nobody_promises_to_come_and_leave_is_late() {
    let t = TestApp::start().await;
    let id = t.activity("学习").await;
    t.arrive(&id).await;
    let path = format!("/activities/{id}/reply");

    assert_eq!(
        t.see("chen", &format!("/activities/{id}")).await["status"],
        "running"
    );
    assert_eq!(
        t.put("chen", &path, json!({ "answer": "attend" })).await.1["code"],
        "reply_closed"
    );
    let (status, late) = t
        .put(
            "chen",
            &path,
            json!({ "answer": "leave", "reason_code": "other", "reason": "堵车" }),
        )
        .await;
    assert_eq!(
        (status, &late["leave_state"]),
        (200, &json!("late_request"))
    );
}

#[actix_web::test]
async fn moving_an_activity_moves_its_window_and_keeps_the_answers() {
    let t = TestApp::start().await;
    let id = t.activity("学习").await;
    t.put(
        "chen",
        &format!("/activities/{id}/reply"),
        json!({ "answer": "attend" }),
    )
    .await;
    let to =
        json!({ "starts_at": "2026-09-24T09:00:00+08:00", "ends_at": "2026-09-24T12:00:00+08:00" });
    let path = format!("/activities/{id}/reschedule");

    assert_eq!(
        t.post("alice", &path, to.clone()).await.1["errors"][0]["pointer"],
        "/reason"
    );
    let moved = t
        .act("alice", &path, with(to, json!({ "reason": "场地占用" })))
        .await;

    assert_eq!(moved["status"], "published");
    assert_eq!(
        (&moved["opens_at"], &moved["closes_at"]),
        (
            &json!("2026-09-24T08:30:00+08:00"),
            &json!("2026-09-24T12:00:00+08:00")
        )
    );
    assert_eq!(
        t.see("chen", &format!("/activities/{id}")).await["mine"]["reply"],
        "attend"
    );
}

#[actix_web::test]
async fn an_activity_is_closed_once_it_has_begun_and_cancelled_with_a_reason() {
    let t = TestApp::start().await;
    let (held, dropped) = (t.activity("举行").await, t.activity("取消").await);

    assert_eq!(
        t.post("alice", &format!("/activities/{held}/close"), json!({}))
            .await
            .1["code"],
        "conflict"
    );
    assert_eq!(
        t.post("alice", &format!("/activities/{dropped}/cancel"), json!({}))
            .await
            .0,
        422
    );
    let cancelled = t
        .act(
            "alice",
            &format!("/activities/{dropped}/cancel"),
            json!({ "reason": "暴雨" }),
        )
        .await;
    assert_eq!(
        (&cancelled["status"], &cancelled["status_reason"]),
        (&json!("cancelled"), &json!("暴雨"))
    );
    t.arrive(&held).await;
    let closed = t
        .act("alice", &format!("/activities/{held}/close"), json!({}))
        .await;
    assert_eq!(
        (&closed["status"], &closed["settled"]["absent"]),
        (&json!("closed"), &json!(4))
    );
    assert_eq!(
        t.post("alice", &format!("/activities/{held}/close"), json!({}))
            .await
            .1["code"],
        "wrong_step"
    );
}

#[actix_web::test]
async fn moving_and_cancelling_are_told_to_those_who_were_invited_and_nobody_else() {
    let t = TestApp::start().await;
    let (id, draft) = (t.activity("学习").await, t.draft("草稿").await);
    let to = json!({ "starts_at": "2026-09-24T09:00:00+08:00", "ends_at": "2026-09-24T12:00:00+08:00", "reason": "场地占用" });
    t.act("alice", &format!("/activities/{id}/reschedule"), to)
        .await;
    t.act(
        "alice",
        &format!("/activities/{id}/cancel"),
        json!({ "reason": "暴雨" }),
    )
    .await;
    t.act(
        "alice",
        &format!("/activities/{draft}/cancel"),
        json!({ "reason": "不办了" }),
    )
    .await;

    for (who, messages) in [("chen", 3), ("alice", 3), ("gao", 0)] {
        assert_eq!(t.see(who, "/me/inbox").await["total"], messages, "{who}");
    }
}

#[actix_web::test]
async fn with_the_venue_the_point_of_check_in_moves_too() {
    let t = TestApp::start().await;
    let point = json!({ "latitude": 37.07, "longitude": 114.48, "radius_m": 200 });
    let id = approved(&t, with(body(&t, 0, 5).await, point)).await;
    t.act("alice", &format!("/activities/{id}/publish"), json!({}))
        .await;
    let path = format!("/activities/{id}/reschedule");
    let to = json!({
        "starts_at": "2026-09-24T09:00:00+08:00", "ends_at": "2026-09-24T12:00:00+08:00",
        "venue": "第二驿站", "reason": "场地占用",
    });

    assert_eq!(
        t.post("alice", &path, to.clone()).await.1["errors"][0]["pointer"],
        "/latitude"
    );
    let moved = t
        .act(
            "alice",
            &path,
            with(
                to,
                json!({ "latitude": null, "longitude": null, "radius_m": null }),
            ),
        )
        .await;
    assert_eq!(
        (&moved["venue"], &moved["latitude"]),
        (&json!("第二驿站"), &json!(null))
    );
}
