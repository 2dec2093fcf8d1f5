//! Answers of WeChat's interface, read as the client reads them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use wechat::Error;
use wechat::client::read_answer;
use wechat::endpoint::Endpoint;
use wechat::followers::UserInfo;
use wechat::login::{KeyedSession, Session};
use wechat::ops::{CallbackView, Quotas, RequestFacts};
use wechat::qrcode::QrTicket;
use wechat::tags::Tag;
use wechat::template::{BlockedMessage, Industries, Template};

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let endpoint = Endpoint::ALL[usize::from(*first) % Endpoint::ALL.len()];
    match read_answer::<Value>(endpoint, body) {
        Ok(_) => {}
        Err(Error::Api(error)) => {
            // What is shown of a refusal is short and holds no word as long as an openid.
            assert_ne!(error.code, 0);
            assert!(error.message.chars().count() <= 300);
            let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let longest = error.message.split(|c| !in_word(c)).map(str::len).max();
            assert!(longest.unwrap_or(0) <= 26);
        }
        Err(Error::Ambiguous { .. }) => {}
        Err(other) => panic!("{other}"),
    }
    let _ = read_answer::<Session>(endpoint, body);
    let _ = read_answer::<KeyedSession>(endpoint, body);
    let _ = read_answer::<UserInfo>(endpoint, body);
    let _ = read_answer::<QrTicket>(endpoint, body);
    let _ = read_answer::<Quotas>(endpoint, body);
    let _ = read_answer::<RequestFacts>(endpoint, body);
    let _ = read_answer::<CallbackView>(endpoint, body);
    let _ = read_answer::<Tag>(endpoint, body);
    let _ = read_answer::<Template>(endpoint, body);
    let _ = read_answer::<Industries>(endpoint, body);
    let _ = read_answer::<BlockedMessage>(endpoint, body);
});
