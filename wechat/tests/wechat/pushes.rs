//! Pushes as WeChat would send them to a test.

use chrono::{DateTime, Utc};
use wechat::callback::{CallbackError, Endpoint, Mode, Push, Query, open};
use wechat::crypto::{MessageCrypt, signature};

const APP_ID: &str = "wxba5fad812f8e6fb9";
pub const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
pub const TOKEN: &str = "AAAAA";
const NOW: i64 = 1_795_000_000;

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

pub fn crypt() -> MessageCrypt {
    MessageCrypt::new(APP_ID, TOKEN, KEY, None).unwrap()
}

pub fn endpoint(mode: Mode) -> Endpoint {
    Endpoint {
        crypt: crypt(),
        mode,
        to_user_name: None,
    }
}

/// A query WeChat would send for a plain body.
pub fn plain_query() -> Query {
    let timestamp = NOW.to_string();
    Query {
        signature: Some(signature(&[TOKEN, &timestamp, "42"])),
        timestamp: Some(timestamp),
        nonce: Some("42".into()),
        ..Query::default()
    }
}

/// A query and an envelope WeChat would send in safe mode.
pub fn sealed(message: &str) -> (Query, String) {
    let query = plain_query();
    let encrypt = crypt().seal_with(message.as_bytes(), [9; 16]);
    let timestamp = query.timestamp.as_deref().unwrap();
    let msg_signature = Some(crypt().signature(timestamp, "42", Some(&encrypt)));
    (
        Query {
            msg_signature,
            encrypt_type: Some("aes".into()),
            ..query
        },
        encrypt,
    )
}

pub fn xml_envelope(encrypt: &str) -> String {
    format!("<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>")
}

pub fn open_plain(body: &str) -> Result<Push, CallbackError> {
    open(
        &endpoint(Mode::Plain),
        &plain_query(),
        body.as_bytes(),
        now(),
    )
}

/// What a text message of `who` looks like.
pub fn said(who: &str, content: &str) -> String {
    format!(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>{who}</FromUserName>\
         <CreateTime>1</CreateTime><MsgType>text</MsgType><Content>{content}</Content>\
         <MsgId>1</MsgId></xml>"
    )
}
