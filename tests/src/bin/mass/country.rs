//! Every member of a country scored with all lines, committee by committee so that memory stays
//! bounded, beside the plainest SQL statement over the same rows.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;
use domain::ids::{FactId, MemberId};
use domain::score::{Fact, Period, Person, Record, Rulebook, SIX_ONES, Scheme, Subject};
use sea_orm::sqlx::{self, Connection, Executor, PgConnection};
use tests::deeds::deed;
use uuid::Uuid;

/// How many members a committee has; this many members' facts are in memory for each core.
const COMMITTEE: u32 = 200;
const CORES: u32 = 2;

const TABLE: &str = "\
DROP TABLE IF EXISTS mass_fact;
CREATE UNLOGGED TABLE mass_fact (committee int NOT NULL, member int NOT NULL, place int NOT NULL,
    kind text NOT NULL, happened_on date NOT NULL, title text NOT NULL, attributes text NOT NULL)";
const GROUPED: &str = "\
SELECT count(*), sum(many)::bigint
FROM (SELECT member, kind, count(*) AS many FROM mass_fact GROUP BY member, kind) AS grouped";
const OF_COMMITTEE: &str = "\
SELECT member, place, kind, happened_on, title, attributes FROM mass_fact
WHERE committee = $1 ORDER BY member";

type Row = (i32, i32, String, NaiveDate, String, String);

/// Writes the facts, groups them in SQL and scores them.
pub fn scored(url: &str, members: u32, facts: u32) -> Result<()> {
    let rows = u64::from(members) * u64::from(facts);
    wait(load(url, members, facts))?;

    let begun = Instant::now();
    let (groups, counted) = wait(grouped(url))?;
    ensure!(u64::try_from(counted)? == rows, "{counted} rows of {rows}");
    let grouping = begun.elapsed();
    println!(
        "GROUP BY member, kind over {rows} facts: {:.1} s, {groups} groups",
        grouping.as_secs_f64()
    );

    let begun = Instant::now();
    let committees = members.div_ceil(COMMITTEE);
    let workers: Vec<_> = (0..CORES)
        .map(|core| {
            let url = url.to_owned();
            thread::spawn(move || wait(score(&url, core, committees)))
        })
        .collect();
    let mut all = Tally::default();
    for worker in workers {
        let one = worker.join().ok().context("a worker stopped")??;
        all.sheets += one.sheets;
        all.lines += one.lines;
        all.scoring += one.scoring;
    }
    ensure!(all.sheets == u64::from(members), "{} sheets", all.sheets);
    let scoring = begun.elapsed();
    println!(
        "{members} members × {facts} facts read and scored on {CORES} cores: {:.1} s, {} lines, {:.1} s of a core in the rules, {:.1} × the GROUP BY, most memory {}",
        scoring.as_secs_f64(),
        all.lines,
        Duration::from_nanos(all.scoring).as_secs_f64(),
        scoring.as_secs_f64() / grouping.as_secs_f64(),
        most_memory().unwrap_or_else(|| "unknown".to_owned()),
    );
    Ok(())
}

/// The rules alone: so many members, in memory, on one core.
pub fn rules(members: u32, facts: u32) -> Result<()> {
    const ROUNDS: u32 = 50;
    let scheme = shipped()?;
    let period = Period::of_year(2026);
    let mut people = Vec::new();
    for member in 0..members {
        let facts: Vec<Fact> = (0..facts)
            .map(|place| {
                let (kind, attributes, day, title) = deed(member, place);
                let (member, place) = (i32::try_from(member)?, i32::try_from(place)?);
                let (kind, attributes) = (kind.to_owned(), attributes.to_owned());
                fact(&(member, place, kind, day, title, attributes))
            })
            .collect::<Result<_>>()?;
        people.push((
            Person::new(facts[0].subject, &[("position", "member")]),
            facts,
        ));
    }
    let mut times = Vec::new();
    let on_processor = processor_time();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for (person, facts) in &people {
            black_box(scheme.sheet(period, Record::of(person, facts)));
        }
        times.push(begun.elapsed());
    }
    let on_processor = processor_time()
        .zip(on_processor)
        .map(|(after, before)| Duration::from_nanos(after - before) / ROUNDS);
    times.sort();
    println!(
        "{members} members × {facts} facts in the rules alone: {:.2} ms, at best {:.2} ms, of the processor {:.2} ms",
        times[times.len() / 2].as_secs_f64() * 1e3,
        times[0].as_secs_f64() * 1e3,
        on_processor.unwrap_or_default().as_secs_f64() * 1e3,
    );
    Ok(())
}

