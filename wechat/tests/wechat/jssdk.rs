//! Pages signed for the JSSDK.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::json;
use wechat::Options;
use wechat::jssdk::signature;
use wechat::token::{BoxFuture, SharedToken, SharedTokens};

use crate::fake::{APP_ID, Fake, refusal};

const TICKET: &str = "/cgi-bin/ticket/getticket";
const PAGE: &str = "https://a.example/checkin?id=1#top";

fn tell(fake: &Fake, ticket: &str, expires_in: i64) {
    fake.tell_json(
        TICKET,
        &json!({ "errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": expires_in }),
    );
}

fn wechat() -> Fake {
    let fake = Fake::start();
    fake.tell_token("token-1", 7200);
    fake
}

#[actix_web::test]
async fn a_page_is_signed_with_a_ticket_fetched_once_for_all_who_wait() {
    let fake = wechat();
    tell(&fake, "ticket-1", 7200);
    let account = fake.account();

    let (one, two) = tokio::join!(account.sign_page(PAGE, "n1"), account.sign_page(PAGE, "n2"));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.app_id, APP_ID);
    assert_eq!(one.timestamp, fake.now().timestamp());
    assert_eq!(
        one.signature,
        signature("ticket-1", "n1", one.timestamp, PAGE)
    );
    assert_ne!(one.signature, two.signature);
    assert_eq!(fake.only(TICKET).query["type"], "jsapi");
}

#[actix_web::test]
async fn a_ticket_is_renewed_five_minutes_before_its_end_and_serves_on_if_that_fails() {
    let fake = wechat();
    tell(&fake, "ticket-1", 7200);
    fake.tell_json(TICKET, &refusal(-1));
    fake.tell_json(TICKET, &refusal(-1));
    tell(&fake, "ticket-2", 7200);
    let account = fake.account();
    let ticket = async || {
        let config = account.sign_page(PAGE, "n").await?;
        let of = |ticket: &str| signature(ticket, "n", config.timestamp, PAGE);
        Ok::<_, wechat::Error>(match config.signature {
            signed if signed == of("ticket-1") => 1,
            signed if signed == of("ticket-2") => 2,
            other => panic!("{other}"),
        })
    };

    assert_eq!(ticket().await, Ok(1));
    fake.pass(TimeDelta::seconds(6899));
    assert_eq!(ticket().await, Ok(1));
    assert_eq!(fake.seen(TICKET).len(), 1);
    fake.pass(TimeDelta::seconds(1));
    assert_eq!(ticket().await, Ok(1), "a ticket that lives is served on");
    assert_eq!(fake.seen(TICKET).len(), 2);
    fake.pass(TimeDelta::seconds(300));
    assert!(ticket().await.is_err(), "a dead ticket signs nothing");
    assert_eq!(ticket().await, Ok(2));
}

#[derive(Default)]
struct Shelf(Mutex<HashMap<String, SharedToken>>);

impl SharedTokens for Shelf {
    fn load<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Option<SharedToken>> {
        Box::pin(async { self.0.lock().unwrap().get(name).cloned() })
    }

    fn store<'a>(&'a self, name: &'a str, token: SharedToken) -> BoxFuture<'a, ()> {
        Box::pin(async {
            self.0.lock().unwrap().insert(name.to_owned(), token);
        })
    }
}

#[actix_web::test]
async fn processes_share_tickets_beside_tokens() {
    let fake = wechat();
    tell(&fake, "ticket-1", 7200);
    let shelf = Arc::new(Shelf::default());
    let options = || Options {
        shared_tokens: Some(shelf.clone()),
        ..fake.options()
    };
    for _ in 0..2 {
        let account = fake.account_with(options());
        account.sign_page(PAGE, "n").await.unwrap();
    }
    assert_eq!(fake.seen(TICKET).len(), 1);
    let mut names: Vec<_> = shelf.0.lock().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(names, [APP_ID.to_owned(), format!("{APP_ID}/jsapi_ticket")]);
}
