//! The crowd asks, over connections that are kept open, and the clock is running.
//!
//! All connections are driven by one thread, so that the generator costs less than what it drives.
//! At a fixed rate a request has its time whether or not a connection is free, and what it waits
//! for one is counted: a service that stalls is not asked less while it stalls. The timer wakes at
//! whole milliseconds, which is counted too.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use api::app::App;
use tokio::time::{Instant, sleep_until};

use super::Drive;
use crate::connection::Connection;
use crate::crowd::Crowd;
use crate::figures::{Slowest, Waits, cpu_seconds};

/// A connection that was not used for so long is not used again; services keep one for five seconds
/// and more.
const IDLE: Duration = Duration::from_secs(3);

/// When the next request begins.
#[derive(Clone, Copy)]
pub enum Pace {
    /// As soon as a connection has its answer.
    AsAnswered,
    /// At its own time, so many a second.
    PerSecond(u32),
}

/// What was sent and answered, and how long it took.
pub struct Outcome {
    accepted: u64,
    statuses: BTreeMap<u16, u64>,
    broken: u64,
    first_refusal: Option<String>,
    seconds: f64,
    waits: Waits,
    slowest: Slowest,
    cpu_seconds: Option<f64>,
}

impl Outcome {
    /// One flat object.
    pub fn to_json(&self) -> serde_json::Value {
        let refused: u64 = self.statuses.values().sum();
        serde_json::json!({
            "accepted": self.accepted,
            "refused": refused + self.broken,
            "seconds": self.seconds,
            "p50_ms": self.waits.percentile_ms(50.0),
            "p90_ms": self.waits.percentile_ms(90.0),
            "p99_ms": self.waits.percentile_ms(99.0),
            "p999_ms": self.waits.percentile_ms(99.9),
            "most_ms": self.waits.percentile_ms(100.0),
            "slowest_by_second_ms": self.slowest.by_second_ms(),
            "cpu_seconds": self.cpu_seconds,
            "first_refusal": self.first_refusal,
        })
    }
}

/// Lets the crowd ask until the seconds are over or everybody has asked.
pub fn drive(app: &App, crowd: &Crowd, drive: &Drive, pace: Pace) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut connections = Vec::with_capacity(drive.connections);
        for number in 0..drive.connections {
            let address = &drive.address[number % drive.address.len()];
            connections.push((address.clone(), Connection::open(address).await?));
        }
        let began = Instant::now();
        let run = Run {
            pace,
            began,
            until: began + Duration::from_secs(drive.seconds),
            next: Cell::new(0),
            most: crowd.most(),
            tally: RefCell::default(),
        };
        let cpu_before = cpu_seconds();
        let all = connections
            .into_iter()
            .map(|(address, connection)| run.ask(app, crowd, address, connection));
        let results = futures_util::future::join_all(all).await;
        let seconds = began.elapsed().as_secs_f64();
        let cpu_after = cpu_seconds();
        results.into_iter().collect::<Result<Vec<()>>>()?;
        let tally = run.tally.take();
        Ok(Outcome {
            accepted: tally.accepted,
            statuses: tally.statuses,
            broken: tally.broken,
            first_refusal: tally.first_refusal,
            seconds,
            waits: tally.waits,
            slowest: tally.slowest,
            cpu_seconds: cpu_after
                .zip(cpu_before)
                .map(|(after, before)| after - before),
        })
    })
}

struct Run {
    pace: Pace,
    began: Instant,
    until: Instant,
    next: Cell<usize>,
    most: usize,
    tally: RefCell<Tally>,
}

#[derive(Default)]
struct Tally {
    accepted: u64,
    statuses: BTreeMap<u16, u64>,
    /// Requests whose connection broke.
    broken: u64,
    first_refusal: Option<String>,
    waits: Waits,
    slowest: Slowest,
}

impl Run {
    /// The next request's number and its time, until there is none.
    fn take(&self) -> Option<(usize, Instant)> {
        let number = self.next.get();
        let due = match self.pace {
            Pace::AsAnswered => Instant::now(),
            Pace::PerSecond(rate) => {
                self.began + Duration::from_secs(1).mul_f64(as_f64(number) / f64::from(rate))
            }
        };
        if self.most <= number || self.until <= due {
            return None;
        }
        self.next.set(number + 1);
        Some((number, due))
    }

    async fn ask(
        &self,
        app: &App,
        crowd: &Crowd,
        address: String,
        mut connection: Connection,
    ) -> Result<()> {
        let mut request = Vec::with_capacity(1024);
        let mut used = self.began;
        while let Some((number, due)) = self.take() {
            if Instant::now() < due {
                sleep_until(due).await;
            }
            // A service closes what nobody uses, and a client connects again.
            if IDLE < used.elapsed() {
                connection = Connection::open(&address).await?;
            }
            crowd.request(app, &address, number, &mut request)?;
            match connection.ask(&request).await {
                Ok(answer) => self
                    .tally
                    .borrow_mut()
                    .note(crowd, answer.status, answer.body),
                Err(error) => {
                    self.tally.borrow_mut().broke(&error);
                    connection = Connection::open(&address)
                        .await
                        .context("after a broken connection")?;
                }
            }
            used = Instant::now();
            let mut tally = self.tally.borrow_mut();
            tally.waits.add(due.elapsed());
            tally.slowest.add(due - self.began, due.elapsed());
        }
        Ok(())
    }
}

impl Tally {
    fn note(&mut self, crowd: &Crowd, status: u16, body: &[u8]) {
        if status == crowd.good() {
            self.accepted += 1;
        } else {
            *self.statuses.entry(status).or_default() += 1;
            self.first_refusal
                .get_or_insert_with(|| format!("{status} {}", String::from_utf8_lossy(body)));
        }
    }

    fn broke(&mut self, error: &anyhow::Error) {
        self.broken += 1;
        self.first_refusal
            .get_or_insert_with(|| format!("{error:#}"));
    }
}

fn as_f64(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}
