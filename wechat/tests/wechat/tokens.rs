//! Tokens: fetched once, used for a while, replaced when refused.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use wechat::error::{Class, Endpoint};
use wechat::token::{BoxFuture, SharedToken, SharedTokens};
use wechat::{Error, Options};

use crate::fake::{Fake, SEND, TOKEN, Told, message, refusal, sent};

#[actix_web::test]
async fn many_calls_at_once_fetch_one_token() {
    let fake = Fake::start();
    fake.tell(
        TOKEN,
        Told::json(&json!({ "access_token": "token-1", "expires_in": 7200 })).after(60),
    );
    fake.tell_json(SEND, &sent(1));
    let account = fake.account();

    let message = message();
    let (a, b, c, d) = tokio::join!(
        account.send_template(&message),
        account.send_template(&message),
        account.send_template(&message),
        account.send_template(&message),
    );
    assert!([a, b, c, d].iter().all(Result::is_ok));
    assert_eq!(fake.seen(TOKEN).len(), 1);
}

#[actix_web::test]
async fn whoever_waits_for_a_failing_fetch_shares_its_failure() {
    let fake = Fake::start();
    fake.tell(TOKEN, Told::json(&refusal(-1)).after(60));
    let account = fake.account();

    let (a, b, c) = tokio::join!(account.probe(), account.probe(), account.probe());
    assert!([a, b, c].iter().all(Result::is_err));
    assert_eq!(fake.seen(TOKEN).len(), 1);

    assert!(account.probe().await.is_err());
    assert_eq!(fake.seen(TOKEN).len(), 2, "a later call must try again");
}

#[actix_web::test]
async fn a_token_is_asked_for_again_after_five_minutes_or_a_minute_before_its_end() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell_token("token-2", 200);
    fake.tell_token("token-3", 7200);
    fake.tell_json(SEND, &sent(1));
    let account = fake.account();
    let send = async || account.send_template(&message()).await.unwrap();

    send().await;
    fake.pass(TimeDelta::seconds(299));
    send().await;
    fake.pass(TimeDelta::seconds(1));
    send().await;
    fake.pass(TimeDelta::seconds(139));
    send().await;
    fake.pass(TimeDelta::seconds(1));
    send().await;
    let expected = ["token-1", "token-1", "token-2", "token-2", "token-3"];
    assert_eq!(fake.tokens(SEND), expected);
}

#[actix_web::test]
async fn the_old_token_serves_on_while_a_new_one_cannot_be_had() {
    let fake = Fake::start();
    fake.tell_token("token-1", 400);
    fake.tell_json(TOKEN, &refusal(-1));
    fake.tell_json(SEND, &sent(1));
    let account = fake.account();
    account.send_template(&message()).await.unwrap();

    fake.pass(TimeDelta::seconds(350));
    account.send_template(&message()).await.unwrap();
    account.send_template(&message()).await.unwrap();
    assert_eq!(fake.tokens(SEND), ["token-1"; 3]);
    assert_eq!(fake.seen(TOKEN).len(), 2, "not every call may try to renew");

    fake.pass(TimeDelta::seconds(50));
    let error = account.send_template(&message()).await.unwrap_err();
    assert_eq!(
        error.api().map(|error| error.endpoint),
        Some(Endpoint::StableToken)
    );
}

#[actix_web::test]
async fn a_refused_token_is_replaced_once_and_the_call_repeated_once() {
    for code in [40001, 40014, 42001] {
        let fake = Fake::start();
        fake.tell_token("token-1", 7200);
        fake.tell_token("token-2", 7200);
        fake.tell_json(SEND, &refusal(code));
        fake.tell_json(SEND, &sent(7));
        assert_eq!(fake.account().send_template(&message()).await, Ok(7));
        assert_eq!(fake.tokens(SEND), ["token-1", "token-2"]);
    }
}

#[actix_web::test]
async fn a_slow_refusal_does_not_throw_away_the_token_that_replaced_its_own() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell_token("token-2", 7200);
    fake.tell_token("token-3", 7200);
    fake.tell(SEND, Told::json(&refusal(40001)).after(200));
    fake.tell_json(SEND, &refusal(40001));
    fake.tell_json(SEND, &sent(1));
    let account = fake.account();

    let message = message();
    let (slow, quick) = tokio::join!(account.send_template(&message), async {
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        account.send_template(&message).await
    });
    assert_eq!((slow, quick), (Ok(1), Ok(1)));
    assert_eq!(fake.seen(TOKEN).len(), 2);
    assert_eq!(
        fake.tokens(SEND),
        ["token-1", "token-1", "token-2", "token-2"]
    );
}

