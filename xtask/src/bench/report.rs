//! What was measured, in one place, and how it is told.

use std::fmt::Write as _;

use super::figures::{Figures, Short, megabytes, number_or_null};
use super::load::Run;
use super::machine::Machine;
use super::pgbench::Kind;
use super::service::Idle;

/// Everything one run measured.
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// Bytes of the release binary.
    pub binary: u64,
    /// The service by itself.
    pub idle: Idle,
    /// The service under load, one entry per engine and number of connections.
    pub loads: Vec<Load>,
    /// The most each engine's service held resident, in bytes.
    pub peaks: Vec<(&'static str, Option<u64>)>,
    /// Postgres without a service, the unit of our goals first.
    pub pgbench: Vec<(Kind, Figures)>,
}

/// Check-ins over HTTP.
pub struct Load {
    /// On which engine.
    pub engine: &'static str,
    /// Over how many connections at once.
    pub connections: u32,
    /// One per round.
    pub runs: Vec<Run>,
}

impl Load {
    fn figures(&self, of: impl Fn(&Run) -> Option<f64>) -> Figures {
        Figures(self.runs.iter().filter_map(of).collect())
    }

    fn rates(&self) -> Figures {
        self.figures(|run| Some(run.rate))
    }

    fn row(&self, columns: &[&Figures]) -> String {
        let rates = self.rates();
        let each = |of: fn(&Run) -> Option<f64>| {
            let median = self.figures(of).median();
            median.map_or_else(|| "–".to_owned(), |it| Short(it).to_string())
        };
        let ratios: Vec<_> = columns.iter().map(|it| rates.ratio(it)).collect();
        let refused: f64 = self.runs.iter().map(|run| run.refused).sum();
        format!(
            "| {}, {} | {} | {} | {} | {refused:.0} | {} | {} | {} |",
            self.engine,
            self.connections,
            rates.spread("").replace("  ", " "),
            each(|run| Some(run.p50_ms)),
            each(|run| Some(run.p99_ms)),
            each(|run| run.service_cpu_ms),
            each(|run| run.loader_cpu_ms),
            ratios.join(" | "),
        )
    }

    fn json(&self) -> String {
        format!(
            r#"{{ "engine": "{}", "connections": {}, "per_second": {}, "p50_ms": {}, "p99_ms": {}, "refused": {}, "service_cpu_ms": {}, "loader_cpu_ms": {} }}"#,
            self.engine,
            self.connections,
            self.rates().json(),
            self.figures(|run| Some(run.p50_ms)).json(),
            self.figures(|run| Some(run.p99_ms)).json(),
            self.figures(|run| Some(run.refused)).json(),
            self.figures(|run| run.service_cpu_ms).json(),
            self.figures(|run| run.loader_cpu_ms).json(),
        )
    }
}

impl Report {
    /// Tables to be pasted into `docs/performance.md`.
    pub fn markdown(&self) -> String {
        self.write_markdown()
            .expect("writing to a string does not fail")
    }

    fn write_markdown(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        let starts = Figures(self.idle.starts_ms.clone());
        writeln!(text, "{}\n", self.machine.line())?;
        writeln!(text, "| the service by itself | measured |\n|---|---|")?;
        writeln!(text, "| binary | {} |", megabytes(Some(self.binary)))?;
        writeln!(text, "| cold start to ready | {} |", starts.spread("ms"))?;
        writeln!(text, "| memory at rest | {} |", megabytes(self.idle.memory))?;
        for (engine, peak) in &self.peaks {
            writeln!(
                text,
                "| most memory under load, {engine} | {} |",
                megabytes(*peak)
            )?;
        }

        writeln!(
            text,
            "\n| pgbench, one statement | check-ins/s |\n|---|---|"
        )?;
        for (kind, rates) in &self.pgbench {
            writeln!(
                text,
                "| {} | {} |",
                kind.name(),
                rates.spread("").replace("  ", " ")
            )?;
        }

        // All but the last are taken with eight clients.
        let units: Vec<_> = self
            .pgbench
            .iter()
            .filter(|(kind, _)| kind.clients > 1)
            .collect();
        write!(
            text,
            "\n| engine, connections | check-ins/s | p50 ms | p99 ms | refused | service CPU ms each | loader CPU ms each |"
        )?;
        for (kind, _) in &units {
            write!(text, " of {} |", kind.name())?;
        }
        writeln!(text, "\n|{}", "---|".repeat(7 + units.len()))?;
        let columns: Vec<_> = units.iter().map(|(_, rates)| rates).collect();
        for load in &self.loads {
            writeln!(text, "{}", load.row(&columns))?;
        }
        Ok(text)
    }

    /// All figures of all rounds.
    pub fn json(&self) -> String {
        let loads: Vec<_> = self.loads.iter().map(Load::json).collect();
        let pgbench: Vec<_> = self
            .pgbench
            .iter()
            .map(|(kind, rates)| {
                format!(
                    r#"{{ "kind": "{}", "per_second": {} }}"#,
                    kind.name(),
                    rates.json()
                )
            })
            .collect();
        let peaks: Vec<_> = self
            .peaks
            .iter()
            .map(|(engine, peak)| format!(r#""{engine}": {}"#, number_or_null(*peak)))
            .collect();
        format!(
            r#"{{
  "machine": {},
  "binary_bytes": {},
  "cold_start_ms": {},
  "memory_at_rest_bytes": {},
  "peak_memory_bytes": {{ {} }},
  "pgbench": [
    {}
  ],
  "check_ins": [
    {}
  ]
}}
"#,
            self.machine.json(),
            self.binary,
            Figures(self.idle.starts_ms.clone()).json(),
            number_or_null(self.idle.memory),
            peaks.join(", "),
            pgbench.join(",\n    "),
            loads.join(",\n    "),
        )
    }
}
