//! Moving and watching the simulator over HTTP, as the demo and a newcomer do.

use serde_json::{Value, json};

use super::{MINI, NOTICE, REMINDER, STATION, World, code};

impl World {
    async fn status(&self, path: &str, body: Value) -> u16 {
        let request = self.client.post(self.url(path)).body(body.to_string());
        request.send().await.expect("an answer").status().as_u16()
    }

    async fn page(&self, path: &str) -> String {
        let response = self
            .client
            .get(self.url(path))
            .send()
            .await
            .expect("an answer");
        response.text().await.expect("text")
    }
}

#[actix_web::test]
async fn a_script_can_do_what_a_test_can() {
    let world = World::start();
    let carol = json!({ "key": "carol", "phone": "13800000003" });
    assert_eq!(world.status("sim/people", carol).await, 201);
    let follow = format!("sim/people/carol/follow?app_id={STATION}");
    assert_eq!(world.status(&follow, json!({})).await, 204);
    let credit = format!("sim/people/carol/credit?template_id={REMINDER}&count=2");
    assert_eq!(world.status(&credit, json!({})).await, 204);

    let people = world.get("sim/people").await;
    let carol = people
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["key"] == "carol");
    let carol = carol.expect("she was added");
    assert_eq!(carol["following"], json!([STATION]));
    assert_eq!(carol["credits"], json!({ REMINDER: 2 }));
    assert_eq!(
        carol["openids"][STATION],
        world.handle().openid(STATION, "carol")
    );
    let login = world
        .post(
            &format!("sim/people/carol/login-code?app_id={MINI}"),
            json!({}),
        )
        .await;
    assert_eq!(login["code"].as_str().map(str::len), Some(32));
    let phone = world.post("sim/people/carol/phone-code", json!({})).await;
    assert!(phone["code"].is_string());
}

#[actix_web::test]
async fn who_is_not_there_is_not_found() {
    let world = World::start();

    assert_eq!(
        world
            .status("sim/people/nobody/login-code", json!({}))
            .await,
        404
    );
    assert_eq!(
        world
            .status("sim/people/alice/follow?app_id=wx", json!({}))
            .await,
        404
    );
    assert_eq!(
        world.status("sim/people/alice/follow", json!({})).await,
        400
    );
    assert_eq!(
        world
            .status("sim/people/alice/dance?app_id=wx", json!({}))
            .await,
        404
    );
    assert_eq!(
        world.status("sim/people", json!({ "name": "x" })).await,
        400
    );
    let phones = world.get("sim/phones/nobody").await;
    assert_eq!(
        phones,
        json!({ "error": "nobody in the simulator is called nobody" })
    );
}

