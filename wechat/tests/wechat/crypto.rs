//! Signatures and envelopes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wechat::callback::Query;
use wechat::crypto::{CryptError, EncodingAesKey, KeyError, MessageCrypt, signature};
use wechat::jssdk;

use crate::vectors::{entries, random16, text, vectors};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const OTHER_KEY: &str = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";

fn crypt(app_id: &str, key: &str, previous: Option<&str>) -> MessageCrypt {
    MessageCrypt::new(app_id, "token", key, previous).unwrap()
}

fn of(vector: &Value, app_id: &str) -> MessageCrypt {
    let key = text(vector, "encoding_aes_key");
    MessageCrypt::new(text(vector, app_id), text(vector, "token"), key, None).unwrap()
}

#[test]
fn a_key_is_read_although_it_has_surplus_bits() {
    for case in entries(&vectors("encoding_aes_key_base64"), "cases") {
        let key = EncodingAesKey::parse(text(&case, "encoding_aes_key")).unwrap();
        assert_eq!(
            hex::encode(key.expose()),
            text(&case, "key_hex"),
            "{}",
            case["source"]
        );
    }
}

#[test]
fn a_key_of_another_length_or_alphabet_is_none() {
    assert_eq!(
        EncodingAesKey::parse("short").unwrap_err(),
        KeyError::Length { length: 5 }
    );
    let strange = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF!";
    assert_eq!(
        EncodingAesKey::parse(strange).unwrap_err(),
        KeyError::Alphabet
    );
    let padded = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF=";
    assert_eq!(
        EncodingAesKey::parse(padded).unwrap_err(),
        KeyError::Alphabet
    );
}

#[test]
fn keys_and_tokens_do_not_show_in_debug() {
    let crypt = crypt("wx1", KEY, Some(OTHER_KEY));
    let shown = format!("{crypt:?} {:?}", EncodingAesKey::parse(KEY));
    assert!(!shown.contains("token") && !shown.contains("abc") && !shown.contains("69b71d"));
}

#[test]
fn the_check_of_an_address_is_answered_with_its_echostr() {
    let vector = vectors("url_verify");
    let crypt = MessageCrypt::new("wx1", text(&vector, "token"), KEY, None).unwrap();
    let mut query = Query {
        signature: Some(text(&vector, "signature").into()),
        timestamp: Some(text(&vector, "timestamp").into()),
        nonce: Some(text(&vector, "nonce").into()),
        echostr: Some(text(&vector, "echostr").into()),
        ..Query::default()
    };
    assert_eq!(crypt.verify_url(&query).unwrap(), text(&vector, "echostr"));

    query.nonce = Some("1514711493".into());
    assert_eq!(crypt.verify_url(&query), Err(CryptError::Signature));
    query.signature = None;
    assert_eq!(
        crypt.verify_url(&query),
        Err(CryptError::Missing("signature"))
    );
}

#[test]
fn a_push_of_the_manual_opens_with_its_padding_of_nineteen() {
    let vector = vectors("push_safe_json");
    let crypt = of(&vector, "appid");
    let (query, encrypt) = (&vector["query"], text(&vector["body"], "Encrypt"));
    let (timestamp, nonce) = (text(query, "timestamp"), text(query, "nonce"));

    crypt
        .verify(
            timestamp,
            nonce,
            Some(encrypt),
            text(query, "msg_signature"),
        )
        .unwrap();
    crypt
        .verify(timestamp, nonce, None, text(query, "signature"))
        .unwrap();
    let opened = crypt.open(encrypt).unwrap();
    assert_eq!(opened.plaintext, text(&vector["expect"], "msg").as_bytes());
    assert_eq!(opened.key, 0);
}

#[test]
fn an_answer_of_the_manual_is_sealed_to_the_letter() {
    let vector = vectors("reply_safe_json");
    let timestamp = text(&vector, "timestamp").parse().unwrap();
    let reply = of(&vector, "appid").reply(
        0,
        text(&vector, "msg").as_bytes(),
        timestamp,
        text(&vector, "nonce"),
        random16(&vector),
    );
    let json: Value = serde_json::from_str(&reply.to_json()).unwrap();
    assert_eq!(json, vector["expect"]);
    assert_eq!(
        reply.to_xml(),
        format!(
            "<xml><Encrypt><![CDATA[{}]]></Encrypt><MsgSignature><![CDATA[{}]]></MsgSignature>\
             <TimeStamp>1713424427</TimeStamp><Nonce><![CDATA[415670741]]></Nonce></xml>",
            text(&vector["expect"], "Encrypt"),
            text(&vector["expect"], "MsgSignature"),
        )
    );
}

