//! Bodies of callbacks whose signature fits, sealed and unsealed, and the envelope itself.

#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use wechat::callback::{Endpoint, Mode, Query, open, verify_url};
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
    let Some((kind, body)) = data.split_first() else {
        return;
    };
    let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a date");
    let config = endpoint(if kind % 2 == 0 { Mode::Safe } else { Mode::Compat });
    let crypt = &config.crypt;
    let (timestamp, nonce) = ("1795000000", "42");
    let mut query = Query {
        signature: Some(crypt.signature(timestamp, nonce, None)),
        timestamp: Some(timestamp.to_owned()),
        nonce: Some(nonce.to_owned()),
        echostr: Some(String::from_utf8_lossy(body).into_owned()),
        ..Query::default()
    };
    verify_url(&config, &query, now).expect("the signature fits");

    match kind / 2 % 4 {
        // What an envelope holds that WeChat sealed.
        0 => {
            let encrypt = crypt.seal_with_key(usize::from(kind / 8 % 2), body, [7; 16]);
            query.msg_signature = Some(crypt.signature(timestamp, nonce, Some(&encrypt)));
            let envelope = serde_json::json!({ "Encrypt": encrypt }).to_string();
            let _ = open(&config, &query, envelope.as_bytes(), now);
        }
        // An envelope whose text is anything, rightly signed.
        1 => {
            let encrypt = String::from_utf8_lossy(body).into_owned();
            query.msg_signature = Some(crypt.signature(timestamp, nonce, Some(&encrypt)));
            let envelope = serde_json::json!({ "Encrypt": encrypt }).to_string();
            let _ = open(&config, &query, envelope.as_bytes(), now);
        }
        // Bytes that were never sealed.
        2 => {
            let _ = crypt.open(&String::from_utf8_lossy(body));
        }
        // A body nobody signed must not open, whatever it says.
        _ => {
            query.msg_signature = Some(crypt.signature(timestamp, nonce, None));
            assert!(open(&config, &query, body, now).is_err());
        }
    }
});
