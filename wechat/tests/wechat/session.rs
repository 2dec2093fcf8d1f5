//! Sessions of the mini-program and what their key opens.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use wechat::Error;
use wechat::error::Endpoint;
use wechat::user_data::session_signature;

use crate::fake::{Fake, TOKEN, refusal};
use crate::vectors::{entries, text, vectors};

const LOGIN: &str = "/sns/jscode2session";
const CHECK: &str = "/wxa/checksession";
const RESET: &str = "/wxa/resetusersessionkey";
const ENCRYPTED: &str = "/wxa/business/checkencryptedmsg";

fn key() -> SecretString {
    "OefJZJ5O5NyuZoYWDkgMvA==".into()
}

#[actix_web::test]
async fn a_session_comes_with_its_key_for_those_who_ask() {
    for case in entries(&vectors("api_responses"), "cases") {
        if text(&case, "api") != "GET /sns/jscode2session" || case["body"]["openid"].is_null() {
            continue;
        }
        let fake = Fake::start();
        fake.tell_json(LOGIN, &case["body"]);
        let keyed = fake.account().login_with_key("code").await.unwrap();
        assert_eq!(keyed.session.openid, text(&case["body"], "openid"));
        let key = keyed.session_key.expose_secret();
        assert_eq!(key, text(&case["body"], "session_key"));
        assert!(!format!("{keyed:?}").contains(key));
        assert_eq!(
            fake.seen(TOKEN).len(),
            0,
            "a code is exchanged without a token"
        );
    }
}

#[actix_web::test]
async fn the_key_of_a_session_is_proven_by_a_signature_and_never_sent() {
    let fake = Fake::telling(CHECK, &json!({ "errcode": 0, "errmsg": "ok" }));
    fake.tell_json(CHECK, &refusal(87009));
    fake.tell_json(CHECK, &refusal(-1));
    let account = fake.account();

    assert_eq!(account.check_session("o1", &key()).await, Ok(true));
    assert_eq!(account.check_session("o1", &key()).await, Ok(false));
    assert!(account.check_session("o1", &key()).await.is_err());
    let seen = &fake.seen(CHECK)[0];
    assert_eq!((seen.method.as_str(), seen.raw.as_str()), ("GET", ""));
    assert_eq!(seen.query["openid"], "o1");
    assert_eq!(seen.query["sig_method"], "hmac_sha256");
    assert_eq!(
        seen.query["signature"],
        session_signature(key().expose_secret(), "")
    );
    assert_eq!(seen.query.len(), 4);
}

#[actix_web::test]
async fn a_session_gets_another_key_and_only_its_own() {
    let fake = Fake::telling(
        RESET,
        &json!({ "errcode": 0, "errmsg": "ok", "openid": "o1", "session_key": "new" }),
    );
    fake.tell_json(RESET, &json!({ "openid": "o2", "session_key": "theirs" }));
    fake.tell_json(RESET, &refusal(87007));
    let account = fake.account();

    let renewed = account.reset_session("o1", &key()).await.unwrap();
    assert_eq!(renewed.expose_secret(), "new");
    let foreign = account.reset_session("o1", &key()).await.unwrap_err();
    let Error::Unbelievable { endpoint, .. } = foreign else {
        panic!("{foreign:?}")
    };
    assert_eq!(endpoint, Endpoint::ResetSession);
    let gone = account.reset_session("o1", &key()).await.unwrap_err();
    assert_eq!(gone.api().map(|error| error.code), Some(87007));
}

#[actix_web::test]
async fn of_encrypted_data_only_a_hash_is_asked_about() {
    let made = json!({ "errcode": 0, "vaild": true, "create_time": 1_629_121_902 });
    let fake = Fake::telling(ENCRYPTED, &made);
    fake.tell_json(
        ENCRYPTED,
        &json!({ "errcode": 0, "vaild": false, "create_time": 0 }),
    );
    fake.tell_json(
        ENCRYPTED,
        &json!({ "errcode": 0, "valid": 1, "create_time": "7" }),
    );
    fake.tell_json(ENCRYPTED, &json!({ "errcode": 0 }));
    let account = fake.account();

    let time = async || account.encrypted_data_time("hello").await;
    assert_eq!(time().await, Ok(Some(1_629_121_902)));
    assert_eq!(time().await, Ok(None));
    assert_eq!(time().await, Ok(Some(7)));
    assert_eq!(time().await, Ok(None));
    assert_eq!(
        fake.seen(ENCRYPTED)[0].json(),
        json!({
            "encrypted_msg_hash":
                "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        })
    );
}
