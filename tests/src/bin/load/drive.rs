//! Everybody checks in, over connections that are kept open, and the clock is running.
//!
//! A thread per connection and a few lines of HTTP/1.1: a full client would take its share of the
//! cores that the service is measured on.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use api::clock::Clock;
use domain::checkin::{Slot, code};
use serde_json::json;

use tests::stage::Act;

/// No answer may take longer: the service itself gives up after eight seconds.
const LONGEST_ANSWER: Duration = Duration::from_secs(15);

/// What was sent and answered, and how long it took.
pub struct Outcome {
    accepted: u64,
    refused: u64,
    first_refusal: Option<String>,
    seconds: f64,
    waits: Vec<Duration>,
    cpu_seconds: Option<f64>,
}

impl Outcome {
    /// One flat object; `found` are the rows that are there.
    pub fn to_json(&self, found: u64) -> serde_json::Value {
        json!({
            "accepted": self.accepted,
            "refused": self.refused,
            "found": found,
            "seconds": self.seconds,
            "p50_ms": self.percentile(50),
            "p99_ms": self.percentile(99),
            "cpu_seconds": self.cpu_seconds,
            "first_refusal": self.first_refusal,
        })
    }

    fn percentile(&self, percent: usize) -> f64 {
        let place = (self.waits.len() * percent).div_ceil(100).max(1) - 1;
        let wait = self.waits.get(place).copied().unwrap_or_default();
        wait.as_secs_f64() * 1000.0
    }
}

/// Lets members check in until the seconds are over or everybody is in.
pub fn drive(act: &Act, address: &str, connections: usize, seconds: u64) -> Result<Outcome> {
    let next = AtomicUsize::new(0);
    let start = Barrier::new(connections + 1);
    let cpu_before = cpu_seconds();
    let (results, took) = std::thread::scope(|scope| {
        let phones: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| {
                    // Whoever cannot connect must still come to the start, where others wait.
                    let connection = Connection::open(address);
                    start.wait();
                    let until = Instant::now() + Duration::from_secs(seconds);
                    connection?.check_in_while(act, &next, until)
                })
            })
            .collect();
        start.wait();
        let began = Instant::now();
        let results: Vec<_> = phones
            .into_iter()
            .map(|phone| phone.join().expect("a phone reports errors as values"))
            .collect();
        (results, began.elapsed())
    });
    let cpu_after = cpu_seconds();

    let mut outcome = Outcome {
        accepted: 0,
        refused: 0,
        first_refusal: None,
        seconds: took.as_secs_f64(),
        waits: Vec::new(),
        cpu_seconds: cpu_after
            .zip(cpu_before)
            .map(|(after, before)| after - before),
    };
    for result in results {
        let tally = result?;
        outcome.accepted += tally.accepted;
        outcome.refused += tally.refused;
        outcome.first_refusal = outcome.first_refusal.or(tally.first_refusal);
        outcome.waits.extend(tally.waits);
    }
    outcome.waits.sort_unstable();
    Ok(outcome)
}

/// What one connection saw.
#[derive(Default)]
struct Tally {
    accepted: u64,
    refused: u64,
    first_refusal: Option<String>,
    waits: Vec<Duration>,
}

/// A connection of one phone after the other.
pub struct Connection {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// A connection that is kept.
    pub fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).context("the service does not listen")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LONGEST_ANSWER))?;
        Ok(Self {
            address: address.to_owned(),
            stream: BufReader::new(stream),
        })
    }

    fn check_in_while(mut self, act: &Act, next: &AtomicUsize, until: Instant) -> Result<Tally> {
        let mut tally = Tally::default();
        while Instant::now() < until {
            let member = next.fetch_add(1, Ordering::Relaxed);
            let Some(token) = act.tokens.get(member) else {
                break;
            };
            let request = self.request(act, token, member);
            let asked = Instant::now();
            let (status, body) = self.ask(&request)?;
            tally.waits.push(asked.elapsed());
            if status == 201 {
                tally.accepted += 1;
            } else {
                tally.refused += 1;
                tally
                    .first_refusal
                    .get_or_insert_with(|| format!("{status} {body}"));
            }
        }
        Ok(tally)
    }

    /// What a member's phone sends now.
    pub fn request(&self, act: &Act, token: &str, member: usize) -> String {
        let slot = Slot::at(Clock::System.now());
        let code = code(act.keys.current(), act.activity, slot);
        let body = json!({ "code": code, "slot": slot, "client_id": format!("phone-{member}") });
        let body = body.to_string();
        format!(
            "POST /api/v1/activities/{}/check-ins HTTP/1.1\r\nHost: {}\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            act.activity,
            self.address,
            body.len(),
        )
    }

    /// Sends a request; status and body of the answer.
    pub fn ask(&mut self, request: &str) -> Result<(u16, String)> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .with_context(|| format!("no status in {line:?}"))?;
        let mut length = None;
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                bail!("the service hung up");
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse()?);
            }
        }
        let mut body = vec![0; length.context("an answer without a length")?];
        self.stream.read_exact(&mut body)?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// What this process took of the cores, where the system tells: Linux counts hundredths.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(f64::from(user + system) / 100.0)
}
