//! Pushes: known ones, in all modes, and repeated ones.

use chrono::DateTime;
use serde_json::{Value, json};
use wechat::callback::{
    CallbackError, Endpoint, Event, JobOutcome, Mode, ParseError, Push, Query, open,
};
use wechat::crypto::MessageCrypt;

use crate::pushes::{TOKEN, endpoint, now, open_plain, said, sealed, xml_envelope};
use crate::vectors::{entries, text, vectors};

fn body_of(case: &Value) -> String {
    case["body"]
        .as_str()
        .map_or_else(|| case["body"].to_string(), str::to_owned)
}

#[test]
fn the_plain_push_of_the_manual_is_read() {
    let vector = vectors("push_plain_json");
    let query = Query {
        signature: Some(text(&vector, "signature").into()),
        timestamp: Some(text(&vector, "timestamp").into()),
        nonce: Some(text(&vector, "nonce").into()),
        ..Query::default()
    };
    let at = DateTime::from_timestamp(1_714_037_059, 0).unwrap();
    let body = vector["body"].to_string();
    let push = open(&endpoint(Mode::Plain), &query, body.as_bytes(), at).unwrap();
    assert_eq!(
        push.event,
        Event::Other {
            name: "debug_demo".into()
        }
    );
    assert_eq!(push.from_user_name, "o9AgO5Kd5ggOC-bXrbNODIiE3bGY");
    assert_eq!(push.create_time, 1_714_037_059);
    assert_eq!(push.fields.text("debug_str"), Some("hello world"));
}

#[test]
fn the_safe_push_of_the_manual_is_read_by_safe_and_compat_accounts() {
    let vector = vectors("push_safe_json");
    let key = text(&vector, "encoding_aes_key");
    let crypt = MessageCrypt::new(text(&vector, "appid"), TOKEN, key, None).unwrap();
    let query: Query = serde_json::from_value(vector["query"].clone()).unwrap();
    let at = DateTime::from_timestamp(1_714_112_445, 0).unwrap();
    for mode in [Mode::Safe, Mode::Compat] {
        let to_user_name = Some("gh_97417a04a28d".to_owned());
        let endpoint = Endpoint {
            crypt: crypt.clone(),
            mode,
            to_user_name,
        };
        let body = vector["body"].to_string();
        let push = open(&endpoint, &query, body.as_bytes(), at).unwrap();
        assert_eq!(
            push.event,
            Event::Other {
                name: "debug_demo".into()
            }
        );
        assert_eq!((push.create_time, push.key), (1_714_112_445, 0));
    }
}

#[test]
fn every_known_body_is_read_alike_in_all_modes() {
    for case in entries(&vectors("events"), "cases") {
        let (body, expect) = (body_of(&case), &case["expect"]);
        let plain = open_plain(&body);
        let (query, encrypt) = sealed(&body);
        let safe = open(
            &endpoint(Mode::Safe),
            &query,
            xml_envelope(&encrypt).as_bytes(),
            now(),
        );
        let envelope = json!({ "Encrypt": encrypt, "MsgType": "text", "Content": "forged" });
        let envelope = envelope.to_string();
        let compat = open(&endpoint(Mode::Compat), &query, envelope.as_bytes(), now());
        assert_eq!(plain, safe);
        assert_eq!(plain, compat);

        match plain {
            Ok(push) => expect_event(&push, expect),
            Err(error) => {
                assert_eq!(expect["error"], "dtd forbidden", "{body}");
                assert_eq!(error, CallbackError::Parse(ParseError::DocumentType));
            }
        }
    }
}

