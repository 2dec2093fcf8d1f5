//! Messages to somebody who wrote a while ago.

use serde_json::{Value, json};
use wechat::callback::reply::{Article, Text};
use wechat::custom::CustomMessage;
use wechat::error::Class;
use wechat::{AppKind, Error};

use crate::fake::{Fake, Told, refusal};

const SEND: &str = "/cgi-bin/message/custom/send";

fn article() -> Article {
    Article {
        title: "委员走进社区".into(),
        description: "春季调研".into(),
        pic_url: "https://a.example/1.png".into(),
        url: "https://a.example/1".into(),
    }
}

fn page(appid: Option<&str>) -> CustomMessage {
    CustomMessage::MiniProgramPage {
        title: "签到".into(),
        appid: appid.map(str::to_owned),
        pagepath: "pages/checkin?id=1".into(),
        thumb_media_id: "thumb-1".into(),
    }
}

fn menu() -> CustomMessage {
    CustomMessage::Menu {
        head: "您参加吗？".into(),
        choices: vec![("1".into(), "参加".into()), ("2".into(), "请假".into())],
        tail: "谢谢".into(),
    }
}

async fn body(message: &CustomMessage) -> Value {
    let fake = Fake::telling(SEND, &json!({ "errcode": 0, "errmsg": "ok" }));
    assert_eq!(fake.account().send_custom("o1", message).await, Ok(()));
    fake.only(SEND).json()
}

#[actix_web::test]
async fn every_kind_of_message_has_the_form_of_the_manual() {
    let text = CustomMessage::Text(Text::new("好\n").link("官网", "https://a.example"));
    assert_eq!(
        body(&text).await,
        json!({ "touser": "o1", "msgtype": "text",
            "text": { "content": "好\n<a href=\"https://a.example\">官网</a>" } })
    );
    let image = CustomMessage::Image {
        media_id: "m1".into(),
    };
    assert_eq!(
        body(&image).await,
        json!({ "touser": "o1", "msgtype": "image", "image": { "media_id": "m1" } })
    );
    assert_eq!(
        body(&CustomMessage::News(article())).await,
        json!({ "touser": "o1", "msgtype": "news", "news": { "articles": [{
            "title": "委员走进社区", "description": "春季调研",
            "url": "https://a.example/1", "picurl": "https://a.example/1.png",
        }] } })
    );
    assert_eq!(
        body(&page(Some("wx2"))).await,
        json!({ "touser": "o1", "msgtype": "miniprogrampage", "miniprogrampage": {
            "title": "签到", "appid": "wx2", "pagepath": "pages/checkin?id=1",
            "thumb_media_id": "thumb-1",
        } })
    );
    assert_eq!(
        body(&page(None)).await["miniprogrampage"].get("appid"),
        None
    );
    assert_eq!(
        body(&menu()).await,
        json!({ "touser": "o1", "msgtype": "msgmenu", "msgmenu": {
            "head_content": "您参加吗？", "tail_content": "谢谢",
            "list": [{ "id": "1", "content": "参加" }, { "id": "2", "content": "请假" }],
        } })
    );
}

#[actix_web::test]
async fn what_cannot_be_sent_is_not() {
    let fake = Fake::start();
    let mini_program = fake.account_of(AppKind::MiniProgram);
    for message in [menu(), CustomMessage::News(article())] {
        let error = mini_program.send_custom("o1", &message).await;
        assert!(matches!(error, Err(Error::Limit(_))), "{error:?}");
    }
    let no_choice = CustomMessage::Menu {
        head: String::new(),
        choices: vec![],
        tail: String::new(),
    };
    for message in [no_choice, CustomMessage::Text(Text::default())] {
        let error = fake.account().send_custom("o1", &message).await;
        assert!(matches!(error, Err(Error::Limit(_))), "{error:?}");
    }
}

#[actix_web::test]
async fn a_closed_window_is_the_person_s_and_silence_is_doubt() {
    let fake = Fake::telling(SEND, &refusal(45015));
    fake.tell_json(SEND, &refusal(45047));
    fake.tell(SEND, Told::silent());
    let account = fake.impatient();
    for _ in 0..2 {
        let error = account.send_custom("o1", &menu()).await.unwrap_err();
        assert_eq!(
            error.api().map(|error| error.class),
            Some(Class::RecipientSituational)
        );
    }
    let silent = account.send_custom("o1", &menu()).await.unwrap_err();
    assert!(silent.may_have_taken_effect());
    assert_eq!(fake.seen(SEND).len(), 3);
}
