//! Everything the simulator knows, behind one lock. What each path does with it is left to the
//! files named after the paths.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::answer::{Ask, Heard, Outcome, Refused, Reply, words_for};
use super::endpoints::{self, Auth, Endpoint, Who};
use super::fault::Faults;
use super::people::{Code, Person};
use super::push::{PushHabits, PushJob};
use super::quota::Quotas;
use super::record::{Call, Push, RidRecord, Shown};
use super::tokens::{self, Tokens};
use super::{Now, Options, SimApp, SimKind};

/// How many calls and rids are remembered before the oldest half is dropped.
const REMEMBERED: usize = 100_000;

/// An account or person the simulator was asked for and does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No account has this appid.
    #[error("no simulated account has the appid {0}")]
    App(String),
    /// Nobody has this key.
    #[error("nobody in the simulator is called {0}")]
    Person(String),
    /// No account is a mini-program.
    #[error("the simulator has no mini-program")]
    MiniProgram,
}

/// One account and what has become of it.
pub(super) struct App {
    pub spec: SimApp,
    pub menu: Option<Value>,
    pub ticket: Option<(String, DateTime<Utc>)>,
    /// The pages that are published; `None` is any well-formed page.
    pub pages: Option<Vec<String>>,
}

pub(super) struct World {
    clock: Now,
    pub offset: TimeDelta,
    pub rng: StdRng,
    pub apps: BTreeMap<String, App>,
    pub people: BTreeMap<String, Person>,
    /// From openid to account and person.
    pub openids: HashMap<String, (String, String)>,
    pub tokens: Tokens,
    pub codes: HashMap<String, Code>,
    /// How many more messages of a template somebody agreed to, by person and template.
    pub credits: HashMap<(String, String), u32>,
    /// Delivered `client_msg_ids` with their msgid, by account, openid and id.
    pub sent: HashMap<(String, String, String), (DateTime<Utc>, i64)>,
    /// The openids a subscription message is just being sent to.
    pub sending: Vec<String>,
    pub qr_tickets: HashMap<String, String>,
    pub quotas: Quotas,
    pub faults: Faults,
    pub habits: PushHabits,
    pub follower_page: usize,
    pub rotate_session: f64,
    pub follows: u64,
    pub messages: i64,
    pub shown: Vec<Shown>,
    pub calls: Vec<Call>,
    pub pushes: Vec<Push>,
    pub rids: HashMap<String, RidRecord>,
    /// Pushes decided on while the lock was held, sent when it is free.
    pub outbox: Vec<PushJob>,
}

impl World {
    pub fn new(options: Options) -> Self {
        let app = |spec: SimApp| {
            (
                spec.app_id.clone(),
                App {
                    spec,
                    menu: None,
                    ticket: None,
                    pages: None,
                },
            )
        };
        Self {
            clock: options.now,
            offset: TimeDelta::zero(),
            rng: StdRng::seed_from_u64(options.seed),
            apps: options.apps.into_iter().map(app).collect(),
            people: BTreeMap::new(),
            openids: HashMap::new(),
            tokens: Tokens::default(),
            codes: HashMap::new(),
            credits: HashMap::new(),
            sent: HashMap::new(),
            sending: Vec::new(),
            qr_tickets: HashMap::new(),
            quotas: Quotas::default(),
            faults: Faults::default(),
            habits: PushHabits::default(),
            follower_page: 10_000,
            rotate_session: 0.3,
            follows: 0,
            messages: 0,
            shown: Vec::new(),
            calls: Vec::new(),
            pushes: Vec::new(),
            rids: HashMap::new(),
            outbox: Vec::new(),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)() + self.offset
    }

    /// Text of letters and digits, as tokens, codes and nonces are made of.
    pub fn random_text(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        (0..length)
            .map(|_| char::from(LETTERS[self.rng.random_range(0..LETTERS.len())]))
            .collect()
    }

    /// The next msgid: past 32 bits and past what a float can hold, as real ones are.
    pub fn next_msgid(&mut self) -> i64 {
        self.messages += 1;
        3_557_254_367_693_750_277 + self.messages * 131_072
    }

