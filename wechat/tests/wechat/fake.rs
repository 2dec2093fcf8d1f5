//! A server on this machine that answers as it is told and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use actix_web::{App as Server, HttpRequest, HttpResponse, HttpServer, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use wechat::client::Clock;
use wechat::template::TemplateMessage;
use wechat::{Account, App, AppKind, Client, Options};

pub const TOKEN: &str = "/cgi-bin/stable_token";
pub const SEND: &str = "/cgi-bin/message/template/send";
pub const APP_ID: &str = "wxba5fad812f8e6fb9";
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// An answer the server has been told.
#[derive(Clone)]
pub struct Told {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
    pub encoding: Option<String>,
    pub after: Duration,
}

impl Told {
    pub fn json(body: &Value) -> Self {
        Self::bytes(
            "application/json; encoding=utf-8",
            body.to_string().into_bytes(),
        )
    }

    pub fn bytes(content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status: 200,
            content_type: content_type.into(),
            body,
            encoding: None,
            after: Duration::ZERO,
        }
    }

    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Says how the body is packed, whether it is or not.
    pub fn encoded(self, encoding: &str) -> Self {
        Self {
            encoding: Some(encoding.into()),
            ..self
        }
    }

    /// No answer while an impatient account waits.
    pub fn silent() -> Self {
        Self::json(&json!({})).after(3000)
    }

    pub fn after(self, millis: u64) -> Self {
        Self {
            after: Duration::from_millis(millis),
            ..self
        }
    }
}

/// A request the server has seen.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: HashMap<String, String>,
    pub content_length: Option<String>,
    pub content_type: Option<String>,
    pub raw: String,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.raw).unwrap()
    }
}

#[derive(Default)]
struct Script {
    told: HashMap<String, VecDeque<Told>>,
    seen: Vec<Seen>,
}

/// WeChat for one test: its clock stands still until the test moves it.
#[derive(Clone)]
pub struct Fake {
    script: Arc<Mutex<Script>>,
    clock: Arc<AtomicI64>,
    pub base_url: String,
}

impl Fake {
    pub fn start() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let data = Data::from(Arc::clone(&script));
        let server = HttpServer::new(move || {
            Server::new()
                .app_data(data.clone())
                .default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
        let base_url = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        let noon = DateTime::parse_from_rfc3339("2026-11-22T12:00:00+08:00").unwrap();
        Self {
            script,
            clock: Arc::new(AtomicI64::new(noon.timestamp())),
            base_url,
        }
    }

    /// Answers the next request of a path; the last answer told is given again and again.
    pub fn tell(&self, path: &str, told: Told) {
        self.script
            .lock()
            .unwrap()
            .told
            .entry(path.into())
            .or_default()
            .push_back(told);
    }

    pub fn tell_json(&self, path: &str, body: &Value) {
        self.tell(path, Told::json(body));
    }

    /// Hands out a token, `token-1` and so on.
    pub fn tell_token(&self, text: &str, expires_in: i64) {
        self.tell_json(
            TOKEN,
            &json!({ "access_token": text, "expires_in": expires_in }),
        );
    }

    /// Tells a token and one answer, for a test of a single call.
    pub fn telling(path: &str, body: &Value) -> Self {
        let fake = Self::start();
        fake.tell_token("token-1", 7200);
        fake.tell_json(path, body);
        fake
    }

    /// The only request of a path.
    pub fn only(&self, path: &str) -> Seen {
        let mut seen = self.seen(path);
        assert_eq!(seen.len(), 1, "{path} was asked {} times", seen.len());
        seen.remove(0)
    }

    pub fn seen(&self, path: &str) -> Vec<Seen> {
        let script = self.script.lock().unwrap();
        script
            .seen
            .iter()
            .filter(|seen| seen.path == path)
            .cloned()
            .collect()
    }

    /// The tokens the requests of a path carried.
    pub fn tokens(&self, path: &str) -> Vec<String> {
        self.seen(path)
            .iter()
            .map(|seen| seen.query["access_token"].clone())
            .collect()
    }

    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.clock.load(Ordering::SeqCst), 0).unwrap()
    }

    pub fn pass(&self, time: TimeDelta) {
        self.clock.fetch_add(time.num_seconds(), Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let fake = self.clone();
        Arc::new(move || fake.now())
    }

    /// Patient enough for a busy machine.
    pub fn options(&self) -> Options {
        Options::new(self.clock())
    }

    pub fn account(&self) -> Account {
        self.account_with(self.options())
    }

    /// An account for tests of silence; see [`Told::silent`].
    pub fn impatient(&self) -> Account {
        let timeout = Duration::from_millis(250);
        self.account_with(Options {
            timeout,
            ..self.options()
        })
    }

    pub fn account_with(&self, options: Options) -> Account {
        Account::new(self.app(None), Client::new(options).unwrap())
    }

    /// An account of a stated kind.
    pub fn account_of(&self, kind: AppKind) -> Account {
        Account::new(self.app(Some(kind)), Client::new(self.options()).unwrap())
    }

    fn app(&self, kind: Option<AppKind>) -> App {
        App {
            kind,
            base_url: self.base_url.clone(),
            mp_url: format!("{}/", self.base_url),
            ..App::new(APP_ID, SECRET.into())
        }
    }
}

/// A message to a follower.
pub fn message() -> TemplateMessage {
    TemplateMessage {
        touser: "o6_bmjrPTlm6_2sgVt7hMZOPfL2M".into(),
        template_id: "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY".into(),
        url: None,
        miniprogram: None,
        client_msg_id: Some("mzxw6ytboi".into()),
        data: vec![("thing1".into(), "春季调研".into())],
    }
}

/// WeChat's way to say no.
pub fn refusal(code: i64) -> Value {
    json!({ "errcode": code, "errmsg": "refused rid: 61725984-6126f6f9-040f19c4" })
}

/// WeChat's way to say that a message was sent.
pub fn sent(msgid: i64) -> Value {
    json!({ "errcode": 0, "errmsg": "ok", "msgid": msgid })
}

async fn answer(request: HttpRequest, script: Data<Mutex<Script>>, body: Bytes) -> HttpResponse {
    let header = |name| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or_default().to_owned())
    };
    let seen = Seen {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: web::Query::<HashMap<String, String>>::from_query(request.query_string())
            .unwrap()
            .into_inner(),
        content_length: header(CONTENT_LENGTH),
        content_type: header(CONTENT_TYPE),
        raw: String::from_utf8(body.to_vec()).unwrap(),
    };
    // WeChat turns away whatever has a body of unstated length.
    if request.method() == "POST" && seen.content_length.is_none() {
        return HttpResponse::PreconditionFailed().finish();
    }
    let told = {
        let mut script = script.lock().unwrap();
        let queue = script
            .told
            .get_mut(&seen.path)
            .unwrap_or_else(|| panic!("{seen:?}"));
        let told = if queue.len() > 1 {
            queue.pop_front()
        } else {
            queue.front().cloned()
        };
        script.seen.push(seen);
        told.unwrap()
    };
    actix_web::rt::time::sleep(told.after).await;
    let mut response = HttpResponse::build(StatusCode::from_u16(told.status).unwrap());
    if let Some(encoding) = told.encoding {
        response.insert_header((CONTENT_ENCODING, encoding));
    }
    response.content_type(told.content_type).body(told.body)
}
