//! Pushes that want to do harm, and how fast they are turned away.

use std::time::{Duration, Instant};

use api::demo::world;
use entity::{Scoped, callback, identity};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use tests::TestApp;
use wechat::crypto::MessageCrypt;

use super::forge::{
    Request, account, crypt, event, inside, push, sealed, sealed_at, send, signed, text,
};

/// WeChat asks again after five seconds; we answer within one.
const SOON: Duration = Duration::from_secs(1);

/// How many pushes of made-up people are stored; real ones come when they like.
async fn pushes(t: &TestApp) -> usize {
    let all = callback::Entity::of(t.committee)
        .all(t.app.db.read())
        .await
        .expect("callbacks can be read");
    let made_up = |row: &&callback::Model| {
        let openid = row.event["openid"].as_str();
        openid.is_some_and(|openid| openid.starts_with("o-"))
    };
    all.iter().filter(made_up).count()
}

/// Sends something that is turned away; asserts how, and how soon.
async fn turned_away(t: &TestApp, what: &str, request: &Request, status: u16) {
    let before = pushes(t).await;
    let began = Instant::now();
    let (answer, body) = send(t, request).await;
    assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
    assert_eq!(answer, status, "{what}: {body}");
    assert!(body.contains("\"code\""), "{what}: {body}");
    assert_eq!(pushes(t).await, before, "{what}");
}

#[actix_web::test]
async fn a_push_in_the_clear_is_turned_away_by_an_account_in_safe_mode() {
    let t = TestApp::start().await;
    let account = account();
    let now = t.now().timestamp();
    let plain = inside(&account, "o-1", now, &event("subscribe", ""));
    // The signature of the query is right: it covers no body.
    let path = signed(&account, now, "anything");
    let claims = path.replace("encrypt_type=aes", "encrypt_type=raw");
    // Of a compat push only the envelope is read, whatever stands beside it in the clear.
    let encrypt = crypt(&account).seal_with(
        inside(&account, "o-inside", now, &event("subscribe", "")).as_bytes(),
        [7; 16],
    );
    let both = plain.replace("</xml>", &format!("<Encrypt>{encrypt}</Encrypt></xml>"));

    turned_away(&t, "plain", &(path.clone(), plain.clone()), 403).await;
    turned_away(&t, "plain, said to be raw", &(claims, plain), 403).await;
    turned_away(&t, "compat, wrongly signed", &(path, both.clone()), 403).await;
    let (status, _) = send(&t, &(signed(&account, now, &encrypt), both)).await;
    assert_eq!(status, 200);
    t.run_jobs().await;
    let known = async |openid: &str| {
        identity::Entity::of(t.committee)
            .filter(identity::Column::Openid.eq(openid))
            .count(t.app.db.read())
            .await
            .unwrap()
    };
    assert_eq!((known("o-1").await, known("o-inside").await), (0, 1));
}

#[actix_web::test]
async fn a_push_that_is_old_from_the_future_or_for_somebody_else_is_turned_away() {
    let t = TestApp::start().await;
    let account = account();
    let now = t.now().timestamp();
    let subscribe = inside(&account, "o-1", now, &event("subscribe", ""));
    let other_app = MessageCrypt::new("wxanother", &account.token, &account.aes_key, None).unwrap();
    let for_another = other_app.seal_with(subscribe.as_bytes(), [7; 16]);
    let mut other_token = account.clone();
    other_token.token = "another".to_owned();
    let mut other_key = account.clone();
    other_key.aes_key = format!("{}A", "b".repeat(42));
    let mut other_account = account.clone();
    other_account.gh_id = "gh_other".to_owned();
    let wrong_place = inside(&other_account, "o-1", now, &event("subscribe", ""));

    for (what, request) in [
        ("old", sealed_at(now - 301, &account, &subscribe)),
        (
            "from the future",
            sealed_at(now + 301, &account, &subscribe),
        ),
        (
            "of another app",
            (
                signed(&account, now, &for_another),
                format!("<xml><Encrypt>{for_another}</Encrypt></xml>"),
            ),
        ),
        ("of another token", sealed(&t, &other_token, &subscribe)),
        ("of another key", sealed(&t, &other_key, &subscribe)),
        ("for another account", sealed(&t, &account, &wrong_place)),
    ] {
        turned_away(&t, what, &request, 403).await;
    }
    let mini_program = push(&t, &account, "subscribe", "o-1", now)
        .0
        .replace(&account.app_id, world::MINI_PROGRAM);
    turned_away(&t, "at a deaf address", &(mini_program, String::new()), 404).await;
    assert_eq!(
        send(&t, &sealed_at(now - 299, &account, &subscribe))
            .await
            .0,
        200
    );
}