#[test]
fn the_answers_another_client_knows_are_ours_as_well() {
    let vector = vectors("wxbizmsgcrypt");
    let crypt = of(&vector, "receive_id");

    for (name, field) in [("echostr", "echostr"), ("decrypt", "encrypt")] {
        let case = &vector[name];
        let encrypt = text(case, field);
        let (timestamp, nonce) = (text(case, "timestamp"), text(case, "nonce"));
        crypt
            .verify(timestamp, nonce, Some(encrypt), text(case, "msg_signature"))
            .unwrap();
        let opened = crypt.open(encrypt).unwrap();
        assert_eq!(
            opened.plaintext,
            text(&case["expect"], "msg").as_bytes(),
            "{name}"
        );
    }

    let case = &vector["encrypt"];
    let sealed = crypt.seal_with(text(case, "msg").as_bytes(), random16(case));
    assert_eq!(sealed, text(&case["expect"], "Encrypt"));
    let signature = crypt.signature(text(case, "timestamp"), text(case, "nonce"), Some(&sealed));
    assert_eq!(signature, text(&case["expect"], "MsgSignature"));
}

#[test]
fn every_padding_from_one_to_thirty_two_opens_again() {
    let crypt = crypt("wxba5fad812f8e6fb9", KEY, None);
    for length in 0..=64 {
        let message = vec![b'x'; length];
        let opened = crypt.open(&crypt.seal_with(&message, [7; 16])).unwrap();
        assert_eq!(opened.plaintext, message);
    }
}

#[test]
fn the_previous_key_opens_and_is_named_so_that_the_answer_can_use_it() {
    let old = crypt("wx1", OTHER_KEY, None);
    let new = crypt("wx1", KEY, Some(OTHER_KEY));
    let opened = new.open(&old.seal_with(b"hello", [1; 16])).unwrap();
    assert_eq!(
        (opened.plaintext.as_slice(), opened.key),
        (&b"hello"[..], 1)
    );

    let reply = new.reply(opened.key, b"success", 1, "n", [2; 16]);
    assert_eq!(old.open(&reply.encrypt).unwrap().plaintext, b"success");
    let without = crypt("wx1", KEY, None).open(&reply.encrypt);
    assert!(
        without.is_err(),
        "a key that is not ours opened an envelope"
    );
}

#[test]
fn an_envelope_for_another_app_stays_closed() {
    let foreign = crypt("wx2", KEY, None).seal_with(b"hello", [1; 16]);
    assert_eq!(
        crypt("wx1", KEY, None).open(&foreign),
        Err(CryptError::AppId)
    );
    // The tail must be the whole app id, not begin with it.
    let longer = crypt("wx11", KEY, None).seal_with(b"hello", [1; 16]);
    assert_eq!(
        crypt("wx1", KEY, None).open(&longer),
        Err(CryptError::AppId)
    );
}

#[test]
fn broken_envelopes_are_refused_each_for_its_reason() {
    let crypt = crypt("wx1", KEY, None);
    assert_eq!(crypt.open("not base64!"), Err(CryptError::Base64));
    assert_eq!(crypt.open(""), Err(CryptError::CipherLength { length: 0 }));
    assert_eq!(
        crypt.open("AAAA"),
        Err(CryptError::CipherLength { length: 3 })
    );
    let noise = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_eq!(crypt.open(noise), Err(CryptError::Padding));

    // Flipping a bit of the first block flips the same bit of the second, where the length is.
    let mut bytes = STANDARD.decode(crypt.seal_with(b"hello", [0; 16])).unwrap();
    bytes[0] ^= 0x80;
    assert_eq!(
        crypt.open(&STANDARD.encode(&bytes)),
        Err(CryptError::MessageLength)
    );
    bytes[0] ^= 0x80;
    bytes[3] ^= 1;
    assert_eq!(crypt.open(&STANDARD.encode(&bytes)), Err(CryptError::AppId));
}

#[test]
fn a_signature_sorts_its_parts() {
    assert_eq!(signature(&["b", "a", "c"]), signature(&["c", "b", "a"]));
    assert_eq!(
        signature(&["a", "b", "c"]),
        "a9993e364706816aba3e25717850c26c9cd0d89d"
    );
}

#[test]
fn a_page_is_signed_for_the_jssdk_without_its_fragment() {
    let vector = vectors("jssdk_signature");
    for case in entries(&vector, "cases") {
        for url in [
            text(&case, "url").to_owned(),
            format!("{}#top", text(&case, "url")),
        ] {
            let signature = jssdk::signature(
                text(&vector, "jsapi_ticket"),
                text(&vector, "noncestr"),
                vector["timestamp"].as_i64().unwrap(),
                &url,
            );
            assert_eq!(signature, text(&case, "signature"));
        }
    }
}