    pub fn app(&self, app_id: &str) -> Result<&App, Unknown> {
        self.apps
            .get(app_id)
            .ok_or_else(|| Unknown::App(app_id.to_owned()))
    }

    pub fn app_mut(&mut self, app_id: &str) -> Result<&mut App, Unknown> {
        self.apps
            .get_mut(app_id)
            .ok_or_else(|| Unknown::App(app_id.to_owned()))
    }

    pub fn set_callback(&mut self, app_id: &str, url: Option<String>) -> Result<(), Unknown> {
        self.app_mut(app_id)?.spec.callback_url = url;
        Ok(())
    }

    /// The account a checked call came from.
    pub fn caller(&mut self, ask: &Ask) -> &mut App {
        self.apps
            .get_mut(&ask.app_id)
            .expect("endpoints without a credential do not ask")
    }

    /// Whose call this is, whether or not its credential still holds.
    pub fn app_of(&self, heard: &Heard) -> Option<String> {
        if let Some(app_id) = heard
            .query
            .get("access_token")
            .and_then(|text| self.tokens.owner(text))
        {
            return Some(app_id);
        }
        let named = heard.query.get("appid").cloned().or_else(|| {
            let body: Value = serde_json::from_slice(&heard.body).ok()?;
            body["appid"].as_str().map(ToOwned::to_owned)
        })?;
        self.apps.contains_key(&named).then_some(named)
    }

    /// Answers a call and lets it have its effect.
    pub fn answer(&mut self, heard: &Heard) -> Reply {
        let outcome = self.decide(heard);
        self.write_down(heard, outcome)
    }

    /// Refuses a call that was to fail before it had any effect.
    pub fn refuse(&mut self, heard: &Heard, errcode: i64) -> Reply {
        self.refuse_with(heard, Refused::new(errcode, words_for(errcode)))
    }

    /// Refuses a call in these words.
    pub fn refuse_with(&mut self, heard: &Heard, refused: Refused) -> Reply {
        self.write_down(heard, Err(refused))
    }

    fn write_down(&mut self, heard: &Heard, outcome: Outcome) -> Reply {
        let now = self.now();
        let (middle, last): (u32, u32) = (self.rng.random(), self.rng.random());
        let rid = format!("{:08x}-{middle:08x}-{last:08x}", now.timestamp());
        let refused = outcome.is_err();
        let reply = Reply::of(outcome, &rid);
        if refused {
            if self.rids.len() >= REMEMBERED {
                self.rids.clear();
            }
            let record = RidRecord {
                app_id: self.app_of(heard),
                at: now,
                path: heard.path.clone(),
                answer: String::from_utf8_lossy(&reply.body).into_owned(),
                ip: heard.ip,
            };
            self.rids.insert(rid, record);
        }
        reply
    }

    /// Remembers that a call was made and how it ended.
    pub fn note_call(&mut self, heard: &Heard, status: Option<u16>, errcode: Option<i64>) {
        if self.calls.len() >= REMEMBERED {
            self.calls.drain(..REMEMBERED / 2);
        }
        let call = Call {
            at: self.now(),
            app_id: self.app_of(heard),
            path: heard.path.clone(),
            status,
            errcode,
        };
        self.calls.push(call);
    }

    fn decide(&mut self, heard: &Heard) -> Outcome {
        let endpoint = endpoints::find(&heard.path)
            .ok_or_else(|| Refused::new(40066, format!("invalid url {}", heard.path)))?;
        if heard.get != endpoint.get {
            return Err(if endpoint.get {
                Refused::new(43001, "require GET method")
            } else {
                Refused::new(43002, "require POST method")
            });
        }
        let now = self.now();
        let token = heard.query.get("access_token").map_or("", String::as_str);
        let by_token = match endpoint.auth {
            Auth::Token => self.tokens.check(token, now)?,
            Auth::Secret | Auth::Nothing => String::new(),
        };
        let body = if endpoint.get || endpoint.raw {
            Value::Null
        } else {
            read_json(&heard.body)?
        };
        let app_id = match endpoint.auth {
            Auth::Token => by_token,
            Auth::Secret => self.by_secret(&heard.query, &body)?,
            Auth::Nothing => return (endpoint.run)(self, &ask_of(String::new(), heard, body, now)),
        };
        self.admit(endpoint, &app_id, heard, now)?;
        (endpoint.run)(self, &ask_of(app_id, heard, body, now))
    }

