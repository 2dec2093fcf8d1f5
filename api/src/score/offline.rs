//! `xingdong score` and `xingdong rulebook check`: trying a regulation with two files, without a
//! server and without a database.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use domain::people::Position;
use domain::score::{Period, Person, Record, Rulebook, Scheme, Sheet, Subject};
use serde::Serialize;

use super::facts_file::{self, FactsFile};
use super::rulebook_file;
use crate::clock::Clock;
use crate::report::workbook::{self, Row};
use crate::sheet::Watermark;

/// How the sheets are given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table on the terminal.
    #[default]
    Table,
    /// JSON on standard output, with every line of every sheet.
    Json,
    /// One Excel file for each period, beside the file of facts.
    Xlsx,
}

/// A sheet with the name that the file of facts gives the member.
#[derive(Debug, Serialize)]
struct NamedSheet {
    name: String,
    #[serde(flatten)]
    sheet: Sheet,
}

/// Computes the sheets of everybody in `facts`, for every period of the rulebook in which there
/// is a fact, and gives them out. See [`facts_file`] for the format.
///
/// # Errors
/// When a file is not readable; the message names line, field and what was expected.
pub fn run(rulebook: &Path, facts: &Path, format: Format) -> Result<()> {
    let rulebook = rulebook_file::read(rulebook)?;
    let file = facts_file::read(facts)?;
    let sheets = compute(&rulebook, &file);
    match format {
        Format::Table => {
            for (period, sheets) in &sheets {
                print!("{}", table(&rulebook, *period, sheets));
            }
        }
        Format::Json => {
            let all: Vec<&NamedSheet> = sheets.iter().flat_map(|(_, sheets)| sheets).collect();
            println!("{}", serde_json::to_string_pretty(&all)?);
        }
        Format::Xlsx => {
            let stem = facts.file_stem().unwrap_or_default().to_string_lossy();
            for (period, sheets) in sheets {
                let path = facts.with_file_name(format!("{stem}-{period}.xlsx"));
                let rows: Vec<Row> = sheets.into_iter().map(row).collect();
                let watermark = Watermark {
                    name: "xingdong score".to_owned(),
                    at: Clock::System.now(),
                };
                let bytes =
                    workbook::scores(&rulebook, period, &rows, watermark).map_err(|error| {
                        error
                            .cause
                            .unwrap_or_else(|| anyhow::anyhow!("{}", error.detail))
                    })?;
                std::fs::write(&path, bytes)
                    .with_context(|| format!("cannot write {}", path.display()))?;
                println!("{}", path.display());
            }
        }
    }
    Ok(())
}

/// Says whether a file is a usable rulebook, on standard output.
///
/// # Errors
/// Names every line and field that is wrong, and what was expected there.
pub fn check(path: &Path) -> Result<()> {
    let rulebook = rulebook_file::read(path)?;
    let (key, version) = (&rulebook.key, rulebook.version);
    let (rules, grades) = (rulebook.rules.len(), rulebook.grades.len());
    println!(
        "{}: ok, {key} version {version} with {rules} rules and {grades} grades",
        path.display()
    );
    Ok(())
}

fn compute(rulebook: &Rulebook, file: &FactsFile) -> Vec<(Period, Vec<NamedSheet>)> {
    let periods: BTreeSet<Period> = file
        .facts
        .iter()
        .map(|fact| rulebook.period.around(fact.on))
        .collect();
    let scheme = Scheme::new(rulebook.clone());
    periods
        .into_iter()
        .map(|period| {
            let sheets = file.members.iter().map(|(member, name)| NamedSheet {
                name: name.clone(),
                sheet: scheme.sheet(
                    period,
                    Record::of(&Person::new(Subject::Member(*member), &[]), &file.facts),
                ),
            });
            (period, sheets.collect())
        })
        .collect()
}

fn row(named: NamedSheet) -> Row {
    let none = String::new();
    Row {
        name: named.name,
        sector: none.clone(),
        group: none,
        position: Position::Member,
        sheet: named.sheet,
    }
}

fn table(rulebook: &Rulebook, period: Period, sheets: &[NamedSheet]) -> String {
    let titles = rulebook.rules.iter().map(|rule| rule.title.clone());
    let header = std::iter::once("委员".to_owned()).chain(titles);
    let header = header
        .chain(["合计", "等次", "出席"].map(str::to_owned))
        .collect();
    let mut rows: Vec<Vec<String>> = vec![header];
    rows.extend(sheets.iter().map(|NamedSheet { name, sheet }| {
        let points = sheet.lines.iter().map(|line| line.points.to_string());
        let share = sheet
            .attendance_share
            .map(|share| format!("{}/{}", share.attended, share.of));
        let end = [
            sheet.total.to_string(),
            sheet.grade.clone().unwrap_or_default(),
            share.unwrap_or_default(),
        ];
        std::iter::once(name.clone())
            .chain(points)
            .chain(end)
            .collect()
    }));
    let columns = rows[0].len();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .map(|row| width(&row[column]))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let notice = rulebook
        .notice
        .as_deref()
        .map(|notice| format!("（{notice}）"))
        .unwrap_or_default();
    let mut text = format!(
        "{} 第 {} 版 {period}{notice}\n",
        rulebook.title, rulebook.version
    );
    for row in rows {
        let mut line = String::new();
        for (cell, &column) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(column - width(cell) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// How many columns of a terminal a text takes: Han characters and full-width forms take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|char| if char < '\u{1100}' { 1 } else { 2 })
        .sum()
}
