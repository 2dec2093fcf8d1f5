//! Template, subscription and customer-service messages, and what phones show of them.

use serde_json::{Value, json};
use wechat::sim::ShownKind;

use super::{MINI, PAPER, REMINDER, STATION, World, code, message};

impl World {
    async fn remind(&self, person: &str, more: Value) -> Value {
        let token = self.token(MINI).await;
        let mut body = self.notice(person, more);
        body["touser"] = self.handle().openid(MINI, person).into();
        body["template_id"] = REMINDER.into();
        self.post(
            &format!("cgi-bin/message/subscribe/send?access_token={token}"),
            body,
        )
        .await
    }
}

#[actix_web::test]
async fn a_notice_arrives_on_the_phone_as_it_was_sent() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let more = json!({
        "url": "https://example.org/a/1",
        "miniprogram": { "appid": MINI, "pagepath": "pages/activity?id=1" },
        "client_msg_id": "delivery-1",
    });
    let answer = world.send_notice("alice", more).await;
    assert_eq!((code(&answer), message(&answer)), (0, "ok"));
    assert!(answer["msgid"].as_i64().expect("a 64-bit number") > 1 << 53);

    let [shown] = &world.handle().phone("alice")[..] else {
        panic!("one message")
    };
    assert_eq!(shown.app_id, STATION);
    assert_eq!(
        (shown.title.as_str(), shown.kind),
        ("会议通知", ShownKind::Template)
    );
    assert_eq!(shown.value("活动名称"), Some("春季座谈会"));
    assert_eq!(shown.value("开始时间"), Some("2026年3月5日 15:00"));
    assert_eq!(shown.page.as_deref(), Some("pages/activity?id=1"));
    assert_eq!(shown.client_msg_id.as_deref(), Some("delivery-1"));
    assert!(world.handle().phone("bo").is_empty());
}

#[actix_web::test]
async fn the_same_client_msg_id_is_delivered_once_within_ten_minutes() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    world.handle().follow(STATION, "bo");
    let more = json!({ "client_msg_id": "delivery-1" });

    let first = world.send_notice("alice", more.clone()).await;
    let second = world.send_notice("alice", more.clone()).await;
    assert_eq!(first, second);
    assert_ne!(
        world.send_notice("bo", more.clone()).await["msgid"],
        first["msgid"]
    );
    assert_eq!(world.handle().phone("alice").len(), 1);
    world.pass(600);
    world.send_notice("alice", more).await;
    assert_eq!(world.handle().phone("alice").len(), 2);
}

#[actix_web::test]
async fn who_cannot_be_written_to_is_told_apart() {
    let world = World::start();

    assert_eq!(code(&world.send_notice("alice", json!({})).await), 43004);
    let openid = world.handle().openid(MINI, "alice");
    assert_eq!(
        code(
            &world
                .send_notice("alice", json!({ "touser": openid }))
                .await
        ),
        40003
    );
    world.handle().follow(STATION, "alice");
    assert_eq!(
        code(
            &world
                .send_notice("alice", json!({ "template_id": "x" }))
                .await
        ),
        40037
    );
    world.handle().block(STATION, "alice");
    assert_eq!(code(&world.send_notice("alice", json!({})).await), 0);
    assert!(world.handle().phone("alice").is_empty());
    world.handle().unfollow(STATION, "alice");
    assert_eq!(code(&world.send_notice("alice", json!({})).await), 43004);
}

#[actix_web::test]
async fn a_value_that_does_not_fit_is_named() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let refusal = async |data: Value| {
        let answer = world.send_notice("alice", json!({ "data": data })).await;
        assert_eq!(code(&answer), 47003);
        message(&answer)
            .split(" rid:")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let time = json!({ "value": "15:00" });

    assert_eq!(
        refusal(json!({ "thing1": { "value": "长".repeat(21) }, "time2": time })).await,
        "argument invalid! data.thing1.value invalid"
    );
    for empty in [
        json!({ "time2": time }),
        json!({ "thing1": { "value": "🎉" }, "time2": time }),
    ] {
        assert_eq!(
            refusal(empty).await,
            "argument invalid! data.thing1.value is empty"
        );
    }
    assert_eq!(
        refusal(json!({ "thing1.DATA": { "value": "会" }, "time2": time })).await,
        "argument invalid! data.thing1.value is empty"
    );
    assert_eq!(
        refusal(json!({ "thing1": { "value": "会" }, "time2": { "value": "下午三点" } })).await,
        "argument invalid! data.time2.value invalid"
    );
}

