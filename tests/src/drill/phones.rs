//! The phones of members who check in: each tries until its check-in is acknowledged, at another
//! node when one does not answer, and everything it hears is kept.
//!
//! Every second phone sends an `Idempotency-Key`. The others do without, for a key alone would
//! already hide an answer that comes before its commit: the answer is kept with the key first.
//! Every tenth is in an impatient hand, which taps twice.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::task::JoinHandle;
use api::clock::Clock;
use domain::checkin::{Slot, code};
use futures_util::future::join;
use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::stage::Act;

/// A phone gives up waiting after this; the service itself after eight seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// Nothing may take longer to be answered: the service's eight seconds and the way there.
pub const LONGEST_ANSWER: Duration = Duration::from_secs(10);
/// Before a phone whose connection broke tries again.
const PAUSE: Duration = Duration::from_millis(300);
/// No phone waits longer than this before it tries again, whatever it was asked.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often whoever shares out the requests asks a node whether it is ready.
const PROBE: Duration = Duration::from_millis(100);
/// Over this time and this many answers it is seen whether all is well.
const WELL_FOR: Duration = Duration::from_secs(1);
const WELL_BY: usize = 10;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// An answer: its status, its problem's code, and after how many seconds to come again.
    Answer(u16, String, Option<u64>),
    /// None.
    Nothing(String),
}

/// One try of a check-in.
#[derive(Clone, Debug)]
pub struct Try {
    /// When it was sent.
    pub sent: Instant,
    /// How long the answer, or its failure, took.
    pub took: Duration,
    /// What came back.
    pub heard: Heard,
}

impl Try {
    /// Whether the check-in was acknowledged.
    pub fn succeeded(&self) -> bool {
        matches!(self.heard, Heard::Answer(200 | 201, ..))
    }
}

/// A member's check-in, from the first try on.
#[derive(Clone, Debug)]
pub struct CheckIn {
    /// Which activity, by its place.
    pub act: usize,
    /// Which member, by its place.
    pub member: usize,
    /// Its `Idempotency-Key`, if it has one.
    pub key: Option<String>,
    /// The phone's own id of it.
    pub client_id: String,
    body: Value,
    /// What it heard so far.
    pub heard: Vec<Heard>,
    /// What it was answered with when it was acknowledged.
    pub acknowledged: Option<(u16, Value)>,
}

impl CheckIn {
    /// Keeps what was heard; a success is the last of it.
    fn take(&mut self, heard: &mut Vec<(Heard, Value)>) {
        heard.sort_by_key(|(heard, _)| matches!(heard, Heard::Answer(200 | 201, ..)));
        for (heard, body) in heard.drain(..) {
            if let Heard::Answer(status @ (200 | 201), ..) = heard {
                self.acknowledged = Some((status, body));
            }
            self.heard.push(heard);
        }
    }
}

/// How many phones there are, and how they use the nodes.
#[derive(Clone, Copy, Debug)]
pub struct Rush {
    /// How many phones are at work at once.
    pub phones: usize,
    /// How long each waits between one member's check-in and the next one's.
    pub pause: Duration,
    /// Whether requests are led to nodes that say they are ready, as by a load balancer. Else
    /// every phone has its node and goes to the next when it does not answer.
    pub led: bool,
}

struct Place {
    base: String,
    ready: Cell<bool>,
}

/// Where phones check in.
pub struct Venue {
    http: reqwest::Client,
    nodes: Vec<Place>,
    acts: Rc<Vec<Act>>,
    rush: Rush,
    begun: Cell<usize>,
    closed: Cell<bool>,
    exhausted: Cell<bool>,
    /// How many tries were sent, and which of them are not answered yet.
    sent: Cell<usize>,
    out: RefCell<BTreeMap<usize, Instant>>,
    /// Every try, in the order of the answers.
    tries: RefCell<Vec<Try>>,
    check_ins: RefCell<Vec<CheckIn>>,
}

/// A venue whose phones are at work.
pub struct Busy {
    /// What can be seen of it.
    pub venue: Rc<Venue>,
    phones: Vec<JoinHandle<()>>,
}

impl Venue {
    /// Lets the phones begin, at the nodes with these bases.
    pub fn open(acts: Rc<Vec<Act>>, bases: &[&str], rush: Rush) -> Busy {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
        let nodes = bases.iter().map(|&base| Place {
            base: base.to_owned(),
            ready: Cell::new(true),
        });
        let venue = Rc::new(Self {
            http: http.build().expect("a client"),
            nodes: nodes.collect(),
            acts,
            rush,
            begun: Cell::new(0),
            closed: Cell::new(false),
            exhausted: Cell::new(false),
            sent: Cell::new(0),
            out: RefCell::default(),
            tries: RefCell::default(),
            check_ins: RefCell::default(),
        });
        if rush.led {
            for node in 0..venue.nodes.len() {
                actix_web::rt::spawn(Rc::clone(&venue).probe(node));
            }
        }
        let phone = |number| actix_web::rt::spawn(Rc::clone(&venue).phone(number));
        Busy {
            phones: (0..rush.phones).map(phone).collect(),
            venue,
        }
    }

