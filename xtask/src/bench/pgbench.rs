//! What Postgres itself reaches here: one durable check-in as one statement, without a service.
//!
//! Every goal for check-ins is a ratio to such a figure, taken in the same run. The tables are a
//! copy of the service's own, with its keys and its indexes, and the statement writes what
//! `api::checkin` writes: the check-in, the attendance and the audit entry.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use super::contest::Run;
use crate::servers::Postgres;
use crate::workspace;

const GUESTS: &str = include_str!("pgbench-guests.sql");
const PLAIN: &str = include_str!("pgbench-plain.sql");
const CHAINED: &str = include_str!("pgbench-chained.sql");

/// One way to let pgbench check people in.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Which statement.
    pub statement: Statement,
    /// How it is sent.
    pub protocol: Protocol,
    /// How many send it at once.
    pub clients: u32,
}

/// What the statement does.
#[derive(Clone, Copy)]
pub enum Statement {
    /// The rows alone: the unit in which our goals are stated.
    Plain,
    /// The rows and the next link of the committee's chain, as the service writes them: all
    /// clients wait for one row.
    Chained,
}

/// How pgbench sends its statement. It matters as much as the disk: planning the statement
/// anew each time takes about half of the time of a check-in.
#[derive(Clone, Copy)]
pub enum Protocol {
    /// pgbench's default, and the unit in which our goals are stated.
    Simple,
    /// Planned once per connection, as our own driver does it: the harder figure to beat.
    Prepared,
}

/// What is measured, the unit of our goals first.
pub const KINDS: [Kind; 6] = [
    Kind {
        statement: Statement::Plain,
        protocol: Protocol::Simple,
        clients: 8,
    },
    Kind {
        statement: Statement::Plain,
        protocol: Protocol::Prepared,
        clients: 8,
    },
    Kind {
        statement: Statement::Chained,
        protocol: Protocol::Simple,
        clients: 8,
    },
    Kind {
        statement: Statement::Chained,
        protocol: Protocol::Prepared,
        clients: 8,
    },
    Kind {
        statement: Statement::Plain,
        protocol: Protocol::Simple,
        clients: 64,
    },
    Kind {
        statement: Statement::Plain,
        protocol: Protocol::Simple,
        clients: 1,
    },
];

/// What is measured where each flush takes its time.
pub const SLOW_KINDS: [Kind; 3] = [
    Kind {
        statement: Statement::Plain,
        protocol: Protocol::Simple,
        clients: 8,
    },
    Kind {
        statement: Statement::Plain,
        protocol: Protocol::Simple,
        clients: 32,
    },
    Kind {
        statement: Statement::Plain,
        protocol: Protocol::Prepared,
        clients: 32,
    },
];

impl Kind {
    /// As many as two cores and a fast disk do: so long, about, is a run.
    const fn in_a_second(self) -> u32 {
        match (self.clients, self.statement, self.protocol) {
            (1, _, _) => 1_000,
            (_, Statement::Plain, Protocol::Simple) => 3_000,
            (_, Statement::Plain, Protocol::Prepared) => 7_000,
            (_, Statement::Chained, Protocol::Simple) => 1_200,
            (_, Statement::Chained, Protocol::Prepared) => 2_000,
        }
    }

    /// How the table calls it.
    pub fn name(self) -> String {
        let statement = match self.statement {
            Statement::Plain => "plain",
            Statement::Chained => "chained",
        };
        let protocol = match self.protocol {
            Protocol::Simple => "simple",
            Protocol::Prepared => "prepared",
        };
        let clients = match self.clients {
            1 => "1 client".to_owned(),
            several => format!("{several} clients"),
        };
        format!("pgbench, {statement}, {protocol}, {clients}")
    }
}

/// The people pgbench may still check in, in a database of their own.
pub struct Guests<'a> {
    postgres: &'a Postgres,
    database: &'a str,
    next: u32,
    each: u32,
    seconds: u32,
}

