//! Data under the session key.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use wechat::crypto::open_user_data;
use wechat::user_data::{FRESH, UserDataError, raw_data_signature, session_signature};

use crate::vectors::{entries, text, vectors};

fn opened(case: &Value, now: DateTime<Utc>) -> Result<Value, UserDataError> {
    let part = |name| text(case, name);
    open_user_data(
        part("appid"),
        part("session_key"),
        part("iv"),
        part("encrypted_data"),
        now,
    )
}

fn made_at(case: &Value) -> DateTime<Utc> {
    let seconds = case["expect_watermark"]["timestamp"].as_i64().unwrap();
    DateTime::from_timestamp(seconds, 0).unwrap()
}

#[test]
fn data_of_this_app_opens_while_it_is_fresh() {
    for case in entries(&vectors("encrypted_data"), "cases") {
        let expected: Value = serde_json::from_str(text(&case, "expect_text")).unwrap();
        let at = made_at(&case);
        assert_eq!(opened(&case, at), Ok(expected.clone()));
        assert_eq!(opened(&case, at + FRESH), Ok(expected));

        let late = at + FRESH + TimeDelta::seconds(1);
        assert_eq!(opened(&case, late), Err(UserDataError::Stale { at }));
        let early = at - FRESH - TimeDelta::seconds(1);
        assert_eq!(opened(&case, early), Err(UserDataError::Stale { at }));
    }
}

#[test]
fn a_stale_key_a_foreign_app_and_wrong_lengths_are_told_apart() {
    let vectors = vectors("encrypted_data");
    let now = made_at(&entries(&vectors, "cases")[1]);
    let found: Vec<_> = entries(&vectors, "negatives")
        .iter()
        .map(|case| opened(case, now).unwrap_err())
        .collect();
    assert_eq!(
        found,
        [
            UserDataError::Padding,
            UserDataError::AppId,
            UserDataError::Length { length: 397 },
            UserDataError::KeyLength { length: 15 },
        ]
    );
}

#[test]
fn raw_data_is_signed_with_the_text_of_the_key() {
    let vector = vectors("rawdata_signature");
    let signature = raw_data_signature(text(&vector, "raw_data"), text(&vector, "session_key"));
    assert_eq!(signature, text(&vector, "signature"));
}

#[test]
fn a_session_is_signed_with_the_text_of_the_key() {
    for case in entries(&vectors("session_hmac"), "cases") {
        let signature = session_signature(text(&case, "session_key"), text(&case, "message"));
        assert_eq!(signature, text(&case, "signature"));
    }
}