#[actix_web::test]
async fn a_token_refused_for_ever_opens_the_circuit_for_a_minute() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell_json(SEND, &refusal(40001));
    let account = fake.account();

    let error = account.send_template(&message()).await.unwrap_err();
    assert_eq!(error.api().map(|error| error.class), Some(Class::Token));
    assert_eq!((fake.seen(TOKEN).len(), fake.seen(SEND).len()), (2, 2));

    let until = fake.now() + TimeDelta::seconds(60);
    for _ in 0..20 {
        let error = account.send_template(&message()).await.unwrap_err();
        assert_eq!(error, Error::CircuitOpen { until });
    }
    assert_eq!((fake.seen(TOKEN).len(), fake.seen(SEND).len()), (2, 2));

    fake.pass(TimeDelta::seconds(60));
    account.send_template(&message()).await.unwrap_err();
    assert_eq!((fake.seen(TOKEN).len(), fake.seen(SEND).len()), (4, 4));
}

#[actix_web::test]
async fn a_wrong_secret_is_a_matter_of_configuration_and_not_repeated() {
    let fake = Fake::start();
    fake.tell_json(TOKEN, &refusal(40001));
    let error = fake.account().send_template(&message()).await.unwrap_err();
    assert_eq!(error.api().map(|error| error.class), Some(Class::Config));
    assert_eq!(fake.seen(TOKEN).len(), 1);
}

#[actix_web::test]
async fn without_a_token_the_message_was_certainly_not_sent() {
    let fake = Fake::start();
    fake.tell(TOKEN, Told::silent());
    fake.tell_json(TOKEN, &refusal(-1));
    let account = fake.impatient();

    for _ in 0..2 {
        let error = account.send_template(&message()).await.unwrap_err();
        assert!(!error.may_have_taken_effect(), "{error:?}");
    }
    fake.tell(TOKEN, Told::silent());
    let error = account.phone_number("code", "o1").await.unwrap_err();
    assert!(
        !error.may_have_taken_effect(),
        "the code was not used: {error:?}"
    );
}

/// A store two accounts share, as two processes would share a database.
#[derive(Default)]
struct Shelf(Mutex<Option<SharedToken>>);

impl SharedTokens for Shelf {
    fn load<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Option<SharedToken>> {
        Box::pin(async { self.0.lock().unwrap().clone() })
    }

    fn store<'a>(&'a self, _: &'a str, token: SharedToken) -> BoxFuture<'a, ()> {
        Box::pin(async { *self.0.lock().unwrap() = Some(token) })
    }
}

#[actix_web::test]
async fn processes_can_share_their_tokens() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell_token("token-2", 7200);
    fake.tell_json(SEND, &sent(1));
    let shelf = Arc::new(Shelf::default());
    let options = || {
        let shared_tokens: Option<Arc<dyn SharedTokens>> = Some(shelf.clone());
        Options {
            shared_tokens,
            ..fake.options()
        }
    };
    let (one, two) = (fake.account_with(options()), fake.account_with(options()));

    one.send_template(&message()).await.unwrap();
    two.send_template(&message()).await.unwrap();
    assert_eq!(fake.seen(TOKEN).len(), 1);

    // Another process has meanwhile replaced the token: it is taken instead of a fetch of our own.
    fake.pass(TimeDelta::seconds(1));
    let now = fake.now();
    let text = SecretString::from("token-9");
    let expires_at = now + TimeDelta::hours(2);
    *shelf.0.lock().unwrap() = Some(SharedToken {
        text,
        fetched_at: now,
        expires_at,
    });
    fake.tell_json(SEND, &refusal(42001));
    fake.tell_json(SEND, &sent(2));
    assert_eq!(two.send_template(&message()).await, Ok(1));
    assert_eq!(two.send_template(&message()).await, Ok(2));
    assert_eq!(fake.tokens(SEND).last().unwrap(), "token-9");
    assert_eq!(fake.seen(TOKEN).len(), 1);
    assert_eq!(
        shelf
            .0
            .lock()
            .unwrap()
            .as_ref()
            .unwrap()
            .text
            .expose_secret(),
        "token-9"
    );
}

