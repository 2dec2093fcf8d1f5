//! Members, seats and exports as the office, conveners and members see them.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;

async fn form(t: &TestApp, name: &str, phone: &str) -> Value {
    let sectors = t.see("office", "/sectors").await;
    json!({ "name": name, "phone": phone, "sector_id": sectors["items"][0]["id"], "group_id": t.group(0).await, "position": "member" })
}

#[actix_web::test]
async fn the_catalogue_counts_members_in_office() {
    let t = TestApp::start().await;

    let groups = t.see("chen", "/groups").await;
    let terms = t.see("chen", "/terms").await;
    let stations = t.see("chen", "/stations").await;
    let specials = t.see("chen", "/special-committees").await;

    assert_eq!(
        (
            &groups["items"][0]["name"],
            &groups["items"][0]["member_count"]
        ),
        (&json!("第一活动组"), &json!(4))
    );
    assert_eq!(
        (
            &terms["items"][0]["current"],
            &terms["items"][0]["member_count"]
        ),
        (&json!(true), &json!(9))
    );
    assert_eq!(
        (
            &stations["items"][1]["group"],
            &stations["items"][1]["has_official_account"]
        ),
        (&json!("第二活动组"), &json!(true))
    );
    assert_eq!(
        specials["items"][0]["group_ids"].as_array().unwrap().len(),
        2
    );
    assert_eq!(t.get(None, "/groups").await.0, 401);
}

#[actix_web::test]
async fn a_member_sees_his_own_group_masked_and_nobody_else() {
    let t = TestApp::start().await;

    let list = t.see("chen", "/members").await;

    assert_eq!(list["total"], 4);
    for item in list["items"].as_array().unwrap() {
        assert!(item["phone"].as_str().unwrap().contains("****"), "{item}");
        assert_eq!(item["group"], "第一活动组");
    }
    assert_eq!(
        t.get("chen", &format!("/members/{}", t.members["bo"]))
            .await
            .0,
        200
    );
    let foreign = t
        .get("chen", &format!("/members/{}", t.members["fang"]))
        .await;
    let absent = t
        .get("chen", "/members/00000000-0000-7000-8000-000000000000")
        .await;
    let other = t
        .get("office", &format!("/members/{}", t.members["x-yan"]))
        .await;
    assert_eq!([foreign.0, absent.0, other.0], [404; 3]);
    assert_eq!(t.see("staff1", "/members").await["total"], 6);
    assert_eq!(t.see("office", "/members?q=10000000003").await["total"], 1);
    assert_eq!(t.see("alice", "/members?q=10000000003").await["total"], 0);
    assert_eq!(
        t.see("office", "/members?limit=2").await["next_cursor"],
        "o2"
    );
    assert_eq!(t.get("office", "/members?color=red").await.0, 400);
}

#[actix_web::test]
async fn the_office_enters_and_edits_a_member_and_a_lost_update_is_refused() {
    let t = TestApp::start().await;
    let form = form(&t, "王\u{3000}芳", "+86 100-0000-0088").await;

    let created = t.act("office", "/members", form.clone()).await;

    assert_eq!(
        (&created["name"], &created["phone"], &created["version"]),
        (&json!("王芳"), &json!("100****0088"), &json!(1))
    );
    let (status, problem) = t.post("office", "/members", form.clone()).await;
    assert_eq!((status, &problem["code"]), (409, &json!("duplicate_phone")));
    assert_eq!(t.post("alice", "/members", form).await.0, 403);
    let path = format!("/members/{}", created["id"].as_str().unwrap());
    let token = t.token("office").await;
    let edit = |tag: &'static str, body: Value| {
        let request = t
            .client
            .http()
            .patch(t.client.url(&path))
            .bearer_auth(&token)
            .header("If-Match", tag)
            .json(&body);
        async { request.send().await.unwrap() }
    };
    let edited = edit("\"1\"", json!({ "employer": "邢东一中" })).await;
    assert_eq!(
        (
            edited.status().as_u16(),
            edited.headers()["etag"].to_str().unwrap()
        ),
        (200, "\"2\"")
    );
    assert_eq!(
        edit("\"1\"", json!({ "employer": "邢东二中" }))
            .await
            .status()
            .as_u16(),
        412
    );
    let (status, problem) = t
        .patch("office", &path, json!({ "phone": "10000000001" }))
        .await;
    assert_eq!((status, &problem["code"]), (409, &json!("duplicate_phone")));
    let (status, problem) = t.patch("office", &path, json!({ "score": 100 })).await;
    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("unknown_field"))
    );
}

#[actix_web::test]
async fn a_member_who_left_can_do_nothing_at_once() {
    let t = TestApp::start().await;
    assert_eq!(t.get("alice", "/members").await.0, 200);
    let path = format!("/members/{}", t.members["alice"]);

    let (_, left) = t.patch("office", &path, json!({ "status": "left" })).await;

    assert_eq!(
        (&left["status"], &left["left_on"]),
        (&json!("left"), &json!("2026-09-14"))
    );
    assert_eq!(t.get("alice", "/members").await.0, 403);
    let (_, back) = t
        .patch("office", &path, json!({ "status": "active" }))
        .await;
    assert_eq!(back["left_on"], Value::Null);
    assert_eq!(t.get("alice", "/members").await.0, 200);
}

