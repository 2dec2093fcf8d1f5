//! Binding a WeChat to a member, by phone and by invite code.

use api::demo::world::MINI_PROGRAM;
use chrono::NaiveDate;
use domain::ids::TermId;
use entity::term;
use reqwest::Method;
use sea_orm::{ActiveModelTrait, Set};
use serde_json::{Value, json};
use tests::TestApp;

use super::{call, enter};

async fn bind_phone(t: &TestApp, who: &str, token: &str) -> (u16, Value) {
    let code = t.sim.handle.phone_code_in(MINI_PROGRAM, who);
    call(
        t,
        Method::POST,
        token,
        "/auth/wechat/bind",
        Some(json!({ "phone_code": code })),
    )
    .await
}

/// The sixth term, from 2027 on.
async fn next_term(t: &TestApp) {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let row = term::ActiveModel {
        committee_id: Set(t.committee),
        id: Set(TermId(uuid::Uuid::now_v7())),
        name: Set("第六届".to_owned()),
        starts_on: Set(day(2027, 1, 1)),
        ends_on: Set(day(2031, 12, 31)),
    };
    t.app
        .db
        .housekeeping(async |txn| {
            row.insert(txn).await?;
            Ok(())
        })
        .await
        .unwrap();
}

#[actix_web::test]
async fn a_member_binds_his_wechat_by_the_phone_on_the_roster() {
    let t = TestApp::start().await;
    let (token, answer) = enter(&t, "kong").await;
    assert_eq!(
        (
            &answer["bound"],
            &answer["member_id"],
            &answer["token_type"]
        ),
        (&json!(false), &Value::Null, &json!("Bearer"))
    );
    let (_, me) = call(&t, Method::GET, &token, "/me", None).await;
    assert_eq!(
        (&me["bound"], &me["member"], &me["seats"]),
        (&json!(false), &Value::Null, &json!([]))
    );

    let (status, bound) = bind_phone(&t, "kong", &token).await;

    assert_eq!(
        (status, bound),
        (
            200,
            json!({ "bound": true, "member_id": t.members["kong"] })
        )
    );
    let (_, me) = call(&t, Method::GET, &token, "/me", None).await;
    assert_eq!(
        (&me["member"]["name"], &me["member"]["phone"]),
        (&json!("孔明亮"), &json!("10000000009"))
    );
    assert_eq!(
        (&me["seats"][0]["role"], &me["seats"][0]["group"]),
        (&json!("member"), &json!("第三活动组"))
    );
    assert_eq!(
        bind_phone(&t, "kong", &token).await.1["code"],
        "already_bound"
    );
    let (_, again) = enter(&t, "kong").await;
    assert_eq!(
        (&again["bound"], &again["member_id"]),
        (&json!(true), &json!(t.members["kong"]))
    );
}

#[actix_web::test]
async fn who_is_not_on_the_roster_and_whose_entry_is_held_hear_the_same_and_the_office_decides() {
    let t = TestApp::start().await;
    let former = t.token("alice").await;
    t.phone("lin", "10000000099");
    t.phone("alice-new", "10000000001");
    let (stranger, _) = enter(&t, "lin").await;
    let (claimant, _) = enter(&t, "alice-new").await;

    let (_, mut unknown) = bind_phone(&t, "lin", &stranger).await;
    let (_, mut held) = bind_phone(&t, "alice-new", &claimant).await;
    let (_, again) = bind_phone(&t, "alice-new", &claimant).await;

    assert_eq!(unknown["code"], "phone_unverified");
    assert_eq!(again["code"], "phone_unverified");
    for problem in [&mut unknown, &mut held] {
        problem["trace_id"] = Value::Null;
    }
    assert_eq!(unknown, held);
    let requests = t.see("office", "/binding-requests?state=pending").await;
    assert_eq!(
        (&requests["total"], &requests["items"][0]["member"]),
        (&json!(1), &json!("艾丽丝"))
    );

    let id = requests["items"][0]["id"].as_str().unwrap().to_owned();
    let decided = t
        .act(
            "office",
            &format!("/binding-requests/{id}/decide"),
            json!({ "approve": true, "note": "本人到办公室核对" }),
        )
        .await;

    assert_eq!(decided["state"], "approved");
    assert_eq!(call(&t, Method::GET, &former, "/me", None).await.0, 401);
    let (_, me) = call(&t, Method::GET, &claimant, "/me", None).await;
    assert_eq!(me["member"]["id"], json!(t.members["alice"]));
    let (status, problem) = t
        .post(
            "office",
            &format!("/binding-requests/{id}/decide"),
            json!({ "approve": false }),
        )
        .await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
    assert_eq!(t.get("chen", "/binding-requests").await.0, 403);
}

