//! Several that do the same thing in turns, and the table in which they stand side by side.

use std::fmt::Write as _;

use super::figures::{Figures, Short};

/// One run of one of them.
#[derive(Clone, Copy, Default)]
pub struct Run {
    /// Good answers a second; of what writes, those whose rows were found afterwards.
    pub rate: f64,
    /// Half of the answers came within this.
    pub p50_ms: Option<f64>,
    /// All but one in a hundred came within this.
    pub p99_ms: Option<f64>,
    /// Answers that were no success.
    pub refused: Option<f64>,
    /// What the service took of one core for one answer, where the system tells.
    pub service_cpu_ms: Option<f64>,
    /// What the generator took.
    pub loader_cpu_ms: Option<f64>,
}

/// A heading, and those the best of whom is the unit.
pub type Unit<'a> = (&'a str, &'a [&'a str]);

/// All of them with all their runs, in the order in which they first came.
#[derive(Default)]
pub struct Contest {
    entries: Vec<(String, Vec<Run>)>,
}

impl Contest {
    /// Adds a run.
    pub fn note(&mut self, name: &str, run: Run) {
        eprintln!(
            "xtask: {name}: {:.0}/s, p50 {} ms, p99 {} ms",
            run.rate,
            shown(run.p50_ms),
            shown(run.p99_ms)
        );
        match self.entries.iter_mut().find(|(known, _)| known == name) {
            Some((_, runs)) => runs.push(run),
            None => self.entries.push((name.to_owned(), vec![run])),
        }
    }

    /// The medians, with ratios to the best of those that a unit names.
    pub fn markdown(&self, units: &[Unit]) -> String {
        let mut text = String::from(
            "| | a second | p50 ms | p99 ms | refused | service CPU ms each | loader CPU ms each |",
        );
        for (heading, _) in units {
            let _ = write!(text, " of {heading} |");
        }
        let _ = writeln!(text, "\n|{}", "---|".repeat(7 + units.len()));
        for (name, runs) in &self.entries {
            let median = |of: fn(&Run) -> Option<f64>| shown(figures(runs, of).median());
            let rates = rates(runs);
            let refused: Vec<f64> = runs.iter().filter_map(|run| run.refused).collect();
            let refused = match refused[..] {
                [] => "–".to_owned(),
                _ => format!("{:.0}", refused.iter().sum::<f64>()),
            };
            let _ = write!(
                text,
                "| {name} | {} | {} | {} | {refused} | {} | {} |",
                rates.spread("").replace("  ", " "),
                median(|run| run.p50_ms),
                median(|run| run.p99_ms),
                median(|run| run.service_cpu_ms),
                median(|run| run.loader_cpu_ms),
            );
            for (_, names) in units {
                let _ = write!(text, " {} |", rates.ratio(&self.best(names)));
            }
            text.push('\n');
        }
        text
    }

    /// Every figure of every run.
    pub fn json(&self) -> String {
        let entries = self.entries.iter().map(|(name, runs)| {
            format!(
                r#"{{ "name": "{name}", "per_second": {}, "p50_ms": {}, "p99_ms": {}, "refused": {}, "service_cpu_ms": {}, "loader_cpu_ms": {} }}"#,
                rates(runs).json(),
                figures(runs, |run| run.p50_ms).json(),
                figures(runs, |run| run.p99_ms).json(),
                figures(runs, |run| run.refused).json(),
                figures(runs, |run| run.service_cpu_ms).json(),
                figures(runs, |run| run.loader_cpu_ms).json(),
            )
        });
        format!("[{}]", entries.collect::<Vec<_>>().join(",\n  "))
    }

    fn best(&self, names: &[&str]) -> Figures {
        let candidates = self
            .entries
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        candidates
            .map(|(_, runs)| rates(runs))
            .max_by(|one, other| f64::total_cmp(&one.middle(), &other.middle()))
            .unwrap_or_default()
    }
}

fn rates(runs: &[Run]) -> Figures {
    figures(runs, |run| Some(run.rate))
}

fn figures(runs: &[Run], of: impl Fn(&Run) -> Option<f64>) -> Figures {
    Figures(runs.iter().filter_map(of).collect())
}

fn shown(figure: Option<f64>) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| Short(figure).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_line_with_its_ratio_to_the_unit() {
        let mut contest = Contest::default();
        let run = |rate| Run {
            rate,
            ..Run::default()
        };
        contest.note("ours", run(50.0));
        contest.note("theirs", run(10.0));
        contest.note("slower", run(5.0));
        contest.note("ours", run(40.0));
        contest.note("ours", run(30.0));

        let table = contest.markdown(&[("theirs", &["theirs", "slower"]), ("nobody", &["nobody"])]);

        assert!(
            table.contains(
                "| ours | 40.0 (30.0 to 50.0) | – | – | – | – | – | 4.00 | not measured |"
            )
        );
        assert!(
            contest
                .json()
                .contains(r#""per_second": [50.000, 40.000, 30.000]"#)
        );
    }
}
