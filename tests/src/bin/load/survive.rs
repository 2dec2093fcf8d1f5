//! Everybody checks in until he is acknowledged, whatever happens to the database meanwhile.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::drive::Connection;
use crate::stage::Act;

/// What the service asks for when it cannot answer (`Retry-After`); a phone that cannot even
/// connect waits as long.
const AGAIN: Duration = Duration::from_secs(1);
/// Whoever began is waited for so much longer than anybody begins.
const PATIENCE: Duration = Duration::from_secs(40);

/// What the phones saw.
#[derive(Default)]
pub struct Seen {
    /// When each member was acknowledged, by his `client_id`.
    acknowledged: BTreeMap<String, Duration>,
    put_off: u64,
    wrong: Vec<String>,
}

impl Seen {
    /// One flat object; `found` are the `client_id`s of the rows that are there.
    pub fn to_json(&self, found: &[String]) -> serde_json::Value {
        let there: HashSet<&String> = found.iter().collect();
        let lost = self
            .acknowledged
            .keys()
            .filter(|id| !there.contains(id))
            .count();
        let mut moments: Vec<Duration> = self.acknowledged.values().copied().collect();
        moments.sort_unstable();
        let gaps = moments
            .windows(2)
            .map(|pair| pair[1].saturating_sub(pair[0]));
        for wrong in self.wrong.iter().take(3) {
            eprintln!("load: {wrong}");
        }
        json!({
            "acknowledged": self.acknowledged.len(),
            "found": found.len(),
            "lost": lost,
            "doubled": found.len() - there.len(),
            "put_off": self.put_off,
            "wrong": self.wrong.len(),
            "silence_seconds": gaps.max().unwrap_or_default().as_secs_f64(),
        })
    }
}

/// Lets members begin for so many seconds, and waits for everybody who began.
pub fn survive(act: &Act, address: &str, connections: usize, seconds: u64) -> Seen {
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let (next, seen) = (AtomicUsize::new(0), Mutex::new(Seen::default()));
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut phone = Phone {
                    act,
                    address,
                    connection: None,
                    seen: &seen,
                };
                while Instant::now() < until {
                    let member = next.fetch_add(1, Ordering::Relaxed);
                    if act.tokens.len() <= member {
                        break;
                    }
                    phone.check_in(member, began, until + PATIENCE);
                }
            });
        }
    });
    seen.into_inner().expect("no phone panics")
}

struct Phone<'a> {
    act: &'a Act,
    address: &'a str,
    connection: Option<Connection>,
    seen: &'a Mutex<Seen>,
}

impl Phone<'_> {
    /// The same check-in again and again: its answer may have been lost, and it may stand.
    fn check_in(&mut self, member: usize, began: Instant, until: Instant) {
        while Instant::now() < until {
            match self.ask(member) {
                Some((200 | 201, _)) => {
                    let id = format!("phone-{member}");
                    self.note(|seen| {
                        seen.acknowledged.insert(id, began.elapsed());
                    });
                    return;
                }
                Some((408 | 409 | 429 | 503, _)) | None => self.note(|seen| seen.put_off += 1),
                Some((status, body)) => {
                    self.note(|seen| seen.wrong.push(format!("{status} {body}")));
                }
            }
            std::thread::sleep(AGAIN);
        }
        self.note(|seen| {
            let never = format!("phone-{member} was never acknowledged");
            seen.wrong.push(never);
        });
    }

    fn ask(&mut self, member: usize) -> Option<(u16, String)> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.address).ok()?,
        };
        let request = connection.request(self.act, &self.act.tokens[member], member);
        let answer = connection.ask(&request).ok()?;
        self.connection = Some(connection);
        Some(answer)
    }

    fn note(&self, what: impl FnOnce(&mut Seen)) {
        what(&mut self.seen.lock().expect("no phone panics"));
    }
}