#[actix_web::test]
async fn bodies_that_would_cost_much_are_answered_within_a_second() {
    let t = TestApp::start().await;
    let account = account();
    let path = push(&t, &account, "subscribe", "o-1", 1).0;
    let laughs: Vec<_> = (0..20)
        .map(|n| format!("<!ENTITY a{} '&a{n};&a{n};&a{n};&a{n};'>", n + 1))
        .collect();
    let laughs = laughs.concat();
    let dtd =
        format!("<!DOCTYPE x [<!ENTITY a0 'ha'>{laughs}]><xml><Encrypt>&a20;</Encrypt></xml>");
    let file = r#"<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Encrypt>&f;</Encrypt></xml>"#;
    let deep_xml = "<a>".repeat(80_000);
    let deep_json = "[".repeat(200_000);
    let wide_json = format!("{{\"Encrypt\":\"{}\"}}", "A".repeat(250_000));

    for (what, body, status) in [
        ("two megabytes", "x".repeat(2 << 20), 413),
        ("half a megabyte", "x".repeat(1 << 19), 403),
        ("a document type", dtd, 403),
        ("a file", file.to_owned(), 403),
        ("deep elements", deep_xml, 403),
        ("deep lists", deep_json, 403),
        ("a long envelope", wide_json, 403),
        ("nothing", String::new(), 403),
    ] {
        turned_away(&t, what, &(path.clone(), body), status).await;
    }
    // Inside a true envelope nothing is expanded either.
    let inner = "<!DOCTYPE x [<!ENTITY a 'b'>]><xml><ToUserName>&a;</ToUserName></xml>";
    turned_away(
        &t,
        "a document type inside",
        &sealed(&t, &account, inner),
        403,
    )
    .await;
    let inner = format!("<xml>{}", "<a>".repeat(20_000));
    turned_away(
        &t,
        "deep elements inside",
        &sealed(&t, &account, &inner),
        403,
    )
    .await;
}

#[actix_web::test]
async fn what_was_overheard_and_sent_again_changes_nothing() {
    let t = TestApp::start().await;
    let account = account();
    let now = t.now().timestamp();
    let came = push(&t, &account, "subscribe", "o-1", now);
    let left = push(&t, &account, "unsubscribe", "o-1", now + 5);
    for request in [&came, &left] {
        assert_eq!(send(&t, request).await.0, 200);
        t.run_jobs().await;
    }
    let before = pushes(&t).await;

    for _ in 0..3 {
        assert_eq!(send(&t, &came).await.0, 200);
        t.run_jobs().await;
    }

    assert_eq!(pushes(&t).await, before);
    assert_eq!(super::following(&t, "o-1").await, Some(false));
}

