//! Linking a follower to a member where no unionid tells: by a word, by a code, and never away
//! from somebody else.

use api::demo::world::official_account;
use domain::ids::MemberId;
use entity::{Scoped, identity, link_token};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::{Value, json};
use tests::TestApp;

use super::forge::{account, event, inside, said, sealed, send, text, word};

/// A stranger writes 绑定 to the account of group 一 and is told a word.
async fn told(t: &TestApp, openid: &str, number: i64) -> String {
    let account = account();
    let inside = inside(&account, openid, t.now().timestamp(), &text("绑定", number));
    word(&said(t, &account, &sealed(t, &account, &inside)).await)
}

async fn claim(t: &TestApp, who: &str, word: &str) -> (u16, Value) {
    t.post(who, "/me/official-accounts", json!({ "token": word }))
        .await
}

async fn member_of(t: &TestApp, openid: &str) -> Option<MemberId> {
    identity::Entity::of(t.committee)
        .filter(identity::Column::Openid.eq(openid))
        .one(t.app.db.read())
        .await
        .expect("identities can be read")
        .and_then(|row| row.member_id)
}

/// The audit entries of one operation, as an auditor reads them.
async fn audited(t: &TestApp, operation: &str) -> Vec<Value> {
    let log = t.see("auditor", "/audit?limit=200").await;
    let items = log["items"].as_array().expect("a list").iter();
    items
        .filter(|item| item["operation"] == operation)
        .cloned()
        .collect()
}

#[actix_web::test]
async fn a_member_links_the_follower_who_was_told_the_word_once() {
    let t = TestApp::start().await;
    let word = told(&t, "o-chen", 1).await;
    let stored = link_token::Entity::of(t.committee)
        .all(t.app.db.read())
        .await
        .unwrap();
    assert!(
        stored.iter().all(|row| row.token_index != word),
        "the word is stored"
    );

    let (status, linked) = claim(&t, "chen", &word).await;

    assert_eq!(status, 200, "{linked}");
    assert_eq!(
        (&linked["own"], &linked["linked"], &linked["following"]),
        (&json!(true), &json!(true), &json!(true))
    );
    assert_eq!(member_of(&t, "o-chen").await, Some(t.members["chen"]));
    // A second tap, even a late one, answers the same; another member's is worth nothing.
    t.pass_minutes(20);
    assert_eq!(claim(&t, "chen", &word).await.0, 200);
    let (status, refusal) = claim(&t, "ding", &word).await;
    assert_eq!(
        (status, &refusal["code"]),
        (422, &json!("link_token_invalid"))
    );
    let log = audited(&t, "official_account_link").await;
    let done: Vec<_> = log.iter().filter(|one| one["outcome"] == "done").collect();
    assert_eq!(done.len(), 1, "{log:?}");
    assert_eq!(done[0]["detail"]["outcome"], "linked");
}

#[actix_web::test]
async fn a_word_counts_ten_minutes_and_only_for_those_it_was_made_for() {
    let t = TestApp::start().await;
    let word = told(&t, "o-chen", 1).await;
    t.pass_minutes(10);
    let invalid = |(status, body): (u16, Value)| {
        assert_eq!((status, &body["code"]), (422, &json!("link_token_invalid")));
    };
    invalid(claim(&t, "chen", &word).await);
    invalid(claim(&t, "chen", &"0".repeat(32)).await);
    assert_eq!(claim(&t, "chen", "").await.0, 422);
    assert_eq!(claim(&t, "office", &word).await.0, 403);
    // A member of another committee finds no such word.
    let fresh = told(&t, "o-chen", 2).await;
    invalid(claim(&t, "x-zhu", &fresh).await);
    assert_eq!(member_of(&t, "o-chen").await, None);
    assert_eq!(claim(&t, "chen", &fresh).await.0, 200);
}

#[actix_web::test]
async fn two_taps_at_once_link_once() {
    let t = TestApp::start().await;
    t.token("chen").await;
    let word = told(&t, "o-chen", 1).await;

    let (one, other) = tokio::join!(claim(&t, "chen", &word), claim(&t, "chen", &word));

    assert_eq!((one.0, other.0), (200, 200));
    let done = audited(&t, "official_account_link").await;
    assert_eq!(done.len(), 1, "{done:?}");
}