impl<'a> Guests<'a> {
    /// Copies the database that the load generator prepared, while nobody is connected to it.
    ///
    /// `runs` is how often [`Self::check_in`] will be called; each call gets its share, and takes
    /// about so many seconds.
    pub fn invite(
        postgres: &'a Postgres,
        database: &'a str,
        template: &str,
        activities: u32,
        (runs, seconds): (u32, u32),
    ) -> Result<Self> {
        sql(
            postgres,
            "postgres",
            &format!("create database {database} template {template}"),
        )?;
        let script = write("pgbench-guests.sql", GUESTS)?;
        let mut psql = postgres.client("psql").command();
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-v"])
            .arg(format!("activities={activities}"))
            .arg("-f")
            .arg(script);
        workspace::output(&mut psql)?;
        let guests: u32 = sql(postgres, database, "select count(*) from guest")?
            .parse()
            .context("counting the guests")?;
        Ok(Self {
            postgres,
            database,
            next: 0,
            each: guests / runs,
            seconds,
        })
    }

    /// A run whose rows are all there.
    pub fn check_in(&mut self, kind: Kind) -> Result<Run> {
        let share = self.each.min(kind.in_a_second() * self.seconds);
        ensure!(
            2 * kind.clients <= share,
            "too few guests: more --members or fewer --rounds"
        );
        // Turns count from one, so the first numbers of a share are nobody's turn.
        let turns = share / kind.clients - 1;
        let first = self.next;
        self.next += (turns + 1) * kind.clients;
        let (name, text) = match kind.statement {
            Statement::Plain => ("pgbench-plain.sql", PLAIN),
            Statement::Chained => ("pgbench-chained.sql", CHAINED),
        };
        let protocol = match kind.protocol {
            Protocol::Simple => "--protocol=simple",
            Protocol::Prepared => "--protocol=prepared",
        };
        let before = self.rows()?;
        let mut pgbench = self.postgres.client("pgbench").command();
        pgbench
            .args(["--no-vacuum", protocol])
            .args(["-j", &kind.clients.min(2).to_string()])
            .args(["-c", &kind.clients.to_string(), "-t", &turns.to_string()])
            .args(["-D", "turn=0", "-D", &format!("first={first}")])
            .args(["-D", &format!("clients={}", kind.clients), "-f"])
            .arg(write(name, text)?)
            .arg(self.database);
        let report = workspace::output(&mut pgbench)?;
        let written = self.rows()? - before;
        if written != u64::from(turns * kind.clients) {
            bail!("pgbench wrote {written} check-ins, not all it was told to:\n{report}");
        }
        Ok(Run {
            rate: figure(&report, "tps = ")?,
            ..Run::default()
        })
    }

    fn rows(&self) -> Result<u64> {
        sql(self.postgres, self.database, "select count(*) from checkin")?
            .parse()
            .context("counting the check-ins")
    }
}

/// What the statement answers.
pub fn sql(postgres: &Postgres, database: &str, statement: &str) -> Result<String> {
    let mut psql = postgres.client("psql").command();
    workspace::output(psql.args(["-X", "-q", "-A", "-t", "-d", database, "-c", statement]))
}

/// Puts a script where a program can read it.
pub fn write(name: &str, text: &str) -> Result<PathBuf> {
    let folder = workspace::target().join("xtask");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(name);
    std::fs::write(&file, text)?;
    Ok(file)
}

/// The number behind `label` in pgbench's report.
fn figure<T: std::str::FromStr>(report: &str, label: &str) -> Result<T> {
    report
        .lines()
        .find_map(|line| {
            line.strip_prefix(label)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .with_context(|| format!("pgbench reported no {label:?}:\n{report}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "\
transaction type: check_in.sql
number of transactions actually processed: 51234
number of failed transactions: 0 (0.000%)
latency average = 1.561 ms
initial connection time = 12.345 ms
tps = 5123.456789 (without initial connection time)
";

    #[test]
    fn the_rate_is_read_from_the_report() {
        let rate: f64 = figure(REPORT, "tps = ").unwrap();

        assert!((rate - 5_123.456_789).abs() < 1e-6);
    }

    #[test]
    fn a_report_without_a_rate_is_shown_whole() {
        let error = figure::<f64>("connection refused", "tps = ").unwrap_err();

        assert!(error.to_string().contains("connection refused"));
    }
}