#[actix_web::test]
async fn a_jump_to_a_foreign_mini_program_needs_an_address_to_fall_back_to() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    let foreign = json!({ "appid": "wxother", "pagepath": "p" });

    let alone = world
        .send_notice("alice", json!({ "miniprogram": foreign }))
        .await;
    assert_eq!(code(&alone), 40013);
    let more = json!({ "miniprogram": foreign, "url": "https://example.org" });
    assert_eq!(code(&world.send_notice("alice", more).await), 0);
    assert_eq!(world.handle().phone("alice")[0].page, None);
}

#[actix_web::test]
async fn a_subscription_account_may_not_send_templates() {
    let world = World::start();
    let token = world.token(PAPER).await;
    let path = format!("cgi-bin/message/template/send?access_token={token}");

    assert_eq!(
        code(&world.post(&path, world.notice("alice", json!({}))).await),
        48001
    );
}

#[actix_web::test]
async fn templates_are_listed_with_their_fields() {
    let world = World::start();
    let token = world.token(STATION).await;
    let path = format!("cgi-bin/template/get_all_private_template?access_token={token}");
    let listed = world.get(&path).await;

    assert_eq!(listed["template_list"][0]["template_id"], super::NOTICE);
    let content = listed["template_list"][0]["content"]
        .as_str()
        .expect("text");
    assert!(content.contains("{{thing1.DATA}}"));
}

#[actix_web::test]
async fn each_agreement_is_good_for_one_reminder() {
    let world = World::start();
    assert_eq!(code(&world.remind("alice", json!({})).await), 43101);
    world.handle().grant_credit("alice", REMINDER, 1);

    let sent = world
        .remind("alice", json!({ "page": "pages/sign?id=1" }))
        .await;
    assert_eq!(code(&sent), 0);
    assert_eq!(
        world.handle().phone("alice")[0].kind,
        ShownKind::Subscription
    );
    assert_eq!(code(&world.remind("alice", json!({})).await), 43101);
    let gone = json!({ "page": "/pages/sign" });
    assert_eq!(code(&world.remind("alice", gone).await), 41030);
}

#[actix_web::test]
async fn two_reminders_to_one_person_at_once_are_one_too_many() {
    let world = World::start();
    world.handle().grant_credit("alice", REMINDER, 2);
    world.handle().grant_credit("bo", REMINDER, 1);
    world.token(MINI).await;

    let (one, two, three) = tokio::join!(
        world.remind("alice", json!({})),
        world.remind("alice", json!({})),
        world.remind("bo", json!({})),
    );
    let mut codes = [code(&one), code(&two)];
    codes.sort_unstable();
    assert_eq!(codes, [0, 43108]);
    assert_eq!(code(&three), 0);
    assert_eq!(code(&world.remind("alice", json!({})).await), 0);
}

#[actix_web::test]
async fn an_answer_needs_somebody_who_just_did_something() {
    let world = World::start();
    let body = json!({
        "touser": world.handle().openid(STATION, "alice"),
        "msgtype": "text",
        "text": { "content": "您好" },
    });
    let send = async || {
        let token = world.token(STATION).await;
        let path = format!("cgi-bin/message/custom/send?access_token={token}");
        code(&world.post(&path, body.clone()).await)
    };

    assert_eq!(send().await, 45015);
    world.handle().follow(STATION, "alice");
    for _ in 0..3 {
        assert_eq!(send().await, 0);
    }
    assert_eq!(send().await, 45047);
    world.handle().write(STATION, "alice", "在吗");
    assert_eq!(send().await, 0);
    world.pass(48 * 3600 + 1);
    assert_eq!(send().await, 45015);
}
