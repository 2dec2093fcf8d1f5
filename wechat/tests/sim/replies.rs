//! What our server says to a push, and what a phone makes of it.

use serde_json::{Value, json};
use wechat::callback::Mode;
use wechat::sim::{CallbackMode, ChatLine, PushFormat, PushHabits, Speaker};

use super::ear::{Ear, crypt, listening, open};
use super::{STATION, World, accounts, habits, noon};

const FAILURE: &str = "该公众号提供的服务出现故障，请稍后再试";

/// A text for alice in the account's format, unsealed.
fn text(world: &World, format: PushFormat, words: &str) -> String {
    let openid = world.handle().openid(STATION, "alice");
    let now = noon().timestamp();
    match format {
        PushFormat::Xml => format!(
            "<xml><ToUserName>{openid}</ToUserName><FromUserName>gh_{STATION}</FromUserName>\
             <CreateTime>{now}</CreateTime><MsgType>text</MsgType><Content>{words}</Content></xml>"
        ),
        PushFormat::Json => json!({
            "ToUserName": openid,
            "FromUserName": format!("gh_{STATION}"),
            "CreateTime": now,
            "MsgType": "text",
            "Content": words,
        })
        .to_string(),
    }
}

fn sealed(format: PushFormat, plain: &str) -> String {
    let reply = crypt(STATION).reply(0, plain.as_bytes(), noon().timestamp(), "77", [7; 16]);
    match format {
        PushFormat::Xml => reply.to_xml(),
        PushFormat::Json => reply.to_json(),
    }
}

impl Ear {
    fn will_say(&self, status: u16, body: impl Into<String>) {
        let mut answers = self.answers.lock().expect("no panic");
        answers.push((status, body.into()));
    }
}

impl World {
    /// Waits for the line below what alice wrote last.
    async fn line_below(&self, words: &str) -> ChatLine {
        for _ in 0..100 {
            let chat = self.handle().chat(STATION, "alice");
            let at = chat.iter().rposition(|line| line.text == words);
            if let Some(line) = at.and_then(|at| chat.get(at + 1)) {
                return line.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("nothing below {words}");
    }
}

#[actix_web::test]
async fn a_passive_reply_stands_in_the_chat_in_every_mode_and_format() {
    for format in [PushFormat::Xml, PushFormat::Json] {
        for mode in [
            CallbackMode::Safe,
            CallbackMode::Compat,
            CallbackMode::Plain,
        ] {
            let (world, ear) = listening(mode, format);
            let plain = text(&world, format, "周五下午三点");
            let seals = mode != CallbackMode::Plain;
            ear.will_say(200, if seals { sealed(format, &plain) } else { plain });
            world.handle().write(STATION, "alice", "几点");

            let line = world.line_below("几点").await;
            assert_eq!(line.speaker, Speaker::Account, "{mode:?} {format:?}");
            let reply = line.reply.expect("a reply");
            assert_eq!(
                (reply.msg_type.as_str(), reply.text.as_str()),
                ("text", "周五下午三点")
            );
            let push = &world.handle().pushes()[0];
            assert!(push.delivered && !push.service_failure);
        }
    }
}

#[actix_web::test]
async fn articles_are_shown_by_title() {
    let (world, ear) = listening(CallbackMode::Plain, PushFormat::Xml);
    let articles = "<MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles><item>\
        <Title>春季座谈会</Title><Url>https://example.org/1</Url></item></Articles>";
    let whole = text(&world, PushFormat::Xml, "x")
        .replace("<MsgType>text</MsgType><Content>x</Content>", articles);
    ear.will_say(200, whole);
    world.handle().write(STATION, "alice", "有什么活动");

    let reply = world.line_below("有什么活动").await.reply.expect("a reply");
    assert_eq!(
        reply.articles,
        [("春季座谈会".to_owned(), "https://example.org/1".to_owned())]
    );
}

#[actix_web::test]
async fn what_wechat_does_not_understand_is_a_failure_on_the_phone() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    let plain = text(&world, PushFormat::Xml, "好");
    let envelope = sealed(PushFormat::Xml, &plain);
    let bo = world.handle().openid(STATION, "bo");
    let alice = world.handle().openid(STATION, "alice");
    let wrong = [
        "\"success\"".to_owned(),
        "<html>".to_owned(),
        plain.clone(),
        text(&world, PushFormat::Json, "好"),
        envelope.replace("<Nonce><![CDATA[77", "<Nonce><![CDATA[78"),
        sealed(PushFormat::Xml, &plain.replace(&alice, &bo)),
        sealed(PushFormat::Xml, &plain.replace("<Content>好</Content>", "")),
        sealed(PushFormat::Xml, &plain.replace(">text<", ">poem<")),
    ];
    for (number, answer) in wrong.into_iter().enumerate() {
        ear.will_say(200, answer);
        let words = format!("第{number}句");
        world.handle().write(STATION, "alice", &words);

        let line = world.line_below(&words).await;
        assert_eq!(
            (line.speaker, line.text.as_str()),
            (Speaker::WeChat, FAILURE)
        );
        let push = world.handle().pushes().pop().expect("a push");
        assert!(push.service_failure && push.tries.len() == 1, "{push:?}");
        assert!(push.tries[0].error.is_some());
    }
}

#[actix_web::test]
async fn nobody_is_told_of_a_failure_nobody_waited_for() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    world.handle().follow(STATION, "alice");
    ear.wait(1).await;
    ear.will_say(200, "odd");
    world.send_notice("alice", json!({})).await;
    ear.wait(2).await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;

