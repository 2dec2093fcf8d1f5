//! What the events about subscription messages look like: one item or several, XML or JSON, numbers
//! as text.

use serde_json::{Value, json};
use wechat::callback::{self, Endpoint, Event, Mode};
use wechat::sim::{CallbackMode, PushFormat, PushHabits};

use super::ear::{Ear, crypt, listening};
use super::{MINI, REMINDER, World, habits, noon};

fn mini_listening(format: PushFormat) -> (World, std::sync::Arc<Ear>) {
    let (world, ear) = listening(CallbackMode::Plain, format);
    world.handle().set_callback(MINI, ear.listen());
    (world, ear)
}

async fn event(ear: &Ear, count: usize) -> (Event, String) {
    let endpoint = Endpoint {
        crypt: crypt(MINI),
        mode: Mode::Plain,
        to_user_name: None,
    };
    let (query, body) = ear.wait(count).await[count - 1].clone();
    let push = callback::open(&endpoint, &query, body.as_bytes(), noon()).expect("a push");
    (push.event, body)
}

#[actix_web::test]
async fn one_answer_stands_alone_and_two_are_a_list() {
    for format in [PushFormat::Xml, PushFormat::Json] {
        let (world, ear) = mini_listening(format);
        let yes = (REMINDER.to_owned(), true);
        let no = ("other".to_owned(), false);
        world
            .handle()
            .answer_popup(MINI, "alice", std::slice::from_ref(&yes));
        world.handle().answer_popup(MINI, "alice", &[yes, no]);

        let (_, alone) = event(&ear, 1).await;
        let (both, list) = event(&ear, 2).await;
        let Event::SubscribePopup { answers } = both else {
            panic!("{both:?}")
        };
        let statuses: Vec<_> = answers.iter().map(|one| one.status.as_str()).collect();
        assert_eq!(statuses, ["accept", "reject"]);
        if format == PushFormat::Json {
            let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
            assert!(read(&alone)["List"].is_object());
            assert!(read(&list)["List"].is_array());
            assert_eq!(read(&alone)["List"]["PopupScene"], "0");
            assert!(read(&alone)["CreateTime"].is_string());
        }
        let people = world.handle().people();
        assert_eq!(people[0].credits.get(REMINDER), Some(&2));
        assert_eq!(people[0].credits.get("other"), None);
    }
}

#[actix_web::test]
async fn what_is_switched_off_in_the_settings_is_pushed_as_a_change() {
    for format in [PushFormat::Xml, PushFormat::Json] {
        let (world, ear) = mini_listening(format);
        world.handle().grant_credit("alice", REMINDER, 3);
        ear.wait(1).await;
        world.handle().withdraw_credit(MINI, "alice", REMINDER);

        let (change, _) = event(&ear, 2).await;
        let Event::SubscribeChange { answers } = change else {
            panic!("{change:?}")
        };
        assert_eq!(
            (answers[0].template_id.as_str(), answers[0].status.as_str()),
            (REMINDER, "reject")
        );
    }
}

#[actix_web::test]
async fn a_reminder_that_failed_afterwards_is_pushed_with_its_number() {
    for format in [PushFormat::Xml, PushFormat::Json] {
        let (world, ear) = mini_listening(format);
        world.handle().grant_credit("alice", REMINDER, 1);
        ear.wait(1).await;
        world.handle().set_push_habits(PushHabits {
            system_failed: 1.0,
            delay_min_millis: 0,
            delay_max_millis: 0,
            ..habits()
        });
        let body = json!({
            "touser": world.handle().openid(MINI, "alice"),
            "template_id": REMINDER,
            "data": { "thing1": { "value": "会" }, "time2": { "value": "15:00" } },
        });
        let sent = world
            .ask(MINI, "cgi-bin/message/subscribe/send", body)
            .await;

        let (event, _) = event(&ear, 2).await;
        let Event::SubscribeMessageSent { sent: told } = event else {
            panic!("{event:?}")
        };
        assert_eq!(told[0].msg_id, sent["msgid"].as_i64());
        assert!(told[0].code.is_some_and(|code| code != 0));
        assert!(world.handle().phone("alice").is_empty());
    }
}

#[actix_web::test]
async fn who_opens_a_mini_program_s_chat_may_be_answered_twice() {
    let (world, ear) = mini_listening(PushFormat::Xml);
    world.handle().enter_chat(MINI, "alice");
    let (event, _) = event(&ear, 1).await;
    assert_eq!(
        event,
        Event::Other {
            name: "user_enter_tempsession".to_owned()
        }
    );
    let answer = async || {
        let body = json!({
            "touser": world.handle().openid(MINI, "alice"),
            "msgtype": "text",
            "text": { "content": "您好" },
        });
        super::code(&world.ask(MINI, "cgi-bin/message/custom/send", body).await)
    };

    assert_eq!(
        [answer().await, answer().await, answer().await],
        [0, 0, 45047]
    );
    world.pass(61);
    assert_eq!(answer().await, 45015);
}