#[actix_web::test]
async fn an_old_token_on_the_shelf_is_not_taken_for_a_refused_one() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell_token("token-2", 7200);
    fake.tell_json(SEND, &refusal(40001));
    fake.tell_json(SEND, &sent(1));
    let shelf = Arc::new(Shelf::default());
    let account = fake.account_with(Options {
        shared_tokens: Some(shelf.clone()),
        ..fake.options()
    });
    account.probe().await.unwrap();

    let fetched_at = fake.now() - TimeDelta::seconds(10);
    let expires_at = fake.now() + TimeDelta::hours(2);
    let text = SecretString::from("token-0");
    *shelf.0.lock().unwrap() = Some(SharedToken {
        text,
        fetched_at,
        expires_at,
    });
    assert_eq!(account.send_template(&message()).await, Ok(1));
    assert_eq!(fake.tokens(SEND), ["token-1", "token-2"]);
}

#[actix_web::test]
async fn a_refused_token_of_another_process_opens_no_circuit() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell_token("token-2", 7200);
    fake.tell_json(SEND, &refusal(40001));
    fake.tell_json(SEND, &refusal(40001));
    fake.tell_json(SEND, &refusal(40001));
    fake.tell_json(SEND, &sent(1));
    let shelf = Arc::new(Shelf::default());
    let account = fake.account_with(Options {
        shared_tokens: Some(shelf.clone()),
        ..fake.options()
    });
    account.probe().await.unwrap();

    let fetched_at = fake.now() + TimeDelta::seconds(1);
    let expires_at = fake.now() + TimeDelta::hours(2);
    let text = SecretString::from("token-9");
    *shelf.0.lock().unwrap() = Some(SharedToken {
        text,
        fetched_at,
        expires_at,
    });
    let error = account.send_template(&message()).await.unwrap_err();
    assert_eq!(error.api().map(|error| error.code), Some(40001));
    assert_eq!(account.send_template(&message()).await, Ok(1));
    assert_eq!(
        fake.tokens(SEND),
        ["token-1", "token-9", "token-9", "token-2"]
    );
}

/// A store that never answers.
struct Hanging;

impl SharedTokens for Hanging {
    fn load<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Option<SharedToken>> {
        Box::pin(std::future::pending())
    }

    fn store<'a>(&'a self, _: &'a str, _: SharedToken) -> BoxFuture<'a, ()> {
        Box::pin(std::future::pending())
    }
}

#[actix_web::test]
async fn a_store_that_never_answers_costs_no_token_and_little_time() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell_json(SEND, &sent(1));
    let account = fake.account_with(Options {
        shared_tokens: Some(Arc::new(Hanging)),
        ..fake.options()
    });
    let start = std::time::Instant::now();
    assert_eq!(account.send_template(&message()).await, Ok(1));
    assert_eq!(account.send_template(&message()).await, Ok(1));
    assert!(start.elapsed() < Duration::from_secs(4));
    assert_eq!(fake.tokens(SEND), ["token-1"; 2]);
    assert_eq!(fake.seen(TOKEN).len(), 1, "the token just obtained is kept");
}

#[actix_web::test]
async fn a_token_is_never_forced() {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell_token("token-2", 7200);
    fake.tell_json(SEND, &refusal(40001));
    fake.tell_json(SEND, &sent(1));
    fake.account().send_template(&message()).await.unwrap();
    for request in fake.seen(TOKEN) {
        assert_eq!(request.json().get("force_refresh"), None);
        assert_eq!(request.query.len(), 0, "the secret stands in no address");
    }
    assert_eq!(fake.seen(TOKEN).len(), 2);
}

#[actix_web::test]
async fn an_address_that_is_not_on_the_list_is_told_whichever_call_finds_out() {
    let refused = json!({ "errcode": 40164, "errmsg":
        "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 1-2-3" });
    let ip = Some([203, 0, 113, 7].into());

    let fake = Fake::start();
    fake.tell_json(TOKEN, &refused);
    let error = fake.account().send_template(&message()).await.unwrap_err();
    assert_eq!(error.seen_ip(), ip);
    assert_eq!(error.api().map(|error| error.class), Some(Class::Config));
    assert!(error.to_string().contains("203.0.113.7"), "{error}");

    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake.tell_json(SEND, &refused);
    let error = fake.account().send_template(&message()).await.unwrap_err();
    assert_eq!(error.seen_ip(), ip);
    assert_eq!(fake.seen(SEND).len(), 1, "asking again would not help");
}