#[actix_web::test]
async fn troubles_and_time_can_be_ordered_by_http() {
    let world = World::start();
    let token = world.token(STATION).await;
    let fault = json!({ "kind": { "errcode": 45009 }, "app_id": STATION, "times": null });
    assert_eq!(world.status("sim/faults", fault).await, 204);
    assert_eq!(world.verdict(&token).await, 45009);
    assert_eq!(world.get("sim/faults").await[0]["moment"], "before");
    world
        .client
        .delete(world.url("sim/faults"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(world.verdict(&token).await, 0);
    assert_eq!(
        world
            .status("sim/faults", json!({ "kind": "hang_up" }))
            .await,
        204
    );
    world.handle().clear_faults();

    let clock = world
        .post("sim/clock", json!({ "advance_seconds": 7200 }))
        .await;
    assert_eq!(clock, json!({ "now": "2026-03-02T06:00:00Z" }));
    assert_eq!(world.verdict(&token).await, 42001);
}

#[actix_web::test]
async fn calls_are_remembered_without_their_secrets() {
    let world = World::start();
    let token = world.token(STATION).await;
    world.get("cgi-bin/nothing").await;

    let calls = world.page("sim/calls").await;
    assert!(!calls.contains(&token) && !calls.contains("secret-of"));
    let calls: Value = serde_json::from_str(&calls).expect("JSON");
    assert_eq!(calls[0]["path"], "cgi-bin/stable_token");
    assert_eq!(calls[0]["app_id"], STATION);
    assert_eq!(
        (&calls[1]["errcode"], &calls[1]["status"]),
        (&json!(40066), &json!(200))
    );
}

#[actix_web::test]
async fn a_newcomer_sees_a_notice_arrive() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    assert!(
        world
            .page("sim/phones/alice.html")
            .await
            .contains("还没有消息")
    );
    let data = json!({
        "thing1": { "value": "<b>会议</b>" },
        "time2": { "value": "2026年3月5日 15:00" },
    });
    assert_eq!(
        code(&world.send_notice("alice", json!({ "data": data })).await),
        0
    );

    let phone = world.page("sim/phones/alice.html").await;
    assert!(phone.contains("会议通知") && phone.contains("3月2日 12:00"));
    assert!(phone.contains("&lt;b&gt;会议&lt;/b&gt;") && !phone.contains("<b>"));
    let people = world.page("sim/").await;
    assert!(people.contains("/sim/phones/alice.html") && people.contains("1 条消息"));
    let shown = world.get("sim/phones/alice").await;
    assert_eq!(shown[0]["template_id"], NOTICE);
    assert_eq!(
        shown[0]["fields"][0],
        json!({ "label": "活动名称", "value": "<b>会议</b>" })
    );
}

#[actix_web::test]
async fn settings_are_changed_one_by_one() {
    let world = World::start();
    let change = json!({ "follower_page": 3, "review": { "chance": 0.5 } });
    let settings = world.post("sim/settings", change).await;

    assert_eq!(settings["follower_page"], 3);
    assert_eq!(
        settings["review"],
        json!({ "chance": 0.5, "blocked": 0.0, "seconds": 1800 })
    );
    assert_eq!(world.get("sim/settings").await, settings);
    let typo = json!({ "folower_page": 3 });
    assert_eq!(world.status("sim/settings", typo).await, 400);
    let beyond = json!({ "session_rotation": 7.0, "follower_page": 0 });
    let settings = world.post("sim/settings", beyond).await;
    assert_eq!(
        (&settings["session_rotation"], &settings["follower_page"]),
        (&json!(1.0), &json!(1))
    );
}

#[actix_web::test]
async fn tokens_are_listed_without_their_text_and_ended() {
    let world = World::start();
    let token = world.token(STATION).await;
    world.pass(1);
    world.classic_token(STATION).await;

    let listed = world.page("sim/tokens").await;
    assert!(!listed.contains(&token));
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(
        (&listed[0]["stable"], &listed[1]["stable"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(listed[0]["alive"], true);
    let url = world.url(&format!("sim/tokens/{STATION}"));
    world.client.delete(url).send().await.expect("an answer");
    assert_eq!(world.verdict(&token).await, 40001);
    assert_eq!(world.get("sim/tokens").await[0]["alive"], false);
}

#[actix_web::test]
async fn what_was_delivered_and_agreed_to_is_listed() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    world.send_notice("alice", json!({})).await;
    let accept = format!("sim/people/bo/accept?template_id={REMINDER}");
    assert_eq!(world.status(&accept, json!({})).await, 204);

    let delivered = world.get("sim/deliveries").await;
    assert_eq!(delivered[0]["person"], "alice");
    assert_eq!(
        world.get("sim/credits").await,
        json!({ "bo": { REMINDER: 1 } })
    );
    let withdraw = format!("sim/people/bo/withdraw?template_id={REMINDER}");
    assert_eq!(world.status(&withdraw, json!({})).await, 204);
    assert_eq!(world.get("sim/credits").await, json!({}));
}

#[actix_web::test]
async fn limits_and_addresses_can_be_set_by_http() {
    let world = World::start();
    let token = world.token(STATION).await;
    let quota = json!({ "path": "/cgi-bin/getcallbackip", "day": 0, "minute": 1 });
    assert_eq!(
        world
            .status(&format!("sim/quotas/{STATION}"), quota.clone())
            .await,
        204
    );
    assert_eq!(world.verdict(&token).await, 45009);
    assert_eq!(world.status("sim/quotas/wxnobody", quota).await, 404);
    let list = format!("sim/whitelists/{STATION}");
    assert_eq!(world.status(&list, json!(["203.0.113.9"])).await, 204);
    assert_eq!(world.verdict(&token).await, 40164);
    assert_eq!(world.status(&list, Value::Null).await, 204);
    assert_eq!(world.verdict(&token).await, 45009);

    let verify = format!("sim/callbacks/{STATION}/verify");
    assert_eq!(world.status(&verify, json!({})).await, 502);
    let apps = world.get("sim/apps").await;
    assert_eq!(apps.as_array().map(Vec::len), Some(4));
    assert!(!apps.to_string().contains("secret-of"));
}
