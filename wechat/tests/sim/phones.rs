//! The pages with the phones: what a newcomer sees there, and what the buttons do.

use serde_json::json;
use wechat::sim::Speaker;

use super::{MINI, REMINDER, STATION, World, code};

impl World {
    /// Presses a button; the address the browser is sent to.
    async fn press(&self, person: &str, app_id: &str, deed: &str, text: &str) -> (u16, String) {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        let url = self.url(&format!("sim/phones/{person}/{app_id}/{deed}"));
        let answer = client
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("text={text}"))
            .send()
            .await
            .expect("an answer");
        let status = answer.status().as_u16();
        let target = answer.headers().get("location").cloned();
        let target = target.map_or(String::new(), |value| {
            value.to_str().expect("text").to_owned()
        });
        let body = answer.text().await.expect("text");
        (status, if target.is_empty() { body } else { target })
    }

    async fn chat_page(&self) -> String {
        let url = self.url(&format!("sim/phones/alice/{STATION}.html"));
        let answer = self.client.get(url).send().await.expect("an answer");
        answer.text().await.expect("text")
    }
}

#[actix_web::test]
async fn a_newcomer_follows_writes_taps_and_leaves_by_buttons() {
    let world = World::start();
    let menu = json!({ "button": [{ "type": "click", "name": "帮助", "key": "help" }] });
    world.ask(STATION, "cgi-bin/menu/create", menu).await;
    let before = world.chat_page().await;
    assert!(before.contains("关注公众号") && !before.contains("帮助"));

    let (status, target) = world.press("alice", STATION, "follow", "").await;
    assert_eq!(
        (status, target),
        (303, format!("/sim/phones/alice/{STATION}.html"))
    );
    world
        .press("alice", STATION, "write", "%3Cb%3E%E5%9C%A8%E5%90%97")
        .await;
    world
        .press("alice", STATION, "tap", "%E5%B8%AE%E5%8A%A9")
        .await;
    world.press("alice", STATION, "scan", "hall").await;
    let page = world.chat_page().await;
    assert!(page.contains("&lt;b&gt;在吗") && !page.contains("<b>在吗"));
    assert!(page.contains("你点击了菜单“帮助”") && page.contains("你扫描了二维码"));
    assert!(page.contains("取消关注"));
    world.press("alice", STATION, "unfollow", "").await;
    assert!(world.chat_page().await.contains("你取消了关注"));

    assert_eq!(world.press("alice", STATION, "dance", "").await.0, 404);
    assert_eq!(world.press("nobody", STATION, "follow", "").await.0, 404);
}

#[actix_web::test]
async fn a_chat_shows_cards_words_and_answers_in_their_order() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    world.send_notice("alice", json!({})).await;
    world.handle().write(STATION, "alice", "在吗");
    let answer = json!({
        "touser": world.handle().openid(STATION, "alice"),
        "msgtype": "text",
        "text": { "content": "在的" },
    });
    world
        .ask(STATION, "cgi-bin/message/custom/send", answer)
        .await;

    let page = world.chat_page().await;
    let places: Vec<usize> = ["你关注了公众号", "春季座谈会", ">在吗<", "在的"]
        .iter()
        .map(|words| page.find(words).expect("it is shown"))
        .collect();
    assert!(places.is_sorted());
    let chat = world
        .get(&format!("sim/phones/alice/chats/{STATION}"))
        .await;
    let speakers: Vec<_> = chat
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| &line["speaker"])
        .collect();
    assert_eq!(speakers, ["we_chat", "account", "person", "account"]);
    assert_eq!(
        world.handle().chat(STATION, "alice")[0].speaker,
        Speaker::WeChat
    );
}

#[actix_web::test]
async fn reminders_stand_in_the_service_notices() {
    let world = World::start();
    let (_, page) = world.press("alice", MINI, "login-code", "").await;
    assert!(page.contains("只能用一次"));
    world.press("alice", MINI, "accept", REMINDER).await;
    let body = json!({
        "touser": world.handle().openid(MINI, "alice"),
        "template_id": REMINDER,
        "data": { "thing1": { "value": "座谈会" }, "time2": { "value": "15:00" } },
    });
    let sent = world
        .ask(MINI, "cgi-bin/message/subscribe/send", body)
        .await;
    assert_eq!(code(&sent), 0);

    let page = world.client.get(world.url("sim/phones/alice/notices.html"));
    let page = page.send().await.expect("an answer").text().await;
    assert!(page.expect("text").contains("座谈会"));
    let notices = world.get("sim/phones/alice/notices").await;
    assert_eq!(notices[0]["message"]["title"], "签到提醒");
}

#[actix_web::test]
async fn nothing_on_a_page_comes_from_elsewhere() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    for path in [
        "sim/".to_owned(),
        "sim/phones/alice.html".to_owned(),
        "sim/phones/alice/notices.html".to_owned(),
        format!("sim/phones/alice/{STATION}.html"),
        format!("sim/phones/alice/{MINI}.html"),
    ] {
        let answer = world.client.get(world.url(&path)).send().await;
        let answer = answer.expect("an answer");
        let policy = answer.headers()["content-security-policy"].clone();
        assert!(
            policy
                .to_str()
                .expect("text")
                .starts_with("default-src 'none'")
        );
        let page = answer.text().await.expect("text");
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn a_phone_can_be_added_and_found() {
    let world = World::start();
    let request = world.client.post(world.url("sim/new-phone"));
    let page = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body("key=%E9%99%88&phone=13900000001")
        .send()
        .await
        .expect("an answer");
    assert!(page.text().await.expect("text").contains("陈的手机"));

    let found = world.client.get(world.url("sim/?q=1390")).send().await;
    let found = found.expect("an answer").text().await.expect("text");
    assert!(found.contains("陈的手机") && !found.contains("alice"));
}
