//! Bodies in the clear that begin like XML.

#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use wechat::callback::{Endpoint, Format, Mode, Query, open};
use wechat::crypto::MessageCrypt;

fn endpoint(mode: Mode) -> Endpoint {
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    let old = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";
    Endpoint {
        crypt: MessageCrypt::new("wx1", "token", key, Some(old)).expect("keys of 43 characters"),
        mode,
        to_user_name: None,
    }
}

fuzz_target!(|data: &[u8]| {
    let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a date");
    let config = endpoint(Mode::Plain);
    let query = Query {
        signature: Some(config.crypt.signature("1795000000", "42", None)),
        timestamp: Some("1795000000".to_owned()),
        nonce: Some("42".to_owned()),
        ..Query::default()
    };
    // So that the fuzzer need not find what every push has.
    let mut body = br#"<xml><ToUserName>g</ToUserName><FromUserName>o</FromUserName><CreateTime>1</CreateTime>"#.to_vec();
    body.extend_from_slice(data);
    for body in [&body[..], data] {
        if let Ok(push) = open(&config, &query, body, now) {
            assert_eq!(push.dedupe_key.len(), 64);
            assert!(!push.to_user_name.is_empty());
            assert!(matches!(push.format, Format::Xml | Format::Json));
        }
    }
});