    /// How many check-ins are acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.check_ins.borrow().len()
    }

    /// Waits until so many are acknowledged.
    pub async fn until_acknowledged(&self, count: usize) {
        let began = Instant::now();
        while self.acknowledged() < count {
            assert!(!self.exhausted.get(), "the drill needs more members");
            assert!(
                began.elapsed() < Duration::from_mins(1),
                "{} are acknowledged, the last that failed: {:#?}",
                self.acknowledged(),
                self.last()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until all is well: of everything that was asked for a second, nothing failed and
    /// nothing is waited for. Tells how long that took, but for the second.
    pub async fn until_well(&self, at_most: Duration) -> Duration {
        let began = Instant::now();
        loop {
            assert!(!self.exhausted.get(), "the drill needs more members");
            tokio::time::sleep(Duration::from_millis(20)).await;
            let since = Instant::now().checked_sub(WELL_FOR).expect("a second ago");
            let waiting = self.out.borrow().values().any(|&sent| sent < since);
            let tries = self.tries.borrow();
            let late: Vec<&Try> = tries
                .iter()
                .rev()
                .take_while(|one| since < one.sent + one.took)
                .collect();
            let well = !waiting && WELL_BY <= late.len() && late.iter().all(|one| one.succeeded());
            drop(tries);
            let took = began.elapsed().saturating_sub(WELL_FOR);
            if well && WELL_FOR <= began.elapsed() {
                return took;
            }
            assert!(
                took <= at_most,
                "not well within {at_most:?}; the last that failed: {:#?}",
                self.last()
            );
        }
    }

    /// The last tries that failed, and how long ago.
    fn last(&self) -> Vec<(Duration, Try)> {
        let tries = self.tries.borrow();
        let failed = tries.iter().rev().filter(|one| !one.succeeded());
        failed
            .take(10)
            .map(|one| ((one.sent + one.took).elapsed(), one.clone()))
            .collect()
    }

    async fn probe(self: Rc<Self>, node: usize) {
        let node = &self.nodes[node];
        let address = format!("{}/readyz", node.base);
        while !self.closed.get() {
            let asked = self.http.get(&address).send().await;
            node.ready
                .set(asked.is_ok_and(|answer| answer.status().is_success()));
            tokio::time::sleep(PROBE).await;
        }
    }

    async fn phone(self: Rc<Self>, number: usize) {
        let members = self.acts[0].tokens.len();
        while !self.closed.get() {
            let turn = self.begun.replace(self.begun.get() + 1);
            let (act, member) = (turn / members, turn % members);
            if self.acts.len() <= act {
                // A panic here would end this phone alone.
                self.exhausted.set(true);
                return;
            }
            let now = Slot::at(Clock::System.now());
            let (activity, keys) = (self.acts[act].activity, self.acts[act].keys.current());
            let client_id = format!("phone-{act}-{member}");
            let mut check_in = CheckIn {
                act,
                member,
                key: (turn.is_multiple_of(2)).then(|| client_id.clone()),
                body: json!({
                    "code": code(keys, activity, now), "slot": now, "client_id": client_id,
                }),
                client_id,
                heard: Vec::new(),
                acknowledged: None,
            };
            let (mut node, began) = (number, Instant::now());
            while check_in.acknowledged.is_none() {
                node = self.choose(node);
                let here = self.hear(node, &check_in);
                let mut heard = if check_in.heard.is_empty() && turn % 10 == 1 {
                    let there = self.hear(self.choose(node + 1), &check_in);
                    let (here, there) = join(here, there).await;
                    vec![there, here]
                } else {
                    vec![here.await]
                };
                check_in.take(&mut heard);
                let heard = check_in.heard.last().expect("it was tried").clone();
                assert!(
                    began.elapsed() < Duration::from_mins(2),
                    "{} is never acknowledged: {heard:?}",
                    check_in.client_id
                );
                let pause = match heard {
                    Heard::Answer(200 | 201, ..) => break,
                    // Done under this key, and the answer was lost: another key hears how it stands.
                    Heard::Answer(409, code, _) if code == "conflict" => {
                        check_in.key = Some(format!("{}-again", check_in.client_id));
                        Duration::ZERO
                    }
                    Heard::Answer(_, _, asked) => Duration::from_secs(asked.unwrap_or(1)),
                    Heard::Nothing(_) => {
                        node += 1;
                        PAUSE
                    }
                };
                tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
            }
            self.check_ins.borrow_mut().push(check_in);
            tokio::time::sleep(self.rush.pause).await;
        }
    }

    /// The node to ask: this one, or where requests are led, the next that is ready.
    fn choose(&self, node: usize) -> usize {
        let count = self.nodes.len();
        let ready = (node..node + count).find(|&node| self.nodes[node % count].ready.get());
        ready.unwrap_or(node) % count
    }

    /// Tries once at a node and keeps what comes back, with the body of the answer.
    async fn hear(&self, node: usize, check_in: &CheckIn) -> (Heard, Value) {
        let (sent, ticket) = (Instant::now(), self.sent.replace(self.sent.get() + 1));
        self.out.borrow_mut().insert(ticket, sent);
        let answer = self.ask(&self.nodes[node].base, check_in).await;
        self.out.borrow_mut().remove(&ticket);
        let (heard, body) = match answer {
            Ok((status, body, again)) => {
                let code = body["code"].as_str().unwrap_or_default().to_owned();
                (Heard::Answer(status, code, again), body)
            }
            Err(error) => (Heard::Nothing(format!("{error:?}")), Value::Null),
        };
        self.tries.borrow_mut().push(Try {
            sent,
            took: sent.elapsed(),
            heard: heard.clone(),
        });
        (heard, body)
    }

    async fn ask(
        &self,
        base: &str,
        check_in: &CheckIn,
    ) -> reqwest::Result<(u16, Value, Option<u64>)> {
        let act = &self.acts[check_in.act];
        let address = format!("{base}/api/v1/activities/{}/check-ins", act.activity);
        let mut request = self.http.post(address).json(&check_in.body);
        if let Some(key) = &check_in.key {
            request = request.header("Idempotency-Key", key);
        }
        let token = &act.tokens[check_in.member];
        let answer = request.bearer_auth(token).send().await?;
        let status = answer.status().as_u16();
        let again = answer.headers().get(RETRY_AFTER);
        let again = again.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let body = answer.bytes().await?;
        Ok((
            status,
            serde_json::from_slice(&body).unwrap_or_default(),
            again,
        ))
    }
}

impl Busy {
    /// Lets every phone finish, and then some of those with a key ask once more, who must be answered
    /// as before (I9).
    pub async fn close(self) -> Told {
        self.venue.closed.set(true);
        for phone in self.phones {
            phone.await.expect("a phone says what it heard");
        }
        let check_ins = self.venue.check_ins.take();
        let tries = self.venue.tries.take();
        let base = self.venue.nodes[0].base.clone();
        let keyed = check_ins.iter().filter(|check_in| check_in.key.is_some());
        for check_in in keyed.step_by(25) {
            let (status, body, _) = self
                .venue
                .ask(&base, check_in)
                .await
                .expect("all is well again");
            let again = Some((status, body));
            assert_eq!(check_in.acknowledged, again, "asked again: {check_in:?}");
        }
        Told { check_ins, tries }
    }
}

/// What all phones were told.
#[derive(Debug)]
pub struct Told {
    /// Every check-in; all are acknowledged.
    pub check_ins: Vec<CheckIn>,
    /// Every try, in the order of the answers.
    pub tries: Vec<Try>,
}

impl Told {
    /// Holds every answer against I7: the only errors are 408, 409, 429 and 503, the last two say
    /// when to come again, and none takes longer than the deadline. Only where nodes are killed may
    /// a try hear nothing.
    pub fn answers_were_in_order(&self, unheard: bool) {
        for one in &self.tries {
            let in_order = match &one.heard {
                Heard::Answer(200 | 201 | 408, ..) => true,
                Heard::Answer(409, code, _) => {
                    ["idempotency_in_progress", "conflict"].contains(&code.as_str())
                }
                Heard::Answer(429 | 503, _, again) => again.is_some(),
                Heard::Answer(..) => false,
                Heard::Nothing(_) => unheard,
            };
            assert!(in_order && one.took < LONGEST_ANSWER, "{one:?}");
        }
    }

    /// How many tries had this result, by its word.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for one in &self.tries {
            let word = match &one.heard {
                Heard::Answer(status, code, _) => format!("{status} {code}"),
                Heard::Nothing(_) => "nothing".to_owned(),
            };
            *counts.entry(word).or_default() += 1;
        }
        counts
    }

    /// How many tries failed.
    pub fn failed(&self) -> usize {
        self.tries.iter().filter(|one| !one.succeeded()).count()
    }

    /// The longest anybody waited for an answer.
    pub fn longest(&self) -> Duration {
        let took = self.tries.iter().map(|one| one.took);
        took.max().unwrap_or_default()
    }
}
