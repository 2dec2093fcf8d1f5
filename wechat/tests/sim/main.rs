//! The simulator answers as WeChat does: shown over HTTP, one file per idea.
#![cfg(feature = "sim")]

mod checks;
mod clients;
mod ear;
mod events;
mod faults;
mod followers;
mod login;
mod media;
mod menus;
mod oauth;
mod ops;
mod phones;
mod pushes;
mod replies;
mod reviews;
mod sending;
mod strictness;
mod tags;
mod templates;
mod tokens;
mod watching;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use wechat::sim::{
    self, CallbackMode, Handle, PersonSpec, PushFormat, PushHabits, Sim, SimApp, SimKind,
    SimTemplate,
};

const MINI: &str = "wxmini0000000001";
const MINI_TWO: &str = "wxmini0000000002";
const STATION: &str = "wxstation0000001";
const PAPER: &str = "wxpaper000000001";
const NOTICE: &str = "notice-template";
const REMINDER: &str = "reminder-template";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// A simulator, and a client that knows how to ask.
struct World {
    sim: Sim,
    client: reqwest::Client,
}

fn app(app_id: &str, kind: SimKind) -> SimApp {
    let template = |template_id: &str, title: &str| SimTemplate {
        template_id: template_id.to_owned(),
        title: title.to_owned(),
        content: "活动名称:{{thing1.DATA}}\n开始时间:{{time2.DATA}}\n".to_owned(),
        ..SimTemplate::default()
    };
    let templates = match kind {
        SimKind::MiniProgram => vec![template(REMINDER, "签到提醒")],
        SimKind::ServiceAccount | SimKind::SubscriptionAccount => {
            vec![template(NOTICE, "会议通知")]
        }
    };
    SimApp {
        app_id: app_id.to_owned(),
        secret: format!("secret-of-{app_id}"),
        token: format!("token-of-{app_id}"),
        aes_key: KEY.to_owned(),
        gh_id: format!("gh_{app_id}"),
        kind,
        name: "某某驿站".to_owned(),
        open_platform: (app_id != PAPER).then(|| "platform".to_owned()),
        callback_url: None,
        callback_mode: CallbackMode::Safe,
        push_format: PushFormat::Xml,
        previous_aes_key: None,
        ip_whitelist: None,
        templates,
    }
}

fn accounts() -> Vec<SimApp> {
    vec![
        app(MINI, SimKind::MiniProgram),
        app(MINI_TWO, SimKind::MiniProgram),
        app(STATION, SimKind::ServiceAccount),
        app(PAPER, SimKind::SubscriptionAccount),
    ]
}

fn noon() -> DateTime<Utc> {
    "2026-03-02T04:00:00Z".parse().expect("a date")
}

impl World {
    fn start() -> Self {
        Self::start_with(accounts())
    }

    fn start_with(apps: Vec<SimApp>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let options = sim::Options {
            seed: 7,
            now: Arc::new(noon),
            apps,
        };
        let sim = sim::start(options, listener).expect("a loopback address");
        for (key, phone) in [("alice", "13800000001"), ("bo", "13800000002")] {
            sim.handle.add_person(PersonSpec { key, phone });
        }
        // Pushes come at once, unless a test says otherwise.
        let quick = PushHabits {
            delay_min_millis: 0,
            delay_max_millis: 0,
            ..habits()
        };
        sim.handle.set_push_habits(quick);
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        Self { sim, client }
    }

    fn handle(&self) -> &Handle {
        &self.sim.handle
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.sim.base_url())
    }

    async fn get(&self, path: &str) -> Value {
        let response = self
            .client
            .get(self.url(path))
            .send()
            .await
            .expect("an answer");
        response.json().await.expect("JSON")
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let response = self
            .client
            .post(self.url(path))
            .json(&body)
            .send()
            .await
            .expect("an answer");
        response.json().await.expect("JSON")
    }

    /// Posts with the account's token.
    async fn ask(&self, app_id: &str, path: &str, body: Value) -> Value {
        let token = self.token(app_id).await;
        self.post(&format!("{path}?access_token={token}"), body)
            .await
    }

    /// Gets with the account's token; `more` is the rest of the query.
    async fn look(&self, app_id: &str, path: &str, more: &str) -> Value {
        let token = self.token(app_id).await;
        self.get(&format!("{path}?access_token={token}{more}"))
            .await
    }

    async fn token(&self, app_id: &str) -> String {
        let answer = self.stable_token(app_id, false).await;
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    async fn stable_token(&self, app_id: &str, force: bool) -> Value {
        let body = json!({
            "grant_type": "client_credential",
            "appid": app_id,
            "secret": format!("secret-of-{app_id}"),
            "force_refresh": force,
        });
        self.post("cgi-bin/stable_token", body).await
    }

    async fn classic_token(&self, app_id: &str) -> String {
        let path = format!(
            "cgi-bin/token?grant_type=client_credential&appid={app_id}&secret=secret-of-{app_id}"
        );
        self.get(&path).await["access_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// What a call with this token says: 0 when it works.
    async fn verdict(&self, token: &str) -> i64 {
        code(
            &self
                .get(&format!("cgi-bin/getcallbackip?access_token={token}"))
                .await,
        )
    }

    async fn send_notice(&self, person: &str, more: Value) -> Value {
        let token = self.token(STATION).await;
        let body = self.notice(person, more);
        self.post(
            &format!("cgi-bin/message/template/send?access_token={token}"),
            body,
        )
        .await
    }

    fn notice(&self, person: &str, more: Value) -> Value {
        let mut body = json!({
            "touser": self.handle().openid(STATION, person),
            "template_id": NOTICE,
            "data": {
                "thing1": { "value": "春季座谈会" },
                "time2": { "value": "2026年3月5日 15:00" },
            },
        });
        let (Value::Object(body_fields), Value::Object(more)) = (&mut body, more) else {
            panic!("the additions are an object");
        };
        body_fields.extend(more);
        body
    }

    fn pass(&self, seconds: u64) {
        self.handle().advance(Duration::from_secs(seconds));
    }
}

/// Habits without chance.
fn habits() -> PushHabits {
    PushHabits {
        before_answer: 0.0,
        retry_pause_millis: 5,
        ..PushHabits::default()
    }
}

fn code(answer: &Value) -> i64 {
    answer["errcode"].as_i64().unwrap_or(0)
}

fn message(answer: &Value) -> &str {
    answer["errmsg"].as_str().unwrap_or_default()
}

#[actix_web::test]
async fn only_this_machine_can_reach_it() {
    let listener = TcpListener::bind("0.0.0.0:0").expect("a free port");
    let options = sim::Options {
        seed: 7,
        now: Arc::new(noon),
        apps: accounts(),
    };

    let refused = sim::start(options, listener).err();

    assert!(matches!(refused, Some(sim::StartError::NotLoopback(_))));
}

#[actix_web::test]
async fn a_stopped_simulator_answers_nobody() {
    let world = World::start();
    let url = world.url("sim/people");
    world.sim.stop().await;

    assert!(world.client.get(url).send().await.is_err());
}