    /// The checks that need to know the account: source address, quota and kind.
    fn admit(
        &mut self,
        endpoint: &Endpoint,
        app_id: &str,
        heard: &Heard,
        now: DateTime<Utc>,
    ) -> Result<(), Refused> {
        let spec = &self
            .apps
            .get(app_id)
            .expect("credentials name known accounts")
            .spec;
        // Mini-programs are held to their whitelist only where the secret travels to mint a token.
        let address_matters = match spec.kind {
            SimKind::MiniProgram => endpoint.guarded,
            SimKind::ServiceAccount | SimKind::SubscriptionAccount => true,
        };
        if address_matters
            && let Some(whitelist) = &spec.ip_whitelist
            && !whitelist
                .iter()
                .any(|entry| tokens::covers(entry, heard.ip, spec.kind))
        {
            let ip = heard.ip;
            let errmsg = format!("invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist");
            return Err(Refused::new(40164, errmsg));
        }
        let allowed = match endpoint.who {
            Who::Everyone => true,
            Who::MiniProgram => spec.kind == SimKind::MiniProgram,
            Who::Official => spec.kind != SimKind::MiniProgram,
            Who::Service => spec.kind == SimKind::ServiceAccount,
        };
        if !allowed {
            return Err(Refused::new(48001, "api unauthorized"));
        }
        self.quotas.spend(app_id, endpoint.path, now)
    }

    fn by_secret(&self, query: &HashMap<String, String>, body: &Value) -> Result<String, Refused> {
        let given = |name: &str| {
            query
                .get(name)
                .map(String::as_str)
                .or_else(|| body[name].as_str())
                .unwrap_or_default()
        };
        let app_id = given("appid");
        let secret = if given("secret").is_empty() {
            given("appsecret")
        } else {
            given("secret")
        };
        if app_id.is_empty() {
            return Err(Refused::new(41002, "appid missing"));
        }
        if secret.is_empty() {
            return Err(Refused::new(41004, "appsecret missing"));
        }
        let app = self
            .app(app_id)
            .map_err(|_| Refused::new(40013, "invalid appid"))?;
        if app.spec.secret != secret {
            return Err(Refused::new(40125, "invalid appsecret"));
        }
        Ok(app_id.to_owned())
    }
}

fn ask_of(app_id: String, heard: &Heard, body: Value, now: DateTime<Utc>) -> Ask<'_> {
    Ask {
        app_id,
        query: &heard.query,
        body,
        bytes: &heard.body,
        now,
    }
}

fn read_json(body: &[u8]) -> Result<Value, Refused> {
    if body.is_empty() {
        return Err(Refused::new(44002, "empty post data"));
    }
    if has_escapes(body) {
        return Err(Refused::new(
            40033,
            "invalid charset. please check your request, if include \\uxxxx will create fail!",
        ));
    }
    serde_json::from_slice(body).map_err(|_| Refused::new(47001, "data format error"))
}

/// Whether the body writes a character as `\uXXXX`, which WeChat does not take.
fn has_escapes(body: &[u8]) -> bool {
    let mut escaped = false;
    for byte in body {
        if escaped && *byte == b'u' {
            return true;
        }
        escaped = *byte == b'\\' && !escaped;
    }
    false
}

/// The day in Beijing, by which WeChat counts.
pub(super) fn beijing_day(at: DateTime<Utc>) -> i64 {
    (at.timestamp() + 8 * 3600).div_euclid(86_400)
}

/// The time as a wall clock in Beijing shows it.
pub(super) fn beijing(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&FixedOffset::east_opt(8 * 3600).expect("eight hours are an offset"))
}
