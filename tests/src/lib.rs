//! The service seen from outside: a running server, a simulated WeChat, people with names, and a
//! clock that moves only when the test moves it.

pub mod crowd;
pub mod deeds;
pub mod drill;
pub mod engine;
pub mod nation;
pub mod node;
pub mod notices;
mod people;
pub mod readers;
pub mod stage;
mod troubles;

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use api::app::App;
use api::clock::Clock;
use api::config::Config;
use api::demo::client::{Answer, Client, token};
use api::demo::world::{self, MINI_PROGRAM, World};
use api::founding::Credentials;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{CommitteeId, MemberId};
use reqwest::Method;
use serde_json::{Value, json};
use wechat::sim::{PersonSpec, Sim, SimKind};

use engine::Engine;

/// A running service with a small committee and a second one beside it.
///
/// People of 邢东: `office`, `office2`, `leader`, `auditor`, `admin`; `staff1` serves groups 一
/// and 二, `staff2` group 三; `alice` and `bo` are conveners of group 一, `chen` and `ding` its
/// members; `fang` is convener and `gao` member of group 二; `hu` convener and `jin` member of
/// group 三. Of the other committee: `x-office`, `x-staff`, `x-yan` (convener), `x-zhu`.
pub struct TestApp {
    /// The service.
    pub app: Arc<App>,
    /// The simulated WeChat.
    pub sim: Sim,
    /// Where the service listens, without a slash at the end.
    pub base: String,
    /// Speaks to the service.
    pub client: Client,
    /// Members by name.
    pub members: HashMap<&'static str, MemberId>,
    /// The committee of 邢东.
    pub committee: CommitteeId,
    /// The other one.
    pub other: CommitteeId,
    /// What the service was configured with, for other processes beside it.
    pub configuration: Value,
    credentials: HashMap<String, Credentials>,
    tokens: RefCell<HashMap<String, (DateTime<Utc>, String)>>,
    server: actix_web::dev::ServerHandle,
    _engine: Engine,
}

/// The `AppID` of the other committee's mini-program.
pub const OTHER_MINI_PROGRAM: &str = "wxother000000000mp";

/// Nine o'clock on Monday, 14 September 2026, Shanghai: eleven days before Mid-Autumn Day.
pub fn monday() -> DateTime<Utc> {
    at("2026-09-14T09:00:00+08:00")
}

/// An instant from its text.
pub fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text)
        .expect("a test writes valid instants")
        .with_timezone(&Utc)
}