#[actix_web::test]
async fn a_full_phone_number_is_ones_own_or_the_offices_with_a_reason() {
    let t = TestApp::start().await;
    let path = format!("/members/{}/phone", t.members["chen"]);

    assert_eq!(t.see("chen", &path).await["phone"], "10000000003");
    assert_eq!(t.get("office", &path).await.0, 422);
    assert_eq!(
        t.see("office", &format!("{path}?reason=电话通知")).await["phone"],
        "10000000003"
    );
    assert_eq!(t.get("alice", &path).await.0, 403);
    assert_eq!(t.get("gao", &path).await.0, 404);
}

#[actix_web::test]
async fn a_convener_who_is_seated_can_act_at_once_and_who_is_unseated_cannot() {
    let t = TestApp::start().await;
    let group = t.group(0).await;
    let form = json!({ "kind": "convener", "member_id": t.members["ding"], "group_id": group, "from": "2026-09-14" });
    assert_eq!(
        t.see("ding", "/me").await["seats"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let seat = t.act("office", "/seats", form.clone()).await;

    assert_eq!(
        (&seat["state"], &seat["holder"]),
        (&json!("active"), &json!("丁宁"))
    );
    assert_eq!(t.see("ding", "/me").await["seats"][1]["role"], "convener");
    assert_eq!(t.post("office", "/seats", form).await.0, 409);
    let path = format!("/seats/{}", seat["id"].as_str().unwrap());
    assert_eq!(t.delete("alice", &path).await.0, 404);
    assert_eq!(t.delete("office", &path).await.0, 204);
    assert_eq!(t.delete("office", &path).await.0, 204);
    assert_eq!(
        t.see("ding", "/me").await["seats"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        t.see("office", "/seats?kind=convener&state=ended").await["total"],
        1
    );
}

#[actix_web::test]
async fn every_other_seat_needs_a_second_person_and_nobody_seats_himself() {
    let t = TestApp::start().await;
    let member = t.members["chen"];
    let special = t.see("office", "/special-committees").await["items"][0]["id"].clone();
    let leader = json!({ "kind": "leader", "member_id": member, "from": "2026-09-14" });
    let (status, problem) = t.post("office", "/seats", leader.clone()).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    let (status, problem) = t.post("admin", "/seats", leader).await;
    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("totp_missing")),
        "who signs in by WeChat has no second factor"
    );

    let form = json!({ "kind": "staff", "member_id": member, "special_committee_id": special, "from": "2026-09-14" });
    let seat = t.act("admin", "/seats", form).await;

    assert_eq!(seat["state"], "pending");
    assert_eq!(
        t.see("chen", "/me").await["seats"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let confirm = format!("/seats/{}/confirm", seat["id"].as_str().unwrap());
    let (status, problem) = t.post("admin", &confirm, json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("second_person_required"))
    );
    assert_eq!(
        t.act("admin2", &confirm, json!({})).await["state"],
        "active"
    );
    assert_eq!(t.see("chen", "/me").await["seats"][1]["role"], "staff");
    let me = t.see("admin", "/me").await["account"]["id"].clone();
    let (status, problem) = t
        .post(
            "admin",
            "/seats",
            json!({ "kind": "office", "account_id": me, "from": "2026-09-14" }),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("second_person_required"))
    );
    let (status, problem) = t
        .post(
            "admin",
            "/seats",
            json!({ "kind": "staff", "member_id": member, "from": "2026-09-14" }),
        )
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/special_committee_id"))
    );
}

#[actix_web::test]
async fn the_last_administrator_stays() {
    let t = TestApp::start().await;
    let seats = t.see("office", "/seats?kind=admin").await;
    let path = |index: usize| format!("/seats/{}", seats["items"][index]["id"].as_str().unwrap());
    let own = t.see("admin", "/me").await["account"]["id"].clone();
    let (mine, other) = if seats["items"][0]["account_id"] == own {
        (path(0), path(1))
    } else {
        (path(1), path(0))
    };

    assert_eq!(t.delete("office", &other).await.0, 403);
    assert_eq!(t.delete("admin", &other).await.0, 204);
    assert_eq!(t.get("admin2", "/seats").await.0, 403);
    let (status, problem) = t.delete("admin", &mine).await;
    assert_eq!((status, &problem["code"]), (409, &json!("conflict")));
}

#[actix_web::test]
async fn the_exported_list_is_masked_defused_and_signed() {
    let t = TestApp::start().await;
    let path = format!("/members/{}", t.members["alice"]);
    assert_eq!(
        t.patch("office", &path, json!({ "employer": "=HYPERLINK(1)" }))
            .await
            .0,
        200
    );
    let token = t.token("office").await;

    let answer = t
        .client
        .http()
        .get(t.client.url("/members.xlsx"))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();

    assert_eq!(answer.status().as_u16(), 200);
    let file = answer.bytes().await.unwrap();
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
    let cells = book.worksheet_range("委员名单").unwrap();
    let texts: Vec<_> = cells
        .used_cells()
        .filter_map(|(_, _, cell)| {
            if let Data::String(text) = cell {
                Some(text.clone())
            } else {
                None
            }
        })
        .collect();
    assert!(
        texts.iter().any(|text| text.contains("导出人：office")),
        "{texts:?}"
    );
    assert!(
        texts.contains(&"'=HYPERLINK(1)".to_owned()) && texts.contains(&"100****0001".to_owned()),
        "{texts:?}"
    );
    assert!(!texts.iter().any(|text| text.contains("10000000001")));
    for _ in 0..4 {
        t.client
            .call(Method::GET, Some(&token), "/members.xlsx", None)
            .await
            .unwrap();
    }
    assert_eq!(t.get("office", "/members.xlsx").await.0, 429);
    assert_eq!(t.get("alice", "/members.xlsx").await.0, 403);
}
