//! `xingdong score` and `xingdong rulebook`: trying a regulation with two files, without a server
//! and without a database.

mod assess;
mod check;
mod print;

use std::fmt::Display;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use domain::score::{Period, PeriodRule, PeriodUnit, Scheme, SubjectKind};

use super::facts_file;
use super::rulebook_file;
use crate::clock::Clock;
use crate::sheet::Watermark;

pub use check::{check, schema};

/// How the sheets are given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Text on the terminal: a table, then every sheet with every line, ranks and reviews.
    #[default]
    Table,
    /// JSON on standard output, with every line of every sheet.
    Json,
    /// One Excel file for each period, beside the file of facts; groups have one of their own.
    Xlsx,
}

/// What is to be computed.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The rulebook, TOML.
    pub rulebook: PathBuf,
    /// The facts, CSV or JSON.
    pub facts: PathBuf,
    /// The members, CSV.
    pub members: Option<PathBuf>,
    /// One period: its name, or its days as `2026-02-15..2027-02-14`.
    pub period: Option<String>,
    /// How the sheets are given out.
    pub format: Format,
}

/// Computes the sheets of everybody in the files and gives them out: for every period from the
/// first fact to the last, or for the one that is asked for. See [`facts_file`] for the format.
///
/// # Errors
/// When a file is not usable; every mistake is printed with its place before.
pub fn run(trial: &Trial) -> Result<()> {
    let rulebook = rulebook_file::read(&trial.rulebook)
        .map_err(|errors| complain(&trial.rulebook, &errors))?;
    let scheme = Scheme::new(rulebook);
    let file = facts_file::read(&trial.facts, trial.members.as_deref(), &scheme)
        .map_err(|mistakes| complain_all(&mistakes))?;
    let wanted = trial
        .period
        .as_deref()
        .map(|text| wanted(text, &scheme.rulebook().period))
        .transpose()
        .map_err(anyhow::Error::msg)?;
    let results = assess::assess(&scheme, &file, wanted).map_err(anyhow::Error::msg)?;
    match trial.format {
        Format::Table => print!("{}", print::text(&scheme, &results)),
        Format::Json => println!("{}", print::json(&scheme, &results)?),
        Format::Xlsx => {
            let stem = trial
                .facts
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy();
            for result in &results {
                for (subject, end) in [(SubjectKind::Member, ""), (SubjectKind::Group, "-活动组")]
                {
                    let watermark = Watermark {
                        name: "xingdong score".to_owned(),
                        at: Clock::System.now(),
                    };
                    let Some(bytes) = print::workbook(&scheme, result, subject, watermark)? else {
                        continue;
                    };
                    let name = format!("{stem}-{}{end}.xlsx", result.period);
                    let path = trial.facts.with_file_name(name);
                    std::fs::write(&path, bytes)
                        .with_context(|| format!("写不进 {}", path.display()))?;
                    println!("{}", path.display());
                }
            }
        }
    }
    Ok(())
}

/// Prints what is wrong with a file, one line for each.
fn complain(path: &Path, errors: &[impl Display]) -> anyhow::Error {
    for error in errors {
        eprintln!("{error}");
    }
    anyhow::anyhow!("{} 有 {} 处错误", path.display(), errors.len())
}

fn complain_all(mistakes: &[facts_file::Mistake]) -> anyhow::Error {
    for mistake in mistakes {
        eprintln!("{mistake}");
    }
    anyhow::anyhow!("共 {} 处错误，改好后再算", mistakes.len())
}

/// Which period is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// One of those in which the rulebook counts; those before it are computed for it.
    Named(Period),
    /// These days, whatever came before.
    Alone(Period),
}

fn wanted(text: &str, rule: &PeriodRule) -> Result<Wanted, String> {
    if let Some((first, last)) = text.split_once("..") {
        let day = |text: &str| {
            facts_file::day(text).ok_or_else(|| format!("「{text}」不是日期，应如 2026-02-15"))
        };
        let (first, last) = (day(first)?, day(last)?);
        if last < first {
            return Err(format!("考核期的最后一天 {last} 早于第一天 {first}"));
        }
        return Ok(Wanted::Alone(Period::fixed(rule.unit, first, last)));
    }
    let period = period_named(text, rule)
        .map_err(|wrong| format!("{wrong}，或写起止日期，如 2026-02-15..2027-02-14"))?;
    Ok(Wanted::Named(period))
}

/// The period of this name, with the days that the rulebook gives it. A session year is the one
/// that begins in the year it is named after. A period of another unit is refused: what the
/// rulebook says of a year does not hold of a quarter.
pub(super) fn period_named(text: &str, rule: &PeriodRule) -> Result<Period, String> {
    let example = match rule.unit {
        PeriodUnit::Year => "2026",
        PeriodUnit::HalfYear => "2026-H1",
        PeriodUnit::Quarter => "2026-Q3",
        PeriodUnit::Month => "2026-09",
        PeriodUnit::SessionYear => "2026-S",
        PeriodUnit::Term => "2026-T",
    };
    let named = Period::named(text).ok();
    let period = named.and_then(|named| rule.named(named));
    period.ok_or_else(|| {
        format!(
            "「{text}」不是本细则的考核期；本细则按{}考核，应如 {example}",
            rule.unit.zh()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(unit: PeriodUnit, starts: &str) -> PeriodRule {
        PeriodRule {
            unit,
            starts: starts.to_owned(),
        }
    }

    fn days(text: &str, rule: &PeriodRule) -> String {
        match wanted(text, rule) {
            Ok(Wanted::Named(one)) => format!("{} {}", one.first, one.last),
            Ok(Wanted::Alone(one)) => format!("alone {} {}", one.first, one.last),
            Err(error) => error,
        }
    }

    #[test]
    fn a_period_is_named_as_the_rulebook_counts_them() {
        let year = rule(PeriodUnit::Year, "01-01");
        assert_eq!(days("2026", &year), "2026-01-01 2026-12-31");
        assert!(days("2026-Q3", &year).contains("本细则按年度考核，应如 2026"));
        assert!(days("2026", &rule(PeriodUnit::Quarter, "01-01")).contains("应如 2026-Q3"));
        let session = rule(PeriodUnit::SessionYear, "02-15");
        assert_eq!(days("2026-S", &session), "2026-02-15 2027-02-14");
        assert!(days("2026", &session).contains("应如 2026-S"));
        let school = rule(PeriodUnit::Quarter, "03-01");
        assert_eq!(days("2026-Q2", &school), "2026-06-01 2026-08-31");
        assert_eq!(days("2026-Q4", &school), "2026-12-01 2027-02-28");
        let term = rule(PeriodUnit::Term, "01-01");
        assert_eq!(days("2026-T", &term), "2026-01-01 2030-12-31");
        assert!(days("2026-S", &year).contains("应如 2026"));
    }

    #[test]
    fn a_period_can_be_given_by_its_days() {
        let session = rule(PeriodUnit::SessionYear, "02-15");
        assert_eq!(
            days("2026-02-10..2027.2.9", &session),
            "alone 2026-02-10 2027-02-09"
        );
        assert!(days("2026-02-10..2026-02-09", &session).contains("早于"));
        assert!(days("2026-02-10..明年", &session).contains("不是日期"));
    }
}
