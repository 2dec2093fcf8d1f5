//! Everybody checks in until he is acknowledged, whatever happens to the database meanwhile.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use api::app::App;
use serde_json::json;

use crate::Drive;
use crate::connection::Connection;
use crate::crowd::Crowd;

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
pub fn survive(app: &App, crowd: &Crowd, drive: &Drive) -> Result<Seen> {
    let address = drive.address.first().context("nobody is asked")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let until = began + Duration::from_secs(drive.seconds);
        let (next, seen) = (Cell::new(0), RefCell::default());
        let phones = (0..drive.connections).map(|_| {
            let mut phone = Phone {
                app,
                crowd,
                address,
                connection: None,
                request: Vec::new(),
                seen: &seen,
            };
            let next = &next;
            async move {
                while Instant::now() < until && next.get() < crowd.most() {
                    let member = next.replace(next.get() + 1);
                    phone.check_in(member, began, until + PATIENCE).await?;
                }
                anyhow::Ok(())
            }
        });
        futures_util::future::try_join_all(phones).await?;
        Ok(seen.into_inner())
    })
}

struct Phone<'a> {
    app: &'a App,
    crowd: &'a Crowd,
    address: &'a str,
    connection: Option<Connection>,
    request: Vec<u8>,
    seen: &'a RefCell<Seen>,
}

impl Phone<'_> {
    /// The same check-in again and again: its answer may have been lost, and it may stand.
    async fn check_in(&mut self, member: usize, began: Instant, until: Instant) -> Result<()> {
        while Instant::now() < until {
            self.crowd
                .request(self.app, self.address, member, &mut self.request)?;
            match self.ask().await {
                Some((200 | 201, _)) => {
                    let acknowledged = &mut self.seen.borrow_mut().acknowledged;
                    acknowledged.insert(format!("phone-{member}"), began.elapsed());
                    return Ok(());
                }
                Some((408 | 409 | 429 | 503, _)) | None => self.seen.borrow_mut().put_off += 1,
                Some((status, body)) => {
                    let wrong = format!("{status} {body}");
                    self.seen.borrow_mut().wrong.push(wrong);
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
        let wrong = format!("phone-{member} was never acknowledged");
        self.seen.borrow_mut().wrong.push(wrong);
        Ok(())
    }

    async fn ask(&mut self) -> Option<(u16, String)> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.address).await.ok()?,
        };
        let answer = connection.ask(&self.request).await.ok()?;
        let told = (
            answer.status,
            String::from_utf8_lossy(answer.body).into_owned(),
        );
        self.connection = Some(connection);
        Some(told)
    }
}
