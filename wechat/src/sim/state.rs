//! Everything the simulator knows, behind one lock. What each path does with it is left to the
//! files named after the paths.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::answer::{Ask, Heard, Outcome, Refused, Reply, words_for};
use super::chat::ChatLine;
use super::codes::QrCode;
use super::fault::Faults;
use super::later::{Blocked, Later};
use super::menu::Menus;
use super::oauth::Grants;
use super::people::{Code, Person};
use super::push::{PushHabits, PushJob};
use super::quota::Quotas;
use super::record::{Call, Checked, Push, RidRecord, Shown};
use super::settings::Settings;
use super::tokens::Tokens;
use super::{Now, Options, SimApp};

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
    /// No QR code has this ticket any more.
    #[error("the QR code is unknown or has expired")]
    Ticket,
    /// The menu has no such button.
    #[error("the menu has no button {0}")]
    Button(String),
}

/// One account and what has become of it.
pub(super) struct App {
    pub spec: SimApp,
    pub menus: Menus,
    /// The tags it gave its followers' labels, by id.
    pub tags: BTreeMap<i64, String>,
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
    /// How many template messages a person took from an account on a day.
    pub taken: HashMap<(String, String), (i64, u32)>,
    pub qr_codes: HashMap<String, QrCode>,
    /// What was uploaded, by account and `media_id`, and until when it can be used.
    pub media: HashMap<(String, String), DateTime<Utc>>,
    /// What web pages may do in people's names.
    pub grants: Grants,
    /// Digests of `encryptedData` the simulator sealed, by account, and when.
    pub sealed: HashMap<(String, String), DateTime<Utc>>,
    pub quotas: Quotas,
    pub faults: Faults,
    pub habits: PushHabits,
    pub settings: Settings,
    pub follows: u64,
    pub messages: i64,
    pub shown: Vec<Shown>,
    pub chat: Vec<ChatLine>,
    pub blocked: Vec<Blocked>,
    /// What was given to be judged, oldest first.
    pub checked: Vec<Checked>,
    /// What is still to happen, the next first.
    pub later: Vec<(DateTime<Utc>, Later)>,
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
                    menus: Menus::default(),
                    tags: BTreeMap::new(),
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
            taken: HashMap::new(),
            qr_codes: HashMap::new(),
            media: HashMap::new(),
            grants: Grants::default(),
            sealed: HashMap::new(),
            quotas: Quotas::default(),
            faults: Faults::default(),
            habits: PushHabits::default(),
            settings: Settings::default(),
            follows: 0,
            messages: 0,
            shown: Vec::new(),
            chat: Vec::new(),
            blocked: Vec::new(),
            checked: Vec::new(),
            later: Vec::new(),
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
}

/// The day in Beijing, by which WeChat counts.
pub(super) fn beijing_day(at: DateTime<Utc>) -> i64 {
    (at.timestamp() + 8 * 3600).div_euclid(86_400)
}

/// The time as a wall clock in Beijing shows it.
pub(super) fn beijing(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&FixedOffset::east_opt(8 * 3600).expect("eight hours are an offset"))
}
