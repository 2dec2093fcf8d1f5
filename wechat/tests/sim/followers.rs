//! An official account's followers, menu and QR codes.

use serde_json::{Value, json};
use wechat::sim::PersonSpec;

use super::{MINI, PAPER, STATION, World, code};

impl World {
    async fn followers(&self, after: &str) -> Value {
        let token = self.token(STATION).await;
        self.get(&format!(
            "cgi-bin/user/get?access_token={token}&next_openid={after}"
        ))
        .await
    }

    async fn info(&self, app_id: &str, person: &str) -> Value {
        let token = self.token(app_id).await;
        let openid = self.handle().openid(app_id, person);
        self.get(&format!(
            "cgi-bin/user/info?access_token={token}&openid={openid}&lang=zh_CN"
        ))
        .await
    }
}

#[actix_web::test]
async fn followers_come_in_pages_and_the_last_page_has_no_data() {
    let world = World::start();
    let empty = world.followers("").await;
    assert_eq!(empty, json!({ "total": 0, "count": 0, "next_openid": "" }));

    world.handle().set_follower_page(2);
    for key in ["carol", "dan", "eve"] {
        world.handle().add_person(PersonSpec {
            key,
            phone: "13800000009",
        });
        world.handle().follow(STATION, key);
    }
    let openid = |person: &str| world.handle().openid(STATION, person);
    let first = world.followers("").await;
    assert_eq!(
        first["data"]["openid"],
        json!([openid("carol"), openid("dan")])
    );
    assert_eq!(first["next_openid"], openid("dan"));
    let second = world.followers(&openid("dan")).await;
    assert_eq!(second["data"]["openid"], json!([openid("eve")]));
    let third = world.followers(&openid("eve")).await;
    assert_eq!(third, json!({ "total": 3, "count": 0, "next_openid": "" }));
}

#[actix_web::test]
async fn who_leaves_between_two_pages_does_not_stop_the_walk() {
    let world = World::start();
    world.handle().set_follower_page(1);
    for key in ["alice", "bo"] {
        world.handle().follow(STATION, key);
    }
    let first = world.followers("").await;
    world.handle().unfollow(STATION, "alice");

    let second = world
        .followers(first["next_openid"].as_str().expect("alice"))
        .await;
    assert_eq!(
        second["data"]["openid"],
        json!([world.handle().openid(STATION, "bo")])
    );
}

#[actix_web::test]
async fn a_follower_has_a_unionid_only_under_an_open_platform_account() {
    let world = World::start();
    assert_eq!(
        world.info(STATION, "alice").await,
        json!({ "subscribe": 0, "openid": world.handle().openid(STATION, "alice") })
    );
    world.handle().follow(STATION, "alice");
    world.handle().follow(PAPER, "alice");

    let info = world.info(STATION, "alice").await;
    assert_eq!(info["subscribe"], 1);
    assert_eq!(info["subscribe_time"], super::noon().timestamp());
    assert_eq!(
        info["unionid"],
        json!(world.handle().unionid(MINI, "alice"))
    );
    assert_eq!(world.info(PAPER, "alice").await.get("unionid"), None);
}

#[actix_web::test]
async fn one_stranger_spoils_a_batch() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let token = world.token(STATION).await;
    let path = format!("cgi-bin/user/info/batchget?access_token={token}");
    let batch = async |openids: &[&str]| {
        let list: Vec<Value> = openids
            .iter()
            .map(|openid| json!({ "openid": openid }))
            .collect();
        world.post(&path, json!({ "user_list": list })).await
    };
    let alice = world.handle().openid(STATION, "alice");

    let good = batch(&[&alice]).await;
    assert_eq!(good["user_info_list"][0]["openid"], alice);
    assert_eq!(
        code(&batch(&[&alice, &world.handle().openid(MINI, "alice")]).await),
        40003
    );
    assert_eq!(code(&batch(&[]).await), 40032);
}

