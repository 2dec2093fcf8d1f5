//! Events pushed to an account's callback address: sealed, signed, retried, and badly behaved.

use std::time::Duration;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha1::{Digest, Sha1};
use wechat::callback::{self, Endpoint, Event, Mode};
use wechat::crypto::EncodingAesKey;
use wechat::sim::{CallbackMode, PushFormat, PushHabits};

use super::ear::{crypt, listening, open};
use super::{KEY, MINI, REMINDER, STATION, World, code, habits, noon};

/// Opens a sealed text step by step, without the crate's own code.
fn decrypt(encrypt: &str) -> String {
    let key = EncodingAesKey::parse(KEY).expect("a key");
    let cipher = cbc::Decryptor::<aes::Aes256>::new_from_slices(key.expose(), &key.expose()[..16]);
    let mut sealed = STANDARD.decode(encrypt).expect("base64");
    let cipher = cipher.expect("lengths");
    let opened = cipher
        .decrypt_padded::<NoPadding>(&mut sealed)
        .expect("whole blocks");
    let pad = usize::from(opened[opened.len() - 1]);
    assert!((1..=32).contains(&pad));
    let content = &opened[16..opened.len() - pad];
    let length = u32::from_be_bytes(content[..4].try_into().expect("four bytes")) as usize;
    let (message, app_id) = content[4..].split_at(length);
    assert_eq!(app_id, STATION.as_bytes());
    String::from_utf8(message.to_vec()).expect("text")
}

fn signature(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    hex::encode(Sha1::digest(parts.concat()))
}

#[actix_web::test]
async fn the_end_of_a_send_is_pushed_sealed_and_signed() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    world.handle().follow(STATION, "alice");
    ear.wait(1).await;
    let msgid = world.send_notice("alice", json!({})).await["msgid"].clone();

    let heard = ear.wait(2).await;
    let (query, body) = &heard[1];
    let token = format!("token-of-{STATION}");
    let timestamp = query.timestamp.as_deref().expect("a time");
    let nonce = query.nonce.as_deref().expect("a nonce");
    let inside = body.split_once("<Encrypt><![CDATA[").expect("sealed").1;
    let encrypt = inside.split_once("]]>").expect("closed").0;
    assert_eq!(
        query.signature,
        Some(signature(&[&token, timestamp, nonce]))
    );
    assert_eq!(
        query.msg_signature,
        Some(signature(&[&token, timestamp, nonce, encrypt]))
    );
    assert_eq!(query.encrypt_type.as_deref(), Some("aes"));
    assert!(!body.contains("TEMPLATESENDJOBFINISH"));
    let openid = world.handle().openid(STATION, "alice");
    assert_eq!(
        decrypt(encrypt),
        format!(
            "<xml><ToUserName><![CDATA[gh_{STATION}]]></ToUserName>\
             <FromUserName><![CDATA[{openid}]]></FromUserName>\
             <CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType>\
             <Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>{msgid}</MsgID>\
             <Status><![CDATA[success]]></Status></xml>",
            noon().timestamp()
        )
    );
}

#[actix_web::test]
async fn every_mode_and_format_can_be_opened() {
    for format in [PushFormat::Xml, PushFormat::Json] {
        for (mode, ours) in [
            (CallbackMode::Safe, Mode::Safe),
            (CallbackMode::Compat, Mode::Compat),
            (CallbackMode::Plain, Mode::Plain),
        ] {
            let (world, ear) = listening(mode, format);
            world.handle().follow(STATION, "alice");
            let heard = ear.wait(1).await;
            let push = open(ours, &heard[0]);
            assert_eq!(
                push.event,
                Event::Subscribe {
                    scene: None,
                    ticket: None
                }
            );
            assert_eq!(push.from_user_name, world.handle().openid(STATION, "alice"));
            assert_eq!(heard[0].1.contains("subscribe"), mode != CallbackMode::Safe);

            world.handle().block(STATION, "alice");
            let answer = world.send_notice("alice", json!({})).await;
            let outcome = callback::JobOutcome::UserBlock;
            let msg_id = answer["msgid"].as_i64().expect("a number");
            assert_eq!(
                open(ours, &ear.wait(2).await[1]).event,
                Event::TemplateSendJobFinish { msg_id, outcome }
            );
            world.handle().unfollow(STATION, "alice");
            assert_eq!(open(ours, &ear.wait(3).await[2]).event, Event::Unsubscribe);
        }
    }
}

#[actix_web::test]
async fn scans_taps_and_words_are_pushed() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    let event = async |count: usize| open(Mode::Safe, &ear.wait(count).await[count - 1]).event;

    world.handle().scan(STATION, "alice", "bind-1");
    let ticket = Some("gQSIMULATED==".to_owned());
    let scene = Some("bind-1".to_owned());
    assert_eq!(
        event(1).await,
        Event::Subscribe {
            scene: scene.clone(),
            ticket: ticket.clone()
        }
    );
    world.handle().scan(STATION, "alice", "bind-1");
    assert_eq!(event(2).await, Event::Scan { scene, ticket });
    world.handle().click(STATION, "alice", "help");
    assert_eq!(
        event(3).await,
        Event::Click {
            key: "help".to_owned()
        }
    );
    world.handle().write(STATION, "alice", "a]]>b & <c>");
    assert!(matches!(event(4).await, Event::Text { content, .. } if content == "a]]>b & <c>"));
}