    assert!(world.handle().pushes()[1].service_failure);
    let chat = world.handle().chat(STATION, "alice");
    assert!(chat.iter().all(|line| line.text != FAILURE));
}

#[actix_web::test]
async fn an_answer_that_never_comes_is_asked_for_three_times() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    for _ in 0..3 {
        ear.will_say(500, "");
    }
    world.handle().write(STATION, "alice", "在吗");

    assert_eq!(world.line_below("在吗").await.text, FAILURE);
    assert_eq!(ear.heard().len(), 3);
}

#[actix_web::test]
async fn after_a_change_of_keys_some_pushes_still_come_under_the_old_one() {
    let mut apps = accounts();
    let old = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg";
    for app in &mut apps {
        app.previous_aes_key = Some(old.to_owned());
    }
    let world = World::start_with(apps);
    let ear = std::sync::Arc::new(Ear::default());
    world.handle().set_callback(STATION, ear.listen());
    world.handle().set_push_habits(PushHabits {
        delay_min_millis: 0,
        delay_max_millis: 0,
        previous_key: 1.0,
        ..habits()
    });
    let plain = text(&world, PushFormat::Xml, "好");
    let both = wechat::crypto::MessageCrypt::new(
        STATION,
        &format!("token-of-{STATION}"),
        super::KEY,
        Some(old),
    )
    .expect("keys");
    let reply = both.reply(1, plain.as_bytes(), noon().timestamp(), "77", [7; 16]);
    ear.will_say(200, reply.to_xml());
    world.handle().write(STATION, "alice", "在吗");

    let (query, body) = &ear.wait(1).await[0];
    let endpoint = |crypt| wechat::callback::Endpoint {
        crypt,
        mode: Mode::Safe,
        to_user_name: None,
    };
    let push = wechat::callback::open(&endpoint(both), query, body.as_bytes(), noon());
    assert_eq!(push.map(|push| push.key), Ok(1));
    let without = wechat::callback::open(&endpoint(crypt(STATION)), query, body.as_bytes(), noon());
    assert!(without.is_err());
    let line = world.line_below("在吗").await;
    assert_eq!(line.reply.map(|reply| reply.text).as_deref(), Some("好"));
}

#[actix_web::test]
async fn an_address_is_saved_only_if_it_gives_the_echostr_back() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    let refused = world.handle().verify_callback(STATION).await;
    assert!(
        matches!(
            refused,
            Err(wechat::sim::NotVerified::Wrong {
                status: 200,
                length: 7
            })
        ),
        "success is no echostr: {refused:?}"
    );
    let (query, _) = &ear.wait(1).await[0];
    let signed = crypt(STATION).verify_url(query).expect("signed by WeChat");
    assert_eq!(Some(signed), query.echostr);

    world.handle().set_callback(STATION, None);
    let nowhere = world.handle().verify_callback(STATION).await;
    assert!(matches!(nowhere, Err(wechat::sim::NotVerified::NoAddress)));
}

#[actix_web::test]
async fn the_same_words_are_pushed_under_different_numbers() {
    let (world, ear) = listening(CallbackMode::Plain, PushFormat::Json);
    world.handle().write(STATION, "alice", "在吗");
    world.handle().write(STATION, "alice", "在吗");

    let heard = ear.wait(2).await;
    let numbers: Vec<Value> = heard
        .iter()
        .map(|(_, body)| serde_json::from_str::<Value>(body).expect("JSON")["MsgId"].clone())
        .collect();
    assert_ne!(numbers[0], numbers[1]);
    assert_eq!(open(Mode::Plain, &heard[0]).msg_type, "text");
}

#[actix_web::test]
async fn of_two_copies_one_answer_is_enough() {
    let (world, ear) = listening(CallbackMode::Plain, PushFormat::Xml);
    world.handle().set_push_habits(PushHabits {
        delay_min_millis: 0,
        delay_max_millis: 0,
        duplicate: 1.0,
        ..habits()
    });
    for _ in 0..2 {
        ear.will_say(200, text(&world, PushFormat::Xml, "好"));
    }
    world.handle().write(STATION, "alice", "在吗");
    ear.wait(2).await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;

    let replies = world.handle().chat(STATION, "alice");
    let replies = replies.iter().filter(|line| line.reply.is_some());
    assert_eq!(replies.count(), 1);
}