#[actix_web::test]
async fn two_things_within_one_second_are_two() {
    let t = TestApp::start().await;
    let account = account();
    let now = t.now().timestamp();
    let before = pushes(&t).await;
    let click = |key: &str| {
        let fields = event("CLICK", &format!("<EventKey>{key}</EventKey>"));
        sealed(&t, &account, &inside(&account, "o-1", now, &fields))
    };
    let wrote = |openid: &str, words: &str, msg_id| {
        sealed(
            &t,
            &account,
            &inside(&account, openid, now, &text(words, msg_id)),
        )
    };

    for request in [
        click("leave"),
        click("score"),
        // The number of a message may be another person's as well.
        wrote("o-1", "积分", 7),
        wrote("o-2", "积分", 7),
        wrote("o-1", "请假", 8),
    ] {
        assert_eq!(send(&t, &request).await.0, 200);
        assert_eq!(send(&t, &request).await.0, 200);
    }

    assert_eq!(pushes(&t).await, before + 5);
}

#[actix_web::test]
async fn who_came_and_left_within_one_second_is_asked_after() {
    let t = TestApp::start().await;
    let account = account();
    let openid = t.sim.handle.openid(&account.app_id, "ding");
    let at = t.now().timestamp() + 100;
    // WeChat's clock does not tell which was last; WeChat, asked, says that he does not follow.
    for name in ["subscribe", "unsubscribe"] {
        send(&t, &push(&t, &account, name, &openid, at)).await;
        t.run_jobs().await;
    }
    assert_eq!(super::following(&t, &openid).await, Some(false));

    t.sim.handle.follow(&account.app_id, "ding");
    for name in ["unsubscribe", "subscribe"] {
        send(&t, &push(&t, &account, name, &openid, at + 1)).await;
        t.run_jobs().await;
    }
    assert_eq!(super::following(&t, &openid).await, Some(true));
}

#[actix_web::test]
async fn a_push_is_opened_with_the_key_before_the_current_one_and_answered_with_it() {
    let t = TestApp::with(|config| {
        let app = &mut config["wechat"]["apps"][1];
        app["previous_aes_key"] = app["aes_key"].clone();
        app["aes_key"] = json!(format!("{}A", "b".repeat(42)));
    })
    .await;
    let account = account();
    let now = t.now().timestamp();
    let fields = text("帮助", 1);
    let request = sealed(&t, &account, &inside(&account, "o-1", now, &fields));

    // `said` opens the answer with the key the push was sealed with.
    let answer = super::forge::said(&t, &account, &request).await;

    assert!(answer.contains("可以为您办理"), "{answer}");
}

#[actix_web::test]
async fn json_is_understood_and_answered_in_json() {
    let t = TestApp::start().await;
    let account = account();
    let inside = json!({
        "ToUserName": account.gh_id, "FromUserName": "o-1", "CreateTime": "1789347600",
        "MsgType": "text", "Content": "帮助", "MsgId": 1,
    });
    let request = sealed(&t, &account, &inside.to_string());

    let (status, body) = send(&t, &request).await;

    assert_eq!(status, 200);
    let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let opened = crypt(&account)
        .open(answer["Encrypt"].as_str().expect("an envelope"))
        .expect("the answer opens");
    let message: serde_json::Value = serde_json::from_slice(&opened.plaintext).expect("JSON");
    assert_eq!(message["MsgType"], "text");
    assert!(message["Content"].as_str().unwrap().contains("请假"));
}

#[actix_web::test]
async fn an_account_that_is_configured_to_push_in_the_clear_is_heard_and_no_other() {
    let t = TestApp::with(|config| {
        config["wechat"]["apps"][1]["callback_mode"] = json!("plain");
    })
    .await;
    let account = account();
    let now = t.now().timestamp();
    let plain = inside(&account, "o-1", now, &text("帮助", 1));

    let (status, body) = send(&t, &(signed(&account, now, ""), plain.clone())).await;

    assert_eq!(status, 200);
    assert!(
        body.contains("<Content>") && !body.contains("<Encrypt>"),
        "{body}"
    );
    let path = signed(&account, now, "").replace(&account.app_id, &world::official_account(1));
    turned_away(&t, "plain to another", &(path, plain), 403).await;
}
