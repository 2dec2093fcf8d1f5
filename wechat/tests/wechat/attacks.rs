//! Bodies made to cost us time or memory: all of them are answered within a second.

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::json;
use wechat::callback::{CallbackError, Endpoint, Mode, ParseError, Query, open};

use crate::envelope::Wechat;
use crate::fake::{Fake, Told};
use crate::pushes::{KEY, TOKEN, crypt, now, open_plain, plain_query};

const APP_ID: &str = "wxba5fad812f8e6fb9";

/// Opens a body in the clear, and the same in an envelope as somebody would who knows our key.
fn attack(body: &str) -> CallbackError {
    let start = Instant::now();
    let plain = open_plain(body).unwrap_err();

    let wechat = Wechat::new(APP_ID, TOKEN, KEY);
    let encrypt = wechat.seal(body);
    let timestamp = now().timestamp().to_string();
    let query = Query {
        msg_signature: Some(wechat.msg_signature(&timestamp, "42", &encrypt)),
        ..plain_query()
    };
    let endpoint = Endpoint {
        crypt: crypt(),
        mode: Mode::Safe,
        to_user_name: None,
    };
    let envelope = json!({ "Encrypt": encrypt }).to_string();
    let sealed = open(&endpoint, &query, envelope.as_bytes(), now()).unwrap_err();
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    match (&plain, &sealed) {
        (_, CallbackError::TooLong { .. }) => {}
        _ => assert_eq!(plain, sealed),
    }
    plain
}

#[test]
fn two_megabytes_are_not_even_looked_at() {
    let words = "字".repeat(700_000);
    for body in [
        format!("<xml><Content>{words}</Content></xml>"),
        json!({ "Content": words }).to_string(),
        "<".repeat(2_100_000),
    ] {
        let length = body.len();
        assert!(2_000_000 < length);
        assert_eq!(attack(&body), CallbackError::TooLong { length });
    }
}

#[test]
fn a_billion_laughs_are_not_laughed() {
    let mut body = String::from("<!DOCTYPE lolz [<!ENTITY lol \"lol\">");
    for level in 1..10 {
        let before = if level == 1 {
            "lol".into()
        } else {
            format!("lol{}", level - 1)
        };
        write!(
            body,
            "<!ENTITY lol{level} \"{}\">",
            format!("&{before};").repeat(10)
        )
        .unwrap();
    }
    body.push_str("]><xml><ToUserName>&lol9;</ToUserName></xml>");
    assert_eq!(
        attack(&body),
        CallbackError::Parse(ParseError::DocumentType)
    );

    let undeclared = format!(
        "<xml><ToUserName>{}</ToUserName></xml>",
        "&lol9;".repeat(20_000)
    );
    assert_eq!(
        attack(&undeclared),
        CallbackError::Parse(ParseError::Entity)
    );
}

#[test]
fn nothing_is_fetched_from_outside() {
    for declaration in [
        "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\">",
        "<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/p\">%p;]>",
        "<!doctype x>",
    ] {
        let body = format!("{declaration}<xml><ToUserName>&f;</ToUserName></xml>");
        assert!(
            matches!(
                attack(&body),
                CallbackError::Parse(ParseError::DocumentType | ParseError::Format)
            ),
            "{declaration}"
        );
    }
}

#[test]
fn depth_costs_nothing() {
    let deep = "<a>".repeat(60_000);
    assert_eq!(attack(&deep), CallbackError::Parse(ParseError::Depth));
    let closed = "<a>".repeat(30_000) + &"</a>".repeat(30_000);
    assert_eq!(attack(&closed), CallbackError::Parse(ParseError::Depth));
    // The parser of JSON has a limit of its own, above ours.
    let arrays = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(attack(&arrays), CallbackError::Parse(ParseError::Format));
    let objects = "{\"a\":".repeat(40_000) + "1" + &"}".repeat(40_000);
    assert_eq!(attack(&objects), CallbackError::Parse(ParseError::Format));
    let below = "{\"a\":".repeat(100) + "1" + &"}".repeat(100);
    assert_eq!(attack(&below), CallbackError::Parse(ParseError::Depth));
}

#[test]
fn width_costs_nothing() {
    let missing = CallbackError::Parse(ParseError::Missing("ToUserName"));
    assert_eq!(
        attack(&format!("<xml>{}</xml>", "<a/>".repeat(40_000))),
        missing
    );
    let attributes: String = (0..15_000).fold(String::new(), |mut all, number| {
        write!(all, " a{number}=\"\"").unwrap();
        all
    });
    assert_eq!(attack(&format!("<xml{attributes}><b>1</b></xml>")), missing);
    let list = format!("{{\"List\":[{}1]}}", "{},".repeat(40_000));
    assert_eq!(attack(&list), missing);
    let keys: String = (0..12_000).fold(String::new(), |mut all, number| {
        write!(all, "\"a{number}\":1,").unwrap();
        all
    });
    assert_eq!(attack(&format!("{{{keys}\"b\":1}}")), missing);
    let cdata = format!("<xml><a>{}</a></xml>", "<![CDATA[]]>".repeat(15_000));
    assert_eq!(attack(&cdata), missing);
    let comments = format!("<xml>{}<a>1</a></xml>", "<!---->".repeat(30_000));
    assert_eq!(attack(&comments), missing);
}

#[actix_web::test]
async fn an_answer_that_attacks_us_is_given_up_within_a_second() {
    let deep = "[".repeat(1_000_000);
    let objects = "{\"a\":".repeat(500_000);
    let number = "9".repeat(3_000_000);
    let zipped = gzip(&vec![b' '; 64 << 20]);
    let plain = |body: String| Told::bytes("application/json", body.into_bytes());
    for told in [
        plain(deep),
        plain(objects),
        plain(format!("{{\"errcode\":{number}}}")),
        plain(format!("{{\"errcode\":\"{number}\"}}")),
        plain("x".repeat(5 << 20)),
        Told::bytes("application/json", zipped).encoded("gzip"),
    ] {
        let fake = Fake::start();
        fake.tell_token("token-1", 7200);
        fake.tell("/cgi-bin/tags/get", told);
        let account = fake.account();
        account.probe().await.unwrap();
        let start = Instant::now();
        let error = account.tags().await;
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
        if let Err(error) = error {
            assert!(error.to_string().len() < 200, "{error}");
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[actix_web::test]
async fn an_answer_that_came_zipped_unasked_is_read() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    let body = json!({ "tags": [{ "id": 2, "name": "星标组" }] }).to_string();
    let path = "/cgi-bin/tags/get";
    fake.tell(
        path,
        Told::bytes("text/plain", gzip(body.as_bytes())).encoded("GZIP"),
    );
    fake.tell(
        path,
        Told::bytes("text/plain", body.into_bytes()).encoded("gzip"),
    );
    let account = fake.account();
    assert_eq!(account.tags().await.unwrap()[0].name, "星标组");
    let broken = account.tags().await.unwrap_err();
    assert!(broken.may_have_taken_effect(), "{broken:?}");
}