/// Waits for what WeChat's pushes bring about, which come in their own time.
pub async fn until(what: &str, comes_true: impl AsyncFn() -> bool) {
    for _ in 0..400 {
        if comes_true().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it never happened that {what}");
}

impl TestApp {
    /// A service at [`monday`] with both committees and their people.
    pub async fn start() -> Self {
        Self::start_at(monday()).await
    }

    /// The same at another time.
    pub async fn start_at(now: DateTime<Utc>) -> Self {
        let mut t = Self::bare(now, 3).await;
        t.settle_people().await;
        t
    }

    /// A service at [`monday`] whose configuration or whose WeChat is another than usual.
    pub async fn changed(change: impl FnOnce(&mut World, &mut Value)) -> Self {
        let mut t = Self::on(Clock::frozen(monday()), 3, change).await;
        t.settle_people().await;
        t
    }

    /// The same where only the configuration is another.
    pub async fn with(change: impl FnOnce(&mut Value)) -> Self {
        Self::changed(|_, config| change(config)).await
    }

    /// A service at [`monday`] with so many official accounts and a clock that runs by itself, for
    /// processes that wait for one another.
    pub async fn start_running(accounts: usize) -> Self {
        let mut t = Self::on(Clock::starting(monday()), accounts, |_, _| {}).await;
        t.settle_people().await;
        t
    }

    /// A service without any committee, whose WeChat has one official account per group.
    pub async fn bare(now: DateTime<Utc>, groups: usize) -> Self {
        Self::on(Clock::frozen(now), groups, |_, _| {}).await
    }

    async fn on(clock: Clock, groups: usize, change: impl FnOnce(&mut World, &mut Value)) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("a bound address"));
        let mut world: World = world::world(groups, &base);
        world.add(
            "other",
            OTHER_MINI_PROGRAM,
            SimKind::MiniProgram,
            "别处驿站",
            &base,
        );
        let simulator = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = simulator.local_addr().expect("a bound address");
        let engine = Engine::prepare().await;
        let mut value = world::config(
            &world,
            &world::Keys::draw(),
            engine.file(),
            &format!("http://{address}"),
        );
        engine.configure(&mut value);
        value["server"] =
            json!({ "workers": 2, "metrics_token": "figures", "trusted_proxies": ["127.0.0.1"] });
        value["wechat"]["public_url"] = json!(base);
        value["jobs"] = json!({ "in_serve": false });
        change(&mut world, &mut value);
        let options = wechat::sim::Options {
            seed: 7,
            now: clock.as_fn(),
            apps: world.sim_apps.clone(),
        };
        let sim = wechat::sim::start(options, simulator).expect("the simulator starts");

        let config = Config::from_value(value.clone()).expect("a valid configuration");
        let app = App::open(config, clock).await.expect("the service opens");
        engine.must_be(&app);
        app.migrate().await.expect("migrations run");
        let server = api::server::serve(&app, listener).expect("the service serves");
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self {
            client: Client::new(&base).expect("a client"),
            app,
            sim,
            base,
            members: HashMap::new(),
            committee: CommitteeId(uuid::Uuid::nil()),
            other: CommitteeId(uuid::Uuid::nil()),
            configuration: value,
            credentials: HashMap::new(),
            tokens: RefCell::default(),
            server: handle,
            _engine: engine,
        }
    }

    /// The time it is for the service.
    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// Puts the clock to an instant.
    pub fn set(&self, text: &str) {
        self.app.clock.set(at(text));
        self.app.standings.forget();
    }

    /// Lets minutes pass.
    pub fn pass_minutes(&self, minutes: i64) {
        self.app.clock.advance(TimeDelta::minutes(minutes));
        self.app.standings.forget();
    }

    /// Runs every job that is due; tells how many were run.
    pub async fn run_jobs(&self) -> usize {
        let mut count = 0;
        // A job may wait for its time; what is due now is done after a few rounds.
        for _ in 0..50 {
            match api::worker::run_due(&self.app)
                .await
                .expect("jobs can be claimed")
            {
                0 => break,
                ran => count += ran,
            }
        }
        count
    }

    /// Remembers the credentials of accounts so that [`Self::token`] can sign them in.
    pub fn know(&mut self, prefix: &str, credentials: Vec<Credentials>) {
        for account in credentials {
            self.credentials
                .insert(format!("{prefix}{}", account.username), account);
        }
    }

    /// An access token of a person, who signs in the way he would.
    pub async fn token(&self, who: &str) -> String {
        let now = self.now();
        if let Some((issued, token)) = self.tokens.borrow().get(who)
            && (*issued..*issued + TimeDelta::minutes(14)).contains(&now)
        {
            return token.clone();
        }
        let token = match self.credentials.get(who) {
            Some(account) => self.password_token(who, account).await,
            None => self.wechat_token(who).await,
        };
        self.tokens
            .borrow_mut()
            .insert(who.to_owned(), (now, token.clone()));
        token
    }

    /// Forgets a person's token, so that he signs in again next time.
    pub fn forget_token(&self, who: &str) {
        self.tokens.borrow_mut().remove(who);
    }

    /// The password of an account, and a TOTP code of now where it has a secret.
    pub fn secrets(&self, who: &str) -> (String, Option<String>) {
        let account = &self.credentials[who];
        (account.password.clone(), account.totp_code(self.now()))
    }

    async fn password_token(&self, who: &str, account: &Credentials) -> String {
        let (password, code) = self.secrets(who);
        let committee = if who.starts_with("x-") {
            "other"
        } else {
            world::COMMITTEE
        };
        let username = format!("{}@{committee}", account.username);
        self.client
            .password(&username, &password, code)
            .await
            .expect("the account signs in")
    }

    async fn wechat_token(&self, who: &str) -> String {
        let app_id = mini_program_of(who);
        let code = self.sim.handle.login_code(app_id, who);
        let answer = self
            .client
            .wechat(app_id, &code)
            .await
            .expect("the member signs in");
        let access = token(&answer).expect("an access token");
        if answer["bound"] != json!(true) {
            let phone_code = self.sim.handle.phone_code_in(app_id, who);
            self.client
                .post(
                    &access,
                    "/auth/wechat/bind",
                    json!({ "phone_code": phone_code }),
                )
                .await
                .expect("the phone is on the roster");
        }
        access
    }

    /// A person with a phone, known to WeChat.
    pub fn phone(&self, who: &str, number: &str) {
        self.sim.handle.add_person(PersonSpec {
            key: who,
            phone: number,
        });
    }

    async fn call(
        &self,
        method: Method,
        who: Option<&str>,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let token = match who {
            Some(who) => Some(self.token(who).await),
            None => None,
        };
        let Answer { status, body } = self
            .client
            .call(method, token.as_deref(), path, body)
            .await
            .expect("the service answers");
        (status, body)
    }

    /// GET as somebody, or as a stranger.
    pub async fn get(&self, who: impl Into<Option<&str>>, path: &str) -> (u16, Value) {
        self.call(Method::GET, who.into(), path, None).await
    }

    /// POST as somebody, or as a stranger.
    pub async fn post(
        &self,
        who: impl Into<Option<&str>>,
        path: &str,
        body: Value,
    ) -> (u16, Value) {
        self.call(Method::POST, who.into(), path, Some(&body)).await
    }

    /// PUT as somebody, or as a stranger.
    pub async fn put(&self, who: impl Into<Option<&str>>, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PUT, who.into(), path, Some(&body)).await
    }

    /// PATCH as somebody, or as a stranger.
    pub async fn patch(
        &self,
        who: impl Into<Option<&str>>,
        path: &str,
        body: Value,
    ) -> (u16, Value) {
        self.call(Method::PATCH, who.into(), path, Some(&body))
            .await
    }

    /// DELETE as somebody, or as a stranger.
    pub async fn delete(&self, who: impl Into<Option<&str>>, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, who.into(), path, None).await
    }

    /// The body of a GET that must succeed.
    pub async fn see(&self, who: &str, path: &str) -> Value {
        let (status, body) = self.get(who, path).await;
        assert_eq!(status, 200, "GET {path} as {who}: {body}");
        body
    }

    /// The body of a POST that must succeed.
    pub async fn act(&self, who: &str, path: &str, body: Value) -> Value {
        let (status, body) = self.post(who, path, body).await;
        assert!(
            (200..300).contains(&status),
            "POST {path} as {who}: {status} {body}"
        );
        body
    }

    /// Id of a group by its place in the list, from 0.
    pub async fn group(&self, index: usize) -> String {
        let groups = self.see("office", "/groups").await;
        groups["items"][index]["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    /// A draft of group 一 by alice, which begins in five days at 14:30; returns its id.
    pub async fn draft(&self, title: &str) -> String {
        let starts = self.now() + TimeDelta::days(5) + TimeDelta::minutes(330);
        let body = json!({
            "group_id": self.group(0).await, "kind": "study", "mode": "annual_plan", "title": title,
            "content": "请准时参加。", "venue": "第一驿站",
            "starts_at": starts.to_rfc3339(), "ends_at": (starts + TimeDelta::hours(2)).to_rfc3339(),
        });
        let activity = self.act("alice", "/activities", body).await;
        activity["id"].as_str().expect("an id").to_owned()
    }

    /// An activity of group 一 that is published; returns its id.
    pub async fn activity(&self, title: &str) -> String {
        let id = self.draft(title).await;
        self.act("alice", &format!("/activities/{id}/submit"), json!({}))
            .await;
        self.act("staff1", &format!("/activities/{id}/approve"), json!({}))
            .await;
        self.act("alice", &format!("/activities/{id}/publish"), json!({}))
            .await;
        id
    }

    /// Puts the clock to the start of an activity and reads the code its screen shows.
    pub async fn arrive(&self, activity: &str) -> Value {
        let seen = self.see("staff1", &format!("/activities/{activity}")).await;
        self.set(seen["starts_at"].as_str().expect("an instant"));
        self.see("staff1", &format!("/activities/{activity}/check-in-code"))
            .await
    }

    /// Stops the service and the simulator.
    pub async fn stop(self) {
        self.server.stop(false).await;
        self.sim.stop().await;
    }
}

/// Through which mini-program a person signs in.
fn mini_program_of(who: &str) -> &'static str {
    if who.starts_with("x-") {
        OTHER_MINI_PROGRAM
    } else {
        MINI_PROGRAM
    }
}