fn shipped() -> Result<Scheme> {
    let rulebook = Rulebook::from_toml(SIX_ONES).ok();
    rulebook
        .map(Scheme::new)
        .context("the shipped rulebook is whole")
}

/// Nanoseconds that this thread was on a processor, where the system tells: beside other work they
/// say more than a watch.
fn processor_time() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok()
}

#[derive(Default)]
struct Tally {
    sheets: u64,
    lines: usize,
    /// Nanoseconds of the processor.
    scoring: u64,
}

fn wait<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

async fn load(url: &str, members: u32, facts: u32) -> Result<()> {
    let mut db = PgConnection::connect(url).await?;
    db.execute(TABLE).await?;
    let mut copy = db.copy_in_raw("COPY mass_fact FROM STDIN").await?;
    let mut lines = String::new();
    for member in 0..members {
        for place in 0..facts {
            use std::fmt::Write as _;
            let (kind, attributes, day, title) = deed(member, place);
            let committee = member / COMMITTEE;
            writeln!(
                lines,
                "{committee}\t{member}\t{place}\t{kind}\t{day}\t{title}\t{attributes}"
            )?;
        }
        if 1 << 20 < lines.len() {
            copy.send(lines.as_bytes()).await?;
            lines.clear();
        }
    }
    copy.send(lines.as_bytes()).await?;
    copy.finish().await?;
    db.execute("CREATE INDEX mass_fact_committee ON mass_fact (committee)")
        .await?;
    db.execute("VACUUM ANALYZE mass_fact").await?;
    db.close().await?;
    Ok(())
}

async fn grouped(url: &str) -> Result<(i64, i64)> {
    let mut db = PgConnection::connect(url).await?;
    Ok(sqlx::query_as(GROUPED).fetch_one(&mut db).await?)
}

/// Every second committee.
async fn score(url: &str, core: u32, committees: u32) -> Result<Tally> {
    let scheme = shipped()?;
    let period = Period::of_year(2026);
    let mut db = PgConnection::connect(url).await?;
    let mut tally = Tally::default();
    for committee in (core..committees).step_by(CORES as usize) {
        let rows: Vec<Row> = sqlx::query_as(OF_COMMITTEE)
            .bind(i32::try_from(committee)?)
            .fetch_all(&mut db)
            .await?;
        for own in rows.chunk_by(|one, next| one.0 == next.0) {
            let facts: Vec<Fact> = own.iter().map(fact).collect::<Result<_>>()?;
            let person = Person::new(facts[0].subject, &[("position", "member")]);
            let begun = processor_time();
            let sheet = scheme.sheet(period, Record::of(&person, &facts));
            let spent = processor_time().zip(begun);
            tally.scoring += spent.map_or(0, |(after, before)| after - before);
            tally.lines += sheet.lines.len();
            tally.sheets += 1;
        }
    }
    Ok(tally)
}

fn fact((member, place, kind, on, title, attributes): &Row) -> Result<Fact> {
    let (member, place) = (u128::try_from(*member)?, u128::try_from(*place)?);
    Ok(Fact {
        id: FactId(Uuid::from_u128(member << 32 | place)),
        subject: Subject::Member(MemberId(Uuid::from_u128(member))),
        kind: kind.clone(),
        on: *on,
        title: title.clone(),
        reference: None,
        attributes: serde_json::from_str(attributes)?,
        recorder: None,
        verified: true,
        reverses: None,
    })
}

fn most_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}
