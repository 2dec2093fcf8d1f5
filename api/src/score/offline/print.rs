//! What came of the files, as text, as JSON, as a workbook.

use std::fmt::Write as _;

use anyhow::Result as Fallible;
use domain::score::{Person, Rank, Scheme, Sheet, Subject, SubjectKind};
use serde::Serialize;
use serde_json::json;

use super::assess::Result;
use crate::report::workbook::{self, Basis, Row};
use crate::sheet::Watermark;

const TEXT: &str = "writing to a string does not fail";

/// Each period: a table of everybody, then every sheet, then what the reviews propose.
pub fn text(scheme: &Scheme, results: &[Result]) -> String {
    let mut text = String::new();
    for result in results {
        text.push_str(&one_period(scheme, result));
    }
    text
}

fn one_period(scheme: &Scheme, result: &Result) -> String {
    let book = scheme.rulebook();
    let mut text = String::new();
    let (period, version) = (result.period, book.version);
    writeln!(
        text,
        "{} 第 {version} 版，{}（{} 至 {}）",
        book.title,
        period.zh(),
        period.first,
        period.last
    )
    .expect(TEXT);
    if let Some(notice) = &book.notice {
        writeln!(text, "注：{notice}").expect(TEXT);
    }
    text.push('\n');
    text.push_str(&table(result));
    text.push('\n');
    for ((name, one), rank) in result.names.iter().zip(&result.people).zip(&result.ranks) {
        text.push_str(&one.assessed.sheet.to_text(name));
        if book.ranking.is_some() && rank.rank != 0 {
            let among = among(rank);
            writeln!(text, "  名次：{among} {} 人中第 {} 名", rank.of, rank.rank).expect(TEXT);
        }
    }
    for (name, one) in &result.outside {
        text.push_str(&one.to_text(name));
    }
    for (review, proposals) in book.reviews.iter().zip(&result.reviews) {
        text.push_str(&proposals.to_text(review, &result.names));
    }
    text
}

/// A place in a column; of whoever is exempt that he is.
fn place(rank: &Rank) -> String {
    if rank.rank == 0 {
        return "免予考核".to_owned();
    }
    format!("{} {}/{}", among(rank), rank.rank, rank.of)
}

fn among(rank: &Rank) -> &str {
    if rank.among.is_empty() {
        "全体"
    } else {
        &rank.among
    }
}

/// One line for each, with total, grade and rank.
fn table(result: &Result) -> String {
    let mut rows: Vec<Vec<String>> = vec![
        ["姓名", "活动组", "总分", "等次", "名次", "出席"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for ((name, one), rank) in result.names.iter().zip(&result.people).zip(&result.ranks) {
        let sheet = &one.assessed.sheet;
        let share = sheet.attendance_share;
        let word = |name| {
            one.assessed
                .person
                .word(name)
                .unwrap_or_default()
                .to_owned()
        };
        rows.push(vec![
            name.clone(),
            word("group"),
            sheet.total.to_string(),
            sheet.grade.clone().unwrap_or_default(),
            place(rank),
            share.map_or_else(String::new, |share| {
                format!("{}/{}", share.attended, share.of)
            }),
        ]);
    }
    let columns = rows[0].len();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().map(|row| width(&row[column]));
            cells.max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
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

/// A sheet with the name that the files give the person.
#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    rank: &'a Rank,
    #[serde(flatten)]
    sheet: &'a Sheet,
}

/// The same as JSON, with every line of every sheet.
///
/// # Errors
/// Never: there is nothing that JSON has not.
pub fn json(scheme: &Scheme, results: &[Result]) -> Fallible<String> {
    let book = scheme.rulebook();
    let periods: Vec<_> = results
        .iter()
        .map(|result| {
            let people = result.names.iter().zip(&result.people).zip(&result.ranks);
            let sheets: Vec<_> = people
                .map(|((name, one), rank)| Named {
                    name,
                    rank,
                    sheet: &one.assessed.sheet,
                })
                .collect();
            let reviews: Vec<_> = book
                .reviews
                .iter()
                .zip(&result.reviews)
                .map(|(review, proposals)| {
                    let named: Vec<_> = result
                        .names
                        .iter()
                        .zip(&proposals.proposals)
                        .filter_map(|(name, proposal)| {
                            let proposal = proposal.as_ref()?;
                            Some(json!({ "name": name, "proposal": proposal }))
                        })
                        .collect();
                    json!({
                        "key": review.key,
                        "title": review.title,
                        "places": proposals.places,
                        "nominations": proposals.nominations,
                        "proposals": named,
                    })
                })
                .collect();
            let outside: Vec<_> = result
                .outside
                .iter()
                .map(|(name, one)| json!({ "name": name, "outside": one }))
                .collect();
            json!({
                "period": result.period,
                "first": result.period.first,
                "last": result.period.last,
                "sheets": sheets,
                "outside": outside,
                "reviews": reviews,
            })
        })
        .collect();
    let all = json!({
        "rulebook": book.key,
        "version": book.version,
        "hash": book.hash().to_string(),
        "periods": periods,
    });
    Ok(serde_json::to_string_pretty(&all)?)
}

/// The Excel file of the members or of the groups of a period, as the service writes it; none where
/// nobody of them is assessed.
///
/// # Errors
/// When the file grows beyond what Excel takes.
pub fn workbook(
    scheme: &Scheme,
    result: &Result,
    subject: SubjectKind,
    watermark: Watermark,
) -> Fallible<Option<Vec<u8>>> {
    let rows: Vec<Row> = result
        .names
        .iter()
        .zip(&result.people)
        .zip(&result.ranks)
        .filter(|((_, one), _)| {
            let is_member = matches!(one.assessed.person.subject, Subject::Member(_));
            is_member == (subject == SubjectKind::Member)
        })
        .map(|((name, one), rank)| row(name, &one.assessed.person, &one.assessed.sheet, rank))
        .collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let basis = Basis {
        period: result.period,
        subject,
        rulebook_hash: scheme.rulebook().hash().to_string(),
        sheets_hash: None,
        closed_at: None,
        closings: None,
        document: None,
    };
    let book = workbook::scores(scheme.rulebook(), &basis, &rows, watermark);
    book.map(Some).map_err(|error| {
        let detail = error.detail.into_owned();
        error.cause.unwrap_or_else(|| anyhow::Error::msg(detail))
    })
}

fn row(name: &str, person: &Person, sheet: &Sheet, rank: &Rank) -> Row {
    let word = |name| person.word(name).unwrap_or_default().to_owned();
    Row {
        name: name.to_owned(),
        sector: word("sector"),
        group: word("group"),
        position: person.word("position").and_then(|word| word.parse().ok()),
        sheet: sheet.clone(),
        place: rank.clone(),
        frozen: None,
    }
}