#[actix_web::test]
async fn whoever_left_is_bound_no_more_and_binds_anew_when_he_comes_back() {
    let t = TestApp::start().await;
    t.token("chen").await;
    let path = format!("/members/{}", t.members["chen"]);
    t.patch("office", &path, json!({ "status": "left" })).await;
    let (token, answer) = enter(&t, "chen").await;
    assert_eq!(
        (&answer["bound"], &answer["member_id"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(
        bind_phone(&t, "chen", &token).await.1["code"],
        "phone_unverified"
    );

    t.patch("office", &path, json!({ "status": "active" }))
        .await;

    assert_eq!(
        bind_phone(&t, "chen", &token).await.1["code"],
        "already_bound"
    );
    assert_eq!(enter(&t, "chen").await.1["bound"], true);
}

#[actix_web::test]
async fn a_term_later_the_same_wechat_binds_to_the_new_entry() {
    let t = TestApp::start().await;
    t.token("chen").await;
    next_term(&t).await;
    t.set("2027-01-04T09:00:00+08:00");
    let sectors = t.see("office", "/sectors").await;
    let form = json!({ "name": "陈晨", "phone": "10000000003", "sector_id": sectors["items"][0]["id"], "group_id": t.group(1).await, "position": "member" });
    let entry = t.act("office", "/members", form).await;
    let (token, answer) = enter(&t, "chen").await;
    assert_eq!(answer["bound"], false);

    let (status, bound) = bind_phone(&t, "chen", &token).await;

    assert_eq!((status, &bound["member_id"]), (200, &entry["id"]));
    assert_eq!(t.see("office", "/members").await["total"], 1);
}

#[actix_web::test]
async fn an_invite_code_binds_once_and_for_seven_days() {
    let t = TestApp::start().await;
    let path = format!("/members/{}/invite-codes", t.members["kong"]);
    let first = t.act("office", &path, json!({})).await["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let second = t.act("office", &path, json!({})).await["code"]
        .as_str()
        .unwrap()
        .to_owned();
    t.phone("lin", "10000000099");
    let (token, _) = enter(&t, "lin").await;
    let body = |code: &str| Some(json!({ "invite_code": code }));

    let (status, problem) = call(&t, Method::POST, &token, "/auth/wechat/bind", body(&first)).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("invite_code_invalid"))
    );
    let typed = format!("{} {}", second[..5].to_lowercase(), &second[5..]);
    let (status, bound) = call(&t, Method::POST, &token, "/auth/wechat/bind", body(&typed)).await;
    assert_eq!(
        (status, &bound["member_id"]),
        (200, &json!(t.members["kong"]))
    );

    t.phone("mo", "10000000098");
    let (other, _) = enter(&t, "mo").await;
    assert_eq!(
        call(&t, Method::POST, &other, "/auth/wechat/bind", body(&second))
            .await
            .1["code"],
        "invite_code_invalid"
    );
    let late = t
        .act(
            "office",
            &format!("/members/{}/invite-codes", t.members["ding"]),
            json!({}),
        )
        .await;
    t.pass_minutes(7 * 24 * 60);
    let (other, _) = enter(&t, "mo").await;
    let (_, problem) = call(
        &t,
        Method::POST,
        &other,
        "/auth/wechat/bind",
        body(late["code"].as_str().unwrap()),
    )
    .await;
    assert_eq!(problem["code"], "invite_code_invalid");
    let both = json!({ "invite_code": "x", "phone_code": "y" });
    assert_eq!(
        call(&t, Method::POST, &other, "/auth/wechat/bind", Some(both))
            .await
            .0,
        422
    );
}