fn expect_event(push: &Push, expect: &Value) {
    let wanted = |name: &str| expect[name].as_str();
    let name = wanted("event").unwrap_or("text").to_lowercase();
    if let Some(openid) = wanted("openid") {
        assert_eq!(push.from_user_name, openid);
    }
    match (&push.event, name.as_str()) {
        (Event::Subscribe { scene, ticket }, "subscribe")
        | (Event::Scan { scene, ticket }, "scan") => {
            assert_eq!(scene.as_deref(), wanted("scene"));
            assert_eq!(ticket.as_deref(), wanted("ticket"));
        }
        (Event::Unsubscribe, "unsubscribe") => {}
        (Event::Click { key }, "click") => assert_eq!(Some(key.as_str()), wanted("key")),
        (Event::View { url, .. }, "view") => assert_eq!(Some(url.as_str()), wanted("key")),
        (Event::TemplateSendJobFinish { msg_id, outcome }, "templatesendjobfinish") => {
            assert_eq!(Some(*msg_id), expect["msg_id"].as_i64());
            let class = match outcome {
                JobOutcome::Success => "success",
                JobOutcome::UserBlock => "user_block",
                JobOutcome::SystemFailed => "system_failed",
                JobOutcome::FreqLimit => "freq_limit",
                JobOutcome::Other(_) => "other",
            };
            assert_eq!(Some(class), wanted("status_class"));
        }
        (Event::SubscribePopup { answers }, "subscribe_msg_popup_event")
        | (Event::SubscribeChange { answers }, "subscribe_msg_change_event") => {
            let found: Vec<_> = answers
                .iter()
                .map(|one| match &one.scene {
                    Some(scene) => json!({ "template_id": one.template_id, "status": one.status, "scene": scene }),
                    None => json!({ "template_id": one.template_id, "status": one.status }),
                })
                .collect();
            expect_list(&found, expect);
        }
        (Event::SubscribeMessageSent { sent }, "subscribe_msg_sent_event") => {
            let number = |number: Option<i64>| number.unwrap().to_string();
            let found: Vec<_> = sent
                .iter()
                .map(|one| {
                    json!({
                        "template_id": one.template_id, "msg_id": number(one.msg_id),
                        "error_code": number(one.code), "error_status": one.status,
                    })
                })
                .collect();
            expect_list(&found, expect);
        }
        (
            Event::MediaCheck {
                trace_id,
                code,
                suggest,
                label,
            },
            "wxa_media_check",
        ) => {
            assert_eq!(Some(trace_id.as_str()), wanted("trace_id"));
            assert_eq!(suggest.as_deref(), wanted("suggest"));
            assert_eq!((*code, *label), (Some(0), Some(100)));
        }
        (Event::Text { content, msg_id }, "text") => {
            assert_eq!(Some(content.as_str()), wanted("content"));
            assert_eq!(*msg_id, expect["msg_id"].as_i64());
        }
        (event, name) => panic!("{name} was read as {event:?}"),
    }
}

fn expect_list(found: &[Value], expect: &Value) {
    match expect["n"].as_u64() {
        Some(n) => assert_eq!(found.len() as u64, n),
        None => assert_eq!(found, expect["items"].as_array().unwrap().as_slice()),
    }
}

#[test]
fn the_same_push_delivered_again_has_the_same_key_and_another_has_not() {
    let key = |body: &str| open_plain(body).unwrap().dedupe_key;
    let first = key(&said("alice", "hi"));
    assert_eq!(first.len(), 64);

    let (query, encrypt) = sealed(&said("alice", "hi"));
    let again = open(
        &endpoint(Mode::Safe),
        &query,
        xml_envelope(&encrypt).as_bytes(),
        now(),
    );
    assert_eq!(again.unwrap().dedupe_key, first);
    assert_ne!(
        key(&said("bo", "hi")),
        first,
        "a MsgId may belong to two people"
    );

    // Two answers of one person in one second differ in their templates only.
    let popup = |template: &str| {
        let answer = json!({ "TemplateId": template, "SubscribeStatusString": "accept" });
        json!({
            "ToUserName": "gh_1", "FromUserName": "alice", "CreateTime": 1, "MsgType": "event",
            "Event": "subscribe_msg_popup_event", "List": answer,
        })
        .to_string()
    };
    assert_ne!(key(&popup("t1")), key(&popup("t2")));
}

#[test]
fn names_of_events_are_read_in_any_case_and_unknown_ones_kept() {
    let event = |name: &str| {
        let body = json!({
            "ToUserName": "gh_1", "FromUserName": "alice", "CreateTime": "7", "MsgType": "event",
            "Event": name, "Status": "failed: system failed",
        });
        open_plain(&body.to_string()).unwrap().event
    };
    assert_eq!(event("UnSubscribe"), Event::Unsubscribe);
    assert_eq!(
        event("LOCATION"),
        Event::Other {
            name: "location".into()
        }
    );
    // A job event without its number is of no use, and no reason to be pushed thrice.
    let name = "templatesendjobfinish".to_owned();
    assert_eq!(event("TEMPLATESENDJOBFINISH"), Event::Other { name });
    assert_eq!(JobOutcome::read("Failed:Freq Limit"), JobOutcome::FreqLimit);
    assert_eq!(
        JobOutcome::read("failed: new"),
        JobOutcome::Other("failed:new".into())
    );
}