#[actix_web::test]
async fn a_menu_is_checked_kept_and_deleted() {
    let world = World::start();
    let token = world.token(STATION).await;
    let create = format!("cgi-bin/menu/create?access_token={token}");
    let read = format!("cgi-bin/menu/get?access_token={token}");
    let button = |more: Value| {
        let mut button =
            json!({ "name": "签到", "type": "miniprogram", "url": "https://example.org" });
        button
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("one").clone());
        json!({ "button": [button] })
    };

    let good = button(json!({ "appid": MINI, "pagepath": "pages/sign" }));
    assert_eq!(code(&world.post(&create, good.clone()).await), 0);
    assert_eq!(world.get(&read).await, json!({ "menu": good }));
    let foreign = button(json!({ "appid": "wxother", "pagepath": "pages/sign" }));
    assert_eq!(code(&world.post(&create, foreign).await), 45064);
    let long = button(json!({ "name": "一二三四五六", "appid": MINI, "pagepath": "p" }));
    assert_eq!(code(&world.post(&create, long).await), 40018);
    assert_eq!(
        code(&world.post(&create, json!({ "button": [] })).await),
        40016
    );
    world
        .get(&format!("cgi-bin/menu/delete?access_token={token}"))
        .await;
    assert_eq!(code(&world.get(&read).await), 46003);
}

#[actix_web::test]
async fn a_qr_ticket_shows_a_picture_and_a_bad_one_is_really_missing() {
    let world = World::start();
    let token = world.token(STATION).await;
    let path = format!("cgi-bin/qrcode/create?access_token={token}");
    let body = json!({
        "action_name": "QR_STR_SCENE",
        "expire_seconds": 600,
        "action_info": { "scene": { "scene_str": "bind" } },
    });
    let made = world.post(&path, body).await;
    assert_eq!(made["expire_seconds"], 600);

    let show = async |ticket: &str| {
        let request = world.client.get(world.url("cgi-bin/showqrcode"));
        request
            .query(&[("ticket", ticket)])
            .send()
            .await
            .expect("an answer")
            .status()
            .as_u16()
    };
    assert_eq!(show(made["ticket"].as_str().expect("a ticket")).await, 200);
    assert_eq!(show("invented").await, 404);
    let unnamed = json!({ "action_name": "QR_STR_SCENE", "action_info": { "scene": {} } });
    assert_eq!(code(&world.post(&path, unnamed).await), 40053);
}

#[actix_web::test]
async fn a_jsapi_ticket_is_kept_for_two_hours() {
    let world = World::start();
    let ask = async || {
        let token = world.token(STATION).await;
        world
            .get(&format!(
                "cgi-bin/ticket/getticket?type=jsapi&access_token={token}"
            ))
            .await
    };

    let first = ask().await;
    world.pass(60);
    let second = ask().await;
    assert_eq!(first["ticket"], second["ticket"]);
    assert_eq!(second["expires_in"], 7140);
    world.pass(7200);
    assert_ne!(ask().await["ticket"], first["ticket"]);
}

#[actix_web::test]
async fn a_unionid_appears_with_the_open_platform_changes_with_it_and_goes() {
    let world = World::start();
    world.handle().follow(PAPER, "alice");
    let openid = world.handle().openid(PAPER, "alice");
    let unionid = async || {
        let info = world.info(PAPER, "alice").await;
        assert_eq!(info["openid"], openid.as_str());
        info.get("unionid").cloned()
    };

    assert_eq!(unionid().await, None);
    world.handle().set_open_platform(PAPER, Some("platform"));
    let same = world.handle().unionid(STATION, "alice").map(Value::from);
    assert_eq!(unionid().await, same);
    world.handle().set_open_platform(PAPER, Some("another"));
    assert!(unionid().await.is_some_and(|other| Some(other) != same));
    let url = world.url(&format!("sim/open-platforms/{PAPER}"));
    let answer = world.client.post(url).body("null").send().await;
    assert_eq!(answer.expect("an answer").status(), 204);
    assert_eq!(unionid().await, None);
}
