//! Menus for everybody and for followers with a tag, and what a tap pushes.

use serde_json::{Value, json};
use wechat::callback::{Event, Mode};
use wechat::sim::{CallbackMode, PushFormat};

use super::ear::{listening, open};
use super::{MINI, STATION, World, code};

fn usual() -> Value {
    json!({ "button": [
        { "type": "view", "name": "网页", "url": "https://example.org/a" },
        { "name": "服务", "sub_button": [
            { "type": "click", "name": "帮助", "key": "help" },
            { "type": "miniprogram", "name": "签到", "url": "https://example.org", "appid": MINI,
              "pagepath": "pages/sign" },
        ]},
    ]})
}

impl World {
    async fn menu(&self, call: &str, body: Value) -> Value {
        self.ask(STATION, &format!("cgi-bin/menu/{call}"), body)
            .await
    }
}

#[actix_web::test]
async fn a_tap_pushes_what_its_button_does() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    world.handle().follow(STATION, "alice");
    assert_eq!(code(&world.menu("create", usual()).await), 0);

    world.handle().tap(STATION, "alice", "帮助");
    let push = open(Mode::Safe, &ear.wait(2).await[1]);
    assert_eq!(
        push.event,
        Event::Click {
            key: "help".to_owned()
        }
    );
    world.handle().tap(STATION, "alice", "网页");
    let push = open(Mode::Safe, &ear.wait(3).await[2]);
    assert!(
        matches!(push.event, Event::View { url, menu_id: Some(_) } if url == "https://example.org/a")
    );
    world.handle().tap(STATION, "alice", "签到");
    let push = open(Mode::Safe, &ear.wait(4).await[3]);
    assert_eq!(push.fields.text("Event"), Some("view_miniprogram"));
    assert_eq!(push.fields.text("EventKey"), Some("pages/sign"));
}

#[actix_web::test]
async fn a_menu_for_a_tag_is_seen_by_those_who_carry_it() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    world.handle().follow(STATION, "bo");
    let own = json!({
        "button": [{ "type": "click", "name": "委员专区", "key": "own" }],
        "matchrule": { "tag_id": "100" },
    });
    assert_eq!(
        code(&world.menu("addconditional", own.clone()).await),
        65301
    );
    world.menu("create", usual()).await;
    assert_eq!(
        code(&world.menu("addconditional", own.clone()).await),
        65303
    );
    let tag = json!({ "tag": { "name": "委员" } });
    world.ask(STATION, "cgi-bin/tags/create", tag).await;
    let alice = world.handle().openid(STATION, "alice");
    let members = json!({ "tagid": 100, "openid_list": [alice] });
    world
        .ask(STATION, "cgi-bin/tags/members/batchtagging", members)
        .await;

    let made = world.menu("addconditional", own.clone()).await;
    let first_button = async |openid: &str| {
        let seen = world.menu("trymatch", json!({ "user_id": openid })).await;
        seen["button"][0]["name"].clone()
    };
    assert_eq!(first_button(&alice).await, "委员专区");
    let bo = world.handle().openid(STATION, "bo");
    assert_eq!(first_button(&bo).await, "网页");
    let all = world.look(STATION, "cgi-bin/menu/get", "").await;
    assert_eq!(all["conditionalmenu"][0]["menuid"], made["menuid"]);

    assert_eq!(code(&world.menu("delconditional", made.clone()).await), 0);
    assert_eq!(first_button(&alice).await, "网页");
    assert_eq!(code(&world.menu("delconditional", made).await), 65301);
}

#[actix_web::test]
async fn the_menu_in_force_wraps_its_inner_buttons() {
    let world = World::start();
    let path = "cgi-bin/get_current_selfmenu_info";
    assert_eq!(world.look(STATION, path, "").await["is_menu_open"], 0);
    world.menu("create", usual()).await;

    let current = world.look(STATION, path, "").await;
    assert_eq!(current["is_menu_open"], 1);
    let buttons = &current["selfmenu_info"]["button"];
    assert_eq!(buttons[1]["sub_button"]["list"][0]["key"], "help");
    assert_eq!(buttons[0].get("sub_button"), None);
}

#[actix_web::test]
async fn a_button_that_cannot_work_is_refused() {
    let world = World::start();
    let with = async |button: Value| {
        let menu = json!({ "button": [button] });
        code(&world.menu("create", menu).await)
    };

    let inner = json!({ "type": "click", "name": "帮助", "key": "help" });
    assert_eq!(with(json!({ "name": "甲", "type": "dance" })).await, 40017);
    assert_eq!(with(json!({ "name": "甲", "type": "click" })).await, 40019);
    assert_eq!(with(json!({ "name": "甲", "type": "view" })).await, 40020);
    let no_address = json!({ "name": "甲", "type": "view", "url": "pages/a" });
    assert_eq!(with(no_address).await, 40055);
    let crowded = json!({ "name": "甲", "sub_button": vec![inner.clone(); 6] });
    assert_eq!(with(crowded).await, 40023);
    let long = json!({ "name": "甲", "sub_button": [
        { "type": "click", "name": "长".repeat(21), "key": "k" },
    ]});
    assert_eq!(with(long).await, 40025);
    assert_eq!(with(inner).await, 0);
}
