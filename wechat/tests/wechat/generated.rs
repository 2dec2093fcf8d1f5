//! Pushes made by a second hand ([`crate::envelope`]) in every form WeChat is known to use, and
//! every way we can think of to fake one.

use chrono::TimeDelta;
use serde_json::{Value, json};
use wechat::callback::{CallbackError, Endpoint, Event, JobOutcome, Mode, Push, Query, open};
use wechat::crypto::{CryptError, MessageCrypt};

use crate::envelope::{Wechat, key_bytes};
use crate::pushes::now;

const APP_ID: &str = "wx7a3c51e9d0b4f628";
const TOKEN: &str = "stationToken2026";
const NONCE: &str = "1837465920";
const KEY: &str = "Zx9Qw7Er5Ty3Ui1Op0As2Df4Gh6Jk8Lz0Xc2Vb4Nm6M";
const OLD_KEY: &str = "mN6bV4cX2zL8kJ6hG4fD2sA0pO1iU3yT5rE7wQ9xZ1K";
const STATION: &str = "gh_station01";

fn wechat() -> Wechat {
    Wechat::new(APP_ID, TOKEN, KEY)
}

fn config(mode: Mode) -> Endpoint {
    Endpoint {
        crypt: MessageCrypt::new(APP_ID, TOKEN, KEY, Some(OLD_KEY)).unwrap(),
        mode,
        to_user_name: Some(STATION.into()),
    }
}

fn at() -> String {
    now().timestamp().to_string()
}

/// Both signatures, as WeChat sends them beside an envelope.
fn query(wechat: &Wechat, encrypt: &str) -> Query {
    Query {
        signature: Some(wechat.signature(&at(), NONCE)),
        msg_signature: Some(wechat.msg_signature(&at(), NONCE, encrypt)),
        timestamp: Some(at()),
        nonce: Some(NONCE.into()),
        encrypt_type: Some("aes".into()),
        ..Query::default()
    }
}

fn xml(encrypt: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{STATION}]]></ToUserName>\
         <Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
    )
}

fn text_push(content: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{STATION}]]></ToUserName>\
         <FromUserName><![CDATA[oAlice]]></FromUserName><CreateTime>1795000000</CreateTime>\
         <MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>\
         <MsgId>23238471625364758</MsgId></xml>"
    )
}

fn open_as(mode: Mode, wechat: &Wechat, encrypt: &str, body: &str) -> Result<Push, CallbackError> {
    open(
        &config(mode),
        &query(wechat, encrypt),
        body.as_bytes(),
        now(),
    )
}

fn open_sealed(wechat: &Wechat, encrypt: &str) -> Result<Push, CallbackError> {
    open_as(Mode::Safe, wechat, encrypt, &xml(encrypt))
}

