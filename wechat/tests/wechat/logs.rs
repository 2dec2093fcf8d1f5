//! What stands in our logs: no token, no secret, no openid, no one-time code.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use wechat::oauth::Visitor;

use crate::fake::{Fake, SECRET, SEND, Told, message, refusal};

/// Writes down everything that is logged, at every level, also by the libraries below us.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Line(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut log = self.0.lock().unwrap();
        log.push('\n');
        event.record(&mut Line(&mut log));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[actix_web::test]
async fn neither_logs_nor_errors_repeat_what_is_secret_or_about_people() {
    const TOKEN: &str = "97_tokentokentokentokentokentoken";
    const OPENID: &str = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M";
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    let fake = Fake::start();
    let account = fake.impatient();
    let mut shown = String::new();

    fake.tell_token(TOKEN, 400);
    // WeChat likes to quote what it was given.
    let quoting =
        format!("invalid access_token={TOKEN} openid {OPENID} secret {SECRET} rid: 1-2-3");
    for code in [40001, 40003, 47003, 40164, -1, 99_999] {
        fake.tell_json(SEND, &json!({ "errcode": code, "errmsg": quoting }));
    }
    fake.tell(SEND, Told::silent());
    for _ in 0..8 {
        let answer = account.send_template(&message()).await;
        write!(shown, "{answer:?}").unwrap();
        if let Err(error) = answer {
            write!(shown, "{error}").unwrap();
        }
    }

    let session = json!({ "openid": OPENID, "session_key": "keykeykeykeykeykeykeyQ==" });
    fake.tell_json("/sns/jscode2session", &session);
    fake.tell_json("/sns/jscode2session", &refusal(40029));
    fake.tell("/sns/jscode2session", Told::silent());
    for _ in 0..3 {
        write!(shown, "{:?}", account.login_with_key("the-code").await).unwrap();
    }
    let grant = json!({
        "access_token": TOKEN, "expires_in": 7200, "refresh_token": TOKEN, "openid": OPENID,
    });
    fake.tell_json("/sns/oauth2/access_token", &grant);
    let visitor: Visitor = account.oauth_visitor("the-code").await.unwrap();
    write!(shown, "{visitor:?} {account:?} {:?}", message()).unwrap();
    drop(guard);

    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("refused by WeChat"), "{logged}");
    assert!(logged.contains("replacing a refused token"), "{logged}");
    for hidden in [
        TOKEN,
        OPENID,
        SECRET,
        "keykeykey",
        "the-code",
        "access_token=97",
    ] {
        assert!(!logged.contains(hidden), "{hidden} in {logged}");
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}