#[actix_web::test]
async fn an_agreement_to_reminders_is_pushed_to_the_mini_program() {
    for format in [PushFormat::Xml, PushFormat::Json] {
        let (world, ear) = listening(CallbackMode::Safe, format);
        world.handle().set_callback(MINI, ear.listen());
        world.handle().grant_credit("alice", REMINDER, 1);

        let (query, body) = &ear.wait(1).await[0];
        let endpoint = Endpoint {
            crypt: crypt(MINI),
            mode: Mode::Safe,
            to_user_name: None,
        };
        let push = callback::open(&endpoint, query, body.as_bytes(), noon()).expect("a push");
        let Event::SubscribePopup { answers } = push.event else {
            panic!("{:?}", push.event)
        };
        assert_eq!(
            (answers.len(), answers[0].template_id.as_str()),
            (1, REMINDER)
        );
    }
}

#[actix_web::test]
async fn a_push_is_tried_three_times_each_time_sealed_afresh() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    *ear.answers.lock().expect("no panic") = vec![
        (500, String::new()),
        (502, "oops".to_owned()),
        (503, String::new()),
    ];
    world.handle().follow(STATION, "alice");
    let heard = ear.wait(3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;

    assert_eq!(ear.heard().len(), 3);
    let nonces: Vec<_> = heard.iter().map(|(query, _)| &query.nonce).collect();
    assert!(nonces[0] != nonces[1] && nonces[1] != nonces[2]);
    assert_ne!(heard[0].1, heard[1].1);
    let keys = [&heard[0], &heard[1]].map(|heard| open(Mode::Safe, heard).dedupe_key);
    assert_eq!(keys[0], keys[1], "what is inside stays the same");
    let push = &world.handle().pushes()[0];
    let statuses: Vec<_> = push.tries.iter().map(|one| one.status).collect();
    assert_eq!(statuses, [Some(500), Some(502), Some(503)]);
    assert!(push.service_failure && !push.delivered);
}

#[actix_web::test]
async fn a_second_try_may_succeed_and_an_odd_answer_shows_on_the_phone() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    *ear.answers.lock().expect("no panic") = vec![
        (500, String::new()),
        (200, "success".to_owned()),
        (200, "\"ok\"".to_owned()),
    ];
    world.handle().follow(STATION, "alice");
    ear.wait(2).await;
    world.handle().unfollow(STATION, "alice");
    ear.wait(3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;

    let pushes = world.handle().pushes();
    assert!(pushes[0].delivered && !pushes[0].service_failure);
    assert!(!pushes[1].delivered && pushes[1].service_failure);
    assert_eq!(
        (pushes[1].tries.len(), pushes[1].tries[0].body.as_str()),
        (1, "\"ok\"")
    );
}

#[actix_web::test]
async fn the_end_of_a_send_can_be_pushed_before_its_answer() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    world.handle().follow(STATION, "alice");
    ear.wait(1).await;
    let slow = PushHabits {
        delay_min_millis: 60_000,
        delay_max_millis: 60_000,
        ..habits()
    };
    world.handle().set_push_habits(PushHabits {
        before_answer: 1.0,
        ..slow
    });

    assert_eq!(code(&world.send_notice("alice", json!({})).await), 0);
    assert_eq!(ear.heard().len(), 2);
}

#[actix_web::test]
async fn pushes_get_lost_doubled_and_overtaken() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    let quick = PushHabits {
        delay_min_millis: 0,
        delay_max_millis: 40,
        ..habits()
    };
    world
        .handle()
        .set_push_habits(PushHabits { lost: 1.0, ..quick });
    world.handle().follow(STATION, "alice");
    world.handle().set_push_habits(PushHabits {
        duplicate: 1.0,
        ..quick
    });
    world.handle().unfollow(STATION, "alice");

    let heard = ear.wait(2).await;
    assert!(
        heard
            .iter()
            .all(|heard| open(Mode::Safe, heard).event == Event::Unsubscribe)
    );
    assert!(world.handle().pushes()[0].lost);

    world.handle().set_push_habits(PushHabits {
        reordered: 1.0,
        ..quick
    });
    world.handle().follow(STATION, "bo");
    world.handle().set_push_habits(PushHabits {
        delay_max_millis: 0,
        ..quick
    });
    world.handle().unfollow(STATION, "bo");
    let heard = ear.wait(4).await;
    assert_eq!(open(Mode::Safe, &heard[2]).event, Event::Unsubscribe);
    assert_eq!(
        open(Mode::Safe, &heard[3]).event,
        Event::Subscribe {
            scene: None,
            ticket: None
        }
    );
}

#[actix_web::test]
async fn an_account_without_an_address_is_told_nothing() {
    let world = World::start();
    world.handle().follow(STATION, "alice");

    assert!(world.handle().pushes().is_empty());
}
