//! The limit of the disk and of Postgres: the rows of check-ins by `COPY`, thousands a commit.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::contest::Run;
use super::pgbench::{sql, write};
use crate::servers::Postgres;
use crate::workspace;

const ROWS: &str = include_str!("pgbench-copy.sql");
/// How many write at once, how many check-ins they commit together, and how often.
const WRITERS: u32 = 2;
const BATCH: u32 = 5_000;
const BATCHES: u32 = 5;
const EACH_RUN: u32 = WRITERS * BATCH * BATCHES;

/// A table, its columns, and the same from the rows that were made; what others refer to comes first.
const TABLES: [(&str, &str, &str); 3] = [
    (
        "attendance",
        "committee_id, id, activity_id, member_id, group_id, status, source, reply, checked_in_at, late, offline, \
         needs_review, created_at, updated_at",
        "committee_id, gen_random_uuid(), activity_id, member_id, group_id, 'present', 'code', 'none', now(), false, false, \
         false, now(), now()",
    ),
    (
        "checkin",
        "committee_id, activity_id, member_id, session, at, received_at, slot, late, offline, client_id, needs_review",
        "committee_id, activity_id, member_id, 1, now(), now(), 59000000, false, false, 'phone', false",
    ),
    (
        "audit",
        "committee_id, id, seq, at, actor_id, actor, operation, outcome, subject_kind, subject_id, detail, trace_id, \
         prev_hash, hash",
        "committee_id, gen_random_uuid(), 2000000000 + number, now(), member_id, '众', 'check_in', 'done', 'activity', \
         activity_id::text, jsonb_build_object('member', member_id, 'at', now(), 'late', false, 'offline', false, \
         'needs_review', false)::text, md5(member_id::text), repeat('0', 64), repeat('0', 64)",
    ),
];

/// Rows that wait to be written into pgbench's database.
pub struct Copies<'a> {
    postgres: &'a Postgres,
    database: &'a str,
    next: u32,
}

impl<'a> Copies<'a> {
    /// Makes rows for so many runs, of a committee with so many members.
    pub fn make(
        postgres: &'a Postgres,
        database: &'a str,
        members: u32,
        runs: u32,
    ) -> Result<Self> {
        let script = write("pgbench-copy.sql", ROWS)?;
        let mut psql = postgres.client("psql").command();
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-v"])
            .arg(format!(
                "activities={}",
                (EACH_RUN * runs).div_ceil(members)
            ))
            .arg("-f")
            .arg(script);
        workspace::output(&mut psql)?;
        Ok(Self {
            postgres,
            database,
            next: 0,
        })
    }

    /// A run whose rows are all there.
    pub fn check_in(&mut self) -> Result<Run> {
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            let file = write(&format!("copy-{writer}.sql"), &self.script()?)?;
            let mut psql = self.postgres.client("psql").command();
            psql.args([
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                self.database,
                "-f",
            ])
            .arg(file);
            writers.push(psql);
        }
        let before = self.rows()?;
        let began = Instant::now();
        let running: Vec<_> = writers
            .iter_mut()
            .map(std::process::Command::spawn)
            .collect::<std::io::Result<_>>()?;
        for mut writer in running {
            if !writer.wait()?.success() {
                bail!("COPY failed");
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        let written = self.rows()? - before;
        if written != u64::from(EACH_RUN) {
            bail!("COPY wrote {written} check-ins of {EACH_RUN}");
        }
        Ok(Run {
            rate: f64::from(EACH_RUN) / seconds,
            ..Run::default()
        })
    }

    /// What one writer sends: batches that are committed one after the other.
    fn script(&mut self) -> Result<String> {
        let mut script = String::new();
        for _ in 0..BATCHES {
            let (first, behind) = (self.next, self.next + BATCH);
            self.next = behind;
            script.push_str("BEGIN;\n");
            for (table, columns, values) in TABLES {
                let rows = format!(
                    "COPY (SELECT {values} FROM copied WHERE {first} <= number AND number < {behind} ORDER BY number) \
                     TO STDOUT"
                );
                let lines = sql(self.postgres, self.database, &rows)?;
                writeln!(script, "COPY {table} ({columns}) FROM STDIN;\n{lines}\n\\.")?;
            }
            script.push_str("COMMIT;\n");
        }
        Ok(script)
    }

    fn rows(&self) -> Result<u64> {
        sql(self.postgres, self.database, "select count(*) from checkin")?
            .parse()
            .context("counting the check-ins")
    }
}