#[actix_web::test]
async fn a_follower_who_is_somebody_elses_stays_his_until_the_office_decides() {
    let t = TestApp::start().await;
    let words = [told(&t, "o-phone", 1).await, told(&t, "o-phone", 2).await];
    assert_eq!(claim(&t, "chen", &words[0]).await.0, 200);

    for _ in 0..2 {
        let (status, refusal) = claim(&t, "ding", &words[1]).await;
        assert_eq!((status, &refusal["code"]), (409, &json!("follower_taken")));
        assert_eq!(member_of(&t, "o-phone").await, Some(t.members["chen"]));
    }

    let accounts = t.see("office", "/wechat/accounts").await;
    assert_eq!(accounts["items"][1]["open_conflicts"], 1, "{accounts}");
    let conflicts = t.see("office", "/wechat/link-conflicts").await;
    assert_eq!(conflicts["total"], 1, "asking twice is one question");
    let conflict = &conflicts["items"][0];
    assert_eq!(
        (&conflict["member"], &conflict["linked_member"]),
        (&json!("丁宁"), &json!("陈晨"))
    );
    let path = format!(
        "/wechat/link-conflicts/{}/decide",
        conflict["id"].as_str().unwrap()
    );
    let decision = json!({ "approve": true, "note": "电话核实，手机已由丁宁使用" });
    assert_eq!(t.post("ding", &path, decision.clone()).await.0, 404);
    let decided = t.act("office", &path, decision.clone()).await;
    assert_eq!(decided["state"], "moved");
    assert_eq!(t.post("office", &path, decision).await.0, 409);
    assert_eq!(member_of(&t, "o-phone").await, Some(t.members["ding"]));
    let log = audited(&t, "link_conflict_decide").await;
    let done = log.iter().find(|one| one["outcome"] == "done").unwrap();
    assert_eq!(done["detail"]["before"], json!(t.members["chen"]));
}

#[actix_web::test]
async fn wechat_knows_them_as_two_people_so_the_office_is_asked() {
    let t = TestApp::start().await;
    crate::notice::follow(&t, &[("chen", 0)]).await;
    // Jin's follower, of whom WeChat tells a unionid, was told a word; chen holds it.
    t.sim.handle.follow(&official_account(0), "jin");
    let jin = t.sim.handle.openid(&official_account(0), "jin");
    tests::until("jin's unionid is known", async || {
        t.run_jobs().await;
        super::following(&t, &jin).await == Some(true)
    })
    .await;
    t.run_jobs().await;
    let word = told(&t, &jin, 1).await;

    let (status, refusal) = claim(&t, "chen", &word).await;

    assert_eq!((status, &refusal["code"]), (409, &json!("follower_taken")));
    assert_eq!(member_of(&t, &jin).await, None);
}

#[actix_web::test]
async fn a_code_links_whoever_scans_it_once() {
    let t = TestApp::start().await;
    let account = account();
    let code = t.act("chen", "/me/official-accounts/qr", json!({})).await;
    assert_eq!(code["app_id"], json!(official_account(0)));
    let again = t.act("chen", "/me/official-accounts/qr", json!({})).await;
    assert_eq!(code["image_url"], again["image_url"]);
    let ticket = ticket(&code);
    // Chen's other telephone, of which WeChat tells no unionid here: it follows by the code.
    assert!(t.sim.handle.scan_ticket("gao", &ticket));
    let openid = t.sim.handle.openid(&account.app_id, "gao");

    tests::until("the follower is linked", async || {
        t.run_jobs().await;
        member_of(&t, &openid).await == Some(t.members["chen"])
    })
    .await;

    let mine = t.see("chen", "/me/official-accounts").await;
    assert_eq!(mine["items"][0]["own"], true);
    assert_eq!(mine["items"][0]["linked"], true);
    let fresh = t.act("chen", "/me/official-accounts/qr", json!({})).await;
    assert_ne!(
        fresh["image_url"], code["image_url"],
        "a used code is not shown again"
    );
    // Whoever scans the used one is nobody by it.
    t.sim.handle.scan_ticket("jin", &ticket);
    tests::until("the push is handled", async || {
        t.run_jobs().await;
        let jin = t.sim.handle.openid(&account.app_id, "jin");
        super::following(&t, &jin).await == Some(true)
    })
    .await;
    let jin = t.sim.handle.openid(&account.app_id, "jin");
    assert_ne!(member_of(&t, &jin).await, Some(t.members["chen"]));
}

/// The ticket in the address of a code's picture.
fn ticket(code: &Value) -> String {
    let url = code["image_url"].as_str().expect("an address");
    let ticket = url.split("ticket=").nth(1).expect("a ticket");
    ticket.replace("%3D", "=")
}

#[actix_web::test]
async fn a_code_of_a_poster_links_nobody() {
    let t = TestApp::start().await;
    let account = account();
    let fields = event(
        "subscribe",
        "<EventKey>qrscene_poster-7</EventKey><Ticket>t</Ticket>",
    );
    let inside = inside(&account, "o-9", t.now().timestamp(), &fields);
    assert_eq!(send(&t, &sealed(&t, &account, &inside)).await.0, 200);
    t.run_jobs().await;

    assert_eq!(super::following(&t, "o-9").await, Some(true));
    assert_eq!(member_of(&t, "o-9").await, None);
    assert_eq!(audited(&t, "official_account_link").await.len(), 0);
}
