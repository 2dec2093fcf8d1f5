//! For those who run an account: the way to its callback, one path's quota, codes that expire.

use serde_json::json;

use super::{STATION, World, code};

#[actix_web::test]
async fn the_way_to_a_callback_address_is_looked_at() {
    let world = World::start();
    let check = async |action: &str, operator: &str| {
        let body = json!({ "action": action, "check_operator": operator });
        world.ask(STATION, "cgi-bin/callback/check", body).await
    };
    assert_eq!(code(&check("all", "DEFAULT").await), 40166);
    world
        .handle()
        .set_callback(STATION, "http://127.0.0.1:9/wx".to_owned());

    let all = check("all", "DEFAULT").await;
    assert_eq!(all["dns"][0]["ip"], "127.0.0.1");
    assert_eq!(all["ping"][0]["package_loss"], "0%");
    assert_eq!(check("dns", "CAP").await.get("ping"), None);
    assert_eq!(code(&check("dance", "DEFAULT").await), 40097);
    assert_eq!(code(&check("all", "NOBODY").await), 40097);
}

#[actix_web::test]
async fn one_path_s_counter_is_cleared_fifty_times_a_month() {
    let world = World::start();
    let token = world.token(STATION).await;
    let path = "cgi-bin/getcallbackip";
    world.handle().set_quota(STATION, path, 1, 100);
    assert_eq!(world.verdict(&token).await, 0);
    assert_eq!(world.verdict(&token).await, 45009);
    let clear = async |path: &str| {
        let body = json!({ "cgi_path": path });
        code(
            &world
                .ask(STATION, "cgi-bin/openapi/quota/clear", body)
                .await,
        )
    };

    assert_eq!(clear("/cgi-bin/getcallbackip").await, 0);
    assert_eq!(world.verdict(&token).await, 0);
    assert_eq!(clear("/cgi-bin/nothing").await, 76021);
    for _ in 1..50 {
        assert_eq!(clear(path).await, 0);
    }
    assert_eq!(clear(path).await, 48006);
}

#[actix_web::test]
async fn a_minute_s_quota_comes_back_with_the_minute() {
    let world = World::start();
    let token = world.token(STATION).await;
    world
        .handle()
        .set_quota(STATION, "cgi-bin/getcallbackip", 100, 1);

    assert_eq!(world.verdict(&token).await, 0);
    assert_eq!(world.verdict(&token).await, 45011);
    world.pass(60);
    assert_eq!(world.verdict(&token).await, 0);
}

#[actix_web::test]
async fn a_code_leads_to_its_scene_until_it_expires() {
    let world = World::start();
    let make = async |name: &str, scene: serde_json::Value| {
        let body = json!({
            "action_name": name,
            "expire_seconds": 600,
            "action_info": { "scene": scene },
        });
        let made = world.ask(STATION, "cgi-bin/qrcode/create", body).await;
        made["ticket"].as_str().expect("a ticket").to_owned()
    };
    let info = async |person: &str| {
        let openid = world.handle().openid(STATION, person);
        world
            .look(STATION, "cgi-bin/user/info", &format!("&openid={openid}"))
            .await
    };
    let passing = make("QR_SCENE", json!({ "scene_id": 42 })).await;
    let lasting = make("QR_LIMIT_STR_SCENE", json!({ "scene_str": "hall" })).await;

    assert!(world.handle().scan_ticket("alice", &passing));
    let alice = info("alice").await;
    assert_eq!(
        (&alice["qr_scene"], &alice["qr_scene_str"]),
        (&json!(42), &json!(""))
    );
    world.pass(600);
    assert!(!world.handle().scan_ticket("bo", &passing));
    assert!(world.handle().scan_ticket("bo", &lasting));
    let bo = info("bo").await;
    assert_eq!(
        (&bo["qr_scene"], &bo["qr_scene_str"]),
        (&json!(0), &json!("hall"))
    );
    let show = format!("cgi-bin/showqrcode?ticket={passing}");
    let gone = world.client.get(world.url(&show)).send().await;
    assert_eq!(gone.expect("an answer").status(), 404);
}

#[actix_web::test]
async fn rids_are_kept_for_seven_days() {
    let world = World::start();
    let refused = world.look(STATION, "cgi-bin/menu/get", "").await;
    let (_, rid) = super::message(&refused).split_once("rid: ").expect("a rid");
    let look_up = async || {
        let body = json!({ "rid": rid });
        code(&world.ask(STATION, "cgi-bin/openapi/rid/get", body).await)
    };

    assert_eq!(look_up().await, 0);
    world.pass(7 * 86_400 + 1);
    assert_eq!(look_up().await, 76004);
    let short = json!({ "rid": "short" });
    assert_eq!(
        code(&world.ask(STATION, "cgi-bin/openapi/rid/get", short).await),
        76002
    );
}
