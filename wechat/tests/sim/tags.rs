//! What an account notes about its followers: tags, remarks, the blacklist.

use serde_json::{Value, json};
use wechat::sim::{CallbackMode, PersonSpec, PushFormat};

use super::ear::listening;
use super::{STATION, World, code};

const TAGS: &str = "cgi-bin/tags";

impl World {
    async fn tag(&self, call: &str, body: Value) -> Value {
        self.ask(STATION, &format!("{TAGS}/{call}"), body).await
    }

    fn alice(&self) -> String {
        self.handle().openid(STATION, "alice")
    }
}

#[actix_web::test]
async fn a_tag_is_made_once_renamed_and_taken_from_everybody() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let named = |name: &str| json!({ "tag": { "name": name } });

    let made = world.tag("create", named("委员")).await;
    assert_eq!(made, json!({ "tag": { "id": 100, "name": "委员" } }));
    assert_eq!(code(&world.tag("create", named("委员")).await), 45157);
    let long = named("一二三四五六七八九十一");
    assert_eq!(code(&world.tag("create", long).await), 45158);
    let members = json!({ "tagid": 100, "openid_list": [world.alice()] });
    assert_eq!(code(&world.tag("members/batchtagging", members).await), 0);
    let renamed = json!({ "tag": { "id": 100, "name": "界别委员" } });
    assert_eq!(code(&world.tag("update", renamed).await), 0);
    let listed = world.look(STATION, "cgi-bin/tags/get", "").await;
    assert_eq!(
        listed["tags"],
        json!([{ "id": 100, "name": "界别委员", "count": 1 }])
    );

    let starred = json!({ "tag": { "id": 2 } });
    assert_eq!(code(&world.tag("delete", starred).await), 45058);
    let gone = json!({ "tag": { "id": 100 } });
    assert_eq!(code(&world.tag("delete", gone.clone()).await), 0);
    assert_eq!(code(&world.tag("delete", gone).await), 45159);
    let openid = json!({ "openid": world.alice() });
    assert_eq!(
        world.tag("getidlist", openid).await,
        json!({ "tagid_list": [] })
    );
}

#[actix_web::test]
async fn a_batch_is_tagged_whole_or_not_at_all() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    world
        .tag("create", json!({ "tag": { "name": "委员" } }))
        .await;
    let stranger = world.handle().openid(STATION, "bo");
    let both = json!({ "tagid": 100, "openid_list": [world.alice(), stranger] });

    assert_eq!(code(&world.tag("members/batchtagging", both).await), 49003);
    let openid = json!({ "openid": world.alice() });
    assert_eq!(
        world.tag("getidlist", openid).await["tagid_list"],
        json!([])
    );
    let many = json!({ "tagid": 100, "openid_list": vec![world.alice(); 51] });
    assert_eq!(code(&world.tag("members/batchtagging", many).await), 40032);
}

#[actix_web::test]
async fn a_follower_carries_twenty_tags_and_loses_them_on_leaving() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let mut last = Value::Null;
    for number in 0..21 {
        let named = json!({ "tag": { "name": format!("标签{number}") } });
        let tag = world.tag("create", named).await["tag"]["id"].clone();
        let members = json!({ "tagid": tag, "openid_list": [world.alice()] });
        last = world.tag("members/batchtagging", members).await;
    }

    assert_eq!(code(&last), 45059);
    let openid = json!({ "openid": world.alice() });
    let ids = world.tag("getidlist", openid.clone()).await["tagid_list"].clone();
    assert_eq!(ids.as_array().map(Vec::len), Some(20));
    let some = json!({ "tagid": 100, "openid_list": [world.alice()] });
    assert_eq!(code(&world.tag("members/batchuntagging", some).await), 0);
    world.handle().unfollow(STATION, "alice");
    world.handle().follow(STATION, "alice");
    assert_eq!(
        world.tag("getidlist", openid).await["tagid_list"],
        json!([])
    );
}

#[actix_web::test]
async fn the_followers_with_a_tag_come_in_pages_and_the_last_has_no_data() {
    let world = World::start();
    world.handle().set_follower_page(1);
    world
        .tag("create", json!({ "tag": { "name": "委员" } }))
        .await;
    for person in ["alice", "bo"] {
        world.handle().follow(STATION, person);
    }
    let bo = world.handle().openid(STATION, "bo");
    let members = json!({ "tagid": 100, "openid_list": [bo] });
    world.tag("members/batchtagging", members).await;
    let page = async |after: &str| {
        let body = json!({ "tagid": 100, "next_openid": after });
        world.ask(STATION, "cgi-bin/user/tag/get", body).await
    };

    let first = page("").await;
    assert_eq!(first["data"]["openid"], json!([bo]));
    assert_eq!(page(&bo).await, json!({ "count": 0, "next_openid": "" }));
}

#[actix_web::test]
async fn a_remark_stays_with_a_follower() {
    let world = World::start();
    let remark = async |remark: &str| {
        let body = json!({ "openid": world.alice(), "remark": remark });
        code(
            &world
                .ask(STATION, "cgi-bin/user/info/updateremark", body)
                .await,
        )
    };

    assert_eq!(remark("陈委员").await, 43004);
    world.handle().follow(STATION, "alice");
    assert_eq!(remark("陈委员").await, 0);
    assert_eq!(remark(&"长".repeat(30)).await, 45157);
    let info = world
        .look(
            STATION,
            "cgi-bin/user/info",
            &format!("&openid={}", world.alice()),
        )
        .await;
    assert_eq!(info["remark"], "陈委员");
}

#[actix_web::test]
async fn whom_an_account_does_not_want_it_neither_hears_nor_reaches() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    world.handle().follow(STATION, "alice");
    ear.wait(1).await;
    let listed = json!({ "openid_list": [world.alice()] });

    assert_eq!(
        code(&world.tag("members/batchblacklist", listed.clone()).await),
        0
    );
    let found = world.tag("members/getblacklist", json!({})).await;
    assert_eq!(found["data"]["openid"], json!([world.alice()]));
    assert_eq!(code(&world.send_notice("alice", json!({})).await), 43019);
    world.handle().write(STATION, "alice", "在吗");
    world.handle().click(STATION, "alice", "help");
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(ear.heard().len(), 1);

    assert_eq!(
        code(&world.tag("members/batchunblacklist", listed).await),
        0
    );
    let found = world.tag("members/getblacklist", json!({})).await;
    assert_eq!(found, json!({ "total": 0, "count": 0, "next_openid": "" }));
    assert_eq!(code(&world.send_notice("alice", json!({})).await), 0);
}

#[actix_web::test]
async fn everybody_has_ids_of_their_own() {
    let world = World::start();
    world.handle().add_person(PersonSpec {
        key: "carol",
        phone: "13800000003",
    });
    let ids = ["alice", "bo", "carol"].map(|person| world.handle().openid(STATION, person));

    for id in &ids {
        assert!(id.starts_with('o') && id.len() == 28, "{id}");
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    assert_ne!(
        world.handle().unionid(STATION, "alice"),
        world.handle().unionid(STATION, "bo")
    );
}