fn content(push: &Push) -> &str {
    match &push.event {
        Event::Text { content, .. } => content,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_length_of_padding_opens() {
    let mut paddings = std::collections::BTreeSet::new();
    for length in 0..64 {
        let words = "x".repeat(length);
        let encrypt = wechat().seal(&text_push(&words));
        paddings.insert(wechat().open(&encrypt).padding);
        assert_eq!(content(&open_sealed(&wechat(), &encrypt).unwrap()), words);
    }
    assert_eq!(paddings, (1..=32).collect());
}

#[test]
fn a_padding_that_is_not_one_is_refused() {
    let whole = |last: &[u8]| {
        let mut content = wechat().content(&text_push("hi"));
        while !(content.len() + last.len()).is_multiple_of(32) {
            content.push(b' ');
        }
        content.extend_from_slice(last);
        wechat().encrypt(&content)
    };
    for last in [&[0][..], &[33], &[255], &[3, 2, 3], &[1, 1, 4, 4, 3, 4]] {
        let refused = open_sealed(&wechat(), &whole(last)).unwrap_err();
        assert_eq!(
            refused,
            CallbackError::Crypt(CryptError::Padding),
            "{last:?}"
        );
    }
}

#[test]
fn a_key_opens_whatever_its_two_surplus_bits_are() {
    let stem = &KEY[..42];
    let twins: Vec<String> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .map(|last| format!("{stem}{last}"))
        .filter(|twin| key_bytes(twin) == key_bytes(KEY))
        .collect();
    assert_eq!(twins.len(), 4);
    for twin in &twins {
        let crypt = MessageCrypt::new(APP_ID, TOKEN, twin, None).unwrap();
        let encrypt = wechat().seal(&text_push("hi"));
        assert_eq!(
            crypt.open(&encrypt).unwrap().plaintext,
            text_push("hi").as_bytes()
        );
        let ours = crypt.seal_with(b"answer", [7; 16]);
        assert_eq!(wechat().open(&ours).message, "answer");
    }
}

#[test]
fn the_key_before_the_last_change_opens_and_no_other() {
    let before = Wechat::new(APP_ID, TOKEN, OLD_KEY);
    let push = open_sealed(&before, &before.seal(&text_push("hi"))).unwrap();
    assert_eq!(push.key, 1);
    let stranger = Wechat::new(APP_ID, TOKEN, "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq");
    let refused = open_sealed(&stranger, &stranger.seal(&text_push("hi")));
    assert!(
        matches!(refused, Err(CallbackError::Crypt(_))),
        "{refused:?}"
    );
}

#[test]
fn an_envelope_belongs_to_exactly_one_app() {
    for app_id in [
        "wx0000000000000000",
        "wx7a3c51e9d0b4f62",
        "wx7a3c51e9d0b4f6288",
        "",
        "WX7A3C51E9D0B4F628",
    ] {
        let other = Wechat::new(app_id, TOKEN, KEY);
        let refused = open_sealed(&wechat(), &other.seal(&text_push("hi"))).unwrap_err();
        assert_eq!(refused, CallbackError::Crypt(CryptError::AppId), "{app_id}");
    }
}

#[test]
fn a_length_that_lies_is_refused() {
    let message = text_push("hi");
    let real = u32::try_from(message.len()).unwrap();
    for stated in [0, 1, real - 1, real + 1, real + 18, real + 19, u32::MAX] {
        let mut content = wechat().content(&message);
        content[16..20].copy_from_slice(&stated.to_be_bytes());
        let refused = open_sealed(&wechat(), &wechat().seal_raw(&content)).unwrap_err();
        let expected = if real + 18 < stated {
            CryptError::MessageLength
        } else {
            CryptError::AppId
        };
        assert_eq!(refused, CallbackError::Crypt(expected), "{stated}");
    }
    for short in [0, 1, 19] {
        let encrypt = wechat().seal_raw(&vec![b'x'; short]);
        let refused = open_sealed(&wechat(), &encrypt).unwrap_err();
        assert_eq!(refused, CallbackError::Crypt(CryptError::MessageLength));
    }
}

#[test]
fn every_changed_block_and_every_cut_is_noticed() {
    let encrypt = wechat().seal(&text_push("hi"));
    let spoilt = (0..encrypt.len()).step_by(7).map(|place| {
        let mut text = encrypt.clone().into_bytes();
        text[place] = if text[place] == b'A' { b'B' } else { b'A' };
        String::from_utf8(text).unwrap()
    });
    let cut = (1..6).map(|blocks| encrypt[..encrypt.len() - blocks * 64].to_owned());
    for wrong in spoilt.chain(cut) {
        // Whoever changes the envelope cannot sign it ...
        let overheard = query(&wechat(), &encrypt);
        let refused = open(
            &config(Mode::Safe),
            &overheard,
            xml(&wrong).as_bytes(),
            now(),
        );
        assert_eq!(
            refused.unwrap_err(),
            CallbackError::Crypt(CryptError::Signature)
        );
    }
    // ... and even a signed one that does not decode is refused.
    for odd in ["", "!!!!", "AAAA", &encrypt[..encrypt.len() - 1]] {
        let refused = open_sealed(&wechat(), odd);
        assert!(matches!(refused, Err(CallbackError::Crypt(_))), "{odd}");
    }
}

#[test]
fn of_a_compat_body_the_fields_in_the_clear_are_nothing() {
    let encrypt = wechat().seal(&text_push("real"));
    let in_xml = text_push("forged").replace(
        "</xml>",
        &format!("<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"),
    );
    let in_json = json!({
        "ToUserName": STATION, "FromUserName": "oMallory", "CreateTime": 1, "MsgType": "text",
        "Content": "forged", "Encrypt": encrypt,
    })
    .to_string();
    for body in [in_xml, in_json] {
        let push = open_as(Mode::Compat, &wechat(), &encrypt, &body).unwrap();
        assert_eq!(
            (content(&push), push.from_user_name.as_str()),
            ("real", "oAlice")
        );
    }
}

#[test]
fn a_plain_forgery_passes_neither_safe_nor_compat_whatever_its_query_claims() {
    let forged = text_push("forged");
    let genuine = query(&wechat(), "");
    for mode in [Mode::Safe, Mode::Compat] {
        for encrypt_type in [None, Some("raw"), Some("-"), Some("aes")] {
            for msg_signature in [
                None,
                genuine.signature.clone(),
                genuine.msg_signature.clone(),
            ] {
                let query = Query {
                    encrypt_type: encrypt_type.map(str::to_owned),
                    msg_signature,
                    ..genuine.clone()
                };
                assert!(open(&config(mode), &query, forged.as_bytes(), now()).is_err());
                let empty = forged.replace("</xml>", "<Encrypt></Encrypt></xml>");
                assert!(open(&config(mode), &query, empty.as_bytes(), now()).is_err());
            }
        }
    }
}

#[test]
fn the_account_in_the_envelope_counts_and_not_the_one_outside() {
    let foreign = text_push("hi").replace(STATION, "gh_station02");
    let refused = open_sealed(&wechat(), &wechat().seal(&foreign)).unwrap_err();
    assert_eq!(refused, CallbackError::OtherAccount);

    let encrypt = wechat().seal(&text_push("hi"));
    let outside = xml(&encrypt).replace(STATION, "gh_station02");
    let push = open_as(Mode::Safe, &wechat(), &encrypt, &outside).unwrap();
    assert_eq!(push.to_user_name, STATION);
}

#[test]
fn a_rightly_signed_request_grows_stale() {
    let encrypt = wechat().seal(&text_push("hi"));
    for (minutes, stale) in [(-6, true), (-4, false), (4, false), (6, true)] {
        let later = now() + TimeDelta::minutes(minutes);
        let answer = open(
            &config(Mode::Safe),
            &query(&wechat(), &encrypt),
            xml(&encrypt).as_bytes(),
            later,
        );
        assert_eq!(answer.is_err(), stale, "{minutes}");
    }
}

#[test]
fn a_replayed_request_is_the_push_it_was_and_cannot_become_another() {
    // WeChat may repeat a request it got no answer to, so a nonce seen twice is not refused; that
    // it is the same push is told by its key.
    let encrypt = wechat().seal(&text_push("hi"));
    let first = open_sealed(&wechat(), &encrypt).unwrap();
    let again = open_sealed(&wechat(), &encrypt).unwrap();
    assert_eq!(first.dedupe_key, again.dedupe_key);

    let resealed = open_sealed(&wechat(), &wechat().seal(&text_push("hi"))).unwrap();
    assert_eq!(first.dedupe_key, resealed.dedupe_key);

    let other = wechat().seal(&text_push("hi").replace("oAlice", "oBo"));
    let overheard = query(&wechat(), &encrypt);
    let refused = open(
        &config(Mode::Safe),
        &overheard,
        xml(&other).as_bytes(),
        now(),
    );
    assert_eq!(
        refused.unwrap_err(),
        CallbackError::Crypt(CryptError::Signature)
    );
}

fn event(name: &str, more: &Value) -> String {
    let mut body = json!({
        "ToUserName": STATION, "FromUserName": "oAlice", "CreateTime": "1795000000",
        "MsgType": "event", "Event": name,
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

fn read(body: &str) -> Event {
    open_sealed(&wechat(), &wechat().seal(body)).unwrap().event
}

#[test]
fn a_list_is_read_alike_as_an_object_an_array_or_repeated_elements() {
    let one = json!({
        "TemplateId": "t1", "SubscribeStatusString": "accept", "PopupScene": 0,
    });
    let two = json!({
        "TemplateId": "t2", "SubscribeStatusString": "REJECT", "PopupScene": "0",
    });
    let xml = |list: &str| {
        format!(
            "<xml><ToUserName>{STATION}</ToUserName><FromUserName>oAlice</FromUserName>\
             <CreateTime>1795000000</CreateTime><MsgType>event</MsgType>\
             <Event>subscribe_msg_popup_event</Event>\
             <SubscribeMsgPopupEvent>{list}</SubscribeMsgPopupEvent></xml>"
        )
    };
    let entry = |id: &str, status: &str| {
        format!(
            "<List><TemplateId>{id}</TemplateId>\
             <SubscribeStatusString>{status}</SubscribeStatusString>\
             <PopupScene>0</PopupScene></List>"
        )
    };
    let name = "subscribe_msg_popup_event";
    let object = read(&event(name, &json!({ "List": one })));
    assert_eq!(object, read(&event(name, &json!({ "List": [one] }))));
    assert_eq!(object, read(&xml(&entry("t1", "accept"))));

    let array = read(&event(name, &json!({ "List": [one, two] })));
    assert_eq!(
        array,
        read(&xml(&(entry("t1", "accept") + &entry("t2", "reject"))))
    );
    let Event::SubscribePopup { answers } = array else {
        panic!("{array:?}")
    };
    assert_eq!(answers.len(), 2);
    assert_eq!(
        (answers[1].template_id.as_str(), answers[1].status.as_str()),
        ("t2", "reject")
    );
}

#[test]
fn the_end_of_a_message_is_read_however_it_is_spelt() {
    for (status, outcome) in [
        ("success", JobOutcome::Success),
        (" Success ", JobOutcome::Success),
        ("failed:user block", JobOutcome::UserBlock),
        ("failed: user block", JobOutcome::UserBlock),
        ("failed:system failed", JobOutcome::SystemFailed),
        ("failed: system failed", JobOutcome::SystemFailed),
        ("FAILED:  Freq  Limit", JobOutcome::FreqLimit),
        (
            "failed:sensitive",
            JobOutcome::Other("failed:sensitive".into()),
        ),
    ] {
        for number in [
            json!(3_557_254_367_693_750_277_i64),
            json!("3557254367693750277"),
        ] {
            for field in ["MsgID", "MsgId"] {
                let body = event(
                    "TEMPLATESENDJOBFINISH",
                    &json!({ field: number, "Status": status }),
                );
                assert_eq!(
                    read(&body),
                    Event::TemplateSendJobFinish {
                        msg_id: 3_557_254_367_693_750_277,
                        outcome: outcome.clone()
                    }
                );
            }
        }
    }
}
