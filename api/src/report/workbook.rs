//! The Excel file of a period: a row for each member or group, a row for each line of a sheet, and
//! a page that says by which rules. The numbers are those of the API, from the same sheets.

use chrono::{DateTime, Utc};
use domain::people::Position;
use domain::points::Points;
use domain::score::{
    LineFact, Period, Rank, Rule, Rulebook, Share, Sheet as ScoreSheet, SubjectKind,
};

use super::sheet_paper::standing;
use crate::error::Result;
use crate::extract::instant;
use crate::score::service::Frozen;
use crate::sheet::{Cell, Sheet, Watermark};

/// A cell of Excel holds 32,767 characters; what is longer is cut with a count of what is left out.
const MOST_CHARACTERS: usize = 30_000;

/// One member, or one group, with the sheet.
#[derive(Clone, Debug)]
pub struct Row {
    /// The name.
    pub name: String,
    /// The name of his sector; groups have none.
    pub sector: String,
    /// The name of his group.
    pub group: String,
    /// His position; groups have none.
    pub position: Option<Position>,
    /// The sheet.
    pub sheet: ScoreSheet,
    /// The place within the partition of the rulebook.
    pub place: Rank,
    /// What is frozen of it; none while the period is open.
    pub frozen: Option<Frozen>,
}

/// What the rows rest on.
#[derive(Clone, Debug)]
pub struct Basis {
    /// The period.
    pub period: Period,
    /// Whose sheets they are.
    pub subject: SubjectKind,
    /// The hash of the rulebook.
    pub rulebook_hash: String,
    /// The hash over every sheet of a closed period.
    pub sheets_hash: Option<String>,
    /// When the period was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// How often it was closed.
    pub closings: Option<i32>,
    /// The number of the document that closed it.
    pub document: Option<String>,
}

impl Basis {
    /// What members' rows rest on that nobody closed.
    pub fn open(rulebook: &Rulebook, period: Period) -> Self {
        Self {
            period,
            subject: SubjectKind::Member,
            rulebook_hash: rulebook.hash().to_string(),
            sheets_hash: None,
            closed_at: None,
            closings: None,
            document: None,
        }
    }
}

/// The file. It takes a while: call it where blocking is allowed.
pub fn scores(
    rulebook: &Rulebook,
    basis: &Basis,
    rows: &[Row],
    watermark: Watermark,
) -> Result<Vec<u8>> {
    let period = basis.period.zh();
    let exported_at = instant::text(watermark.at);
    let exported_by = watermark.name.clone();
    let mut book = summary(rulebook, basis, rows, watermark)?;
    details(&mut book, &period, rows)?;
    book.next("说明", "说明", &[("项目", 16.0), ("内容", 80.0)])?;
    let revised = rows.iter().filter_map(|row| row.frozen.as_ref());
    let revised = revised.filter(|frozen| frozen.amended).count();
    let mut notes = vec![
        ("考核周期", period),
        (
            "起止日期",
            format!("{} 至 {}", basis.period.first, basis.period.last),
        ),
        ("考核办法", rulebook.title.clone()),
        ("版本", format!("第 {} 版", rulebook.version)),
        ("考核办法校验码", basis.rulebook_hash.clone()),
        ("提示", rulebook.notice.clone().unwrap_or_default()),
        ("人数", rows.len().to_string()),
        (
            "出席率",
            "实际出席次数 ÷ 应出席次数（已结束的活动，不含免予考勤）".to_owned(),
        ),
    ];
    match &basis.sheets_hash {
        Some(hash) => {
            let at = basis.closed_at.map(instant::text).unwrap_or_default();
            let closings = basis.closings.unwrap_or_default();
            notes.push(("状态", format!("已结账（第 {closings} 次），{at}")));
            notes.push(("结账文号", basis.document.clone().unwrap_or_default()));
            notes.push(("计分表总校验码", hash.clone()));
            notes.push(("结账后更正", format!("{revised} 份")));
        }
        None => notes.push(("状态", "未结账，暂定结果".to_owned())),
    }
    notes.extend([("导出人", exported_by), ("导出时间", exported_at)]);
    for (name, note) in notes {
        book.row([name.into(), note.into()])?;
    }
    book.finish()
}

fn summary(
    rulebook: &Rulebook,
    basis: &Basis,
    rows: &[Row],
    watermark: Watermark,
) -> Result<Sheet> {
    let members = basis.subject == SubjectKind::Member;
    let rules: Vec<&Rule> = rulebook
        .rules
        .iter()
        .filter(|rule| {
            // A rule that applies to none of them, such as one for groups, has no column.
            let applies = |row: &Row| row.sheet.lines.iter().any(|line| line.key == rule.key);
            rows.iter().any(applies)
        })
        .collect();
    let parts: Vec<_> = rulebook
        .parts
        .iter()
        .filter(|part| {
            let there = |row: &Row| row.sheet.parts.iter().any(|line| line.key == part.key);
            rows.iter().any(there)
        })
        .collect();
    let subtotals: Vec<String> = parts
        .iter()
        .map(|part| format!("小计：{}", part.title))
        .collect();
    let mut columns = vec![("序号", 6.0), ("姓名", 12.0)];
    if members {
        columns.extend([("界别", 16.0), ("活动组", 16.0), ("职务", 14.0)]);
    } else {
        columns[1] = ("活动组", 20.0);
    }
    columns.extend(rules.iter().map(|rule| (rule.title.as_str(), 14.0)));
    columns.extend([("合计", 10.0), ("等次", 10.0), ("出席率（%）", 12.0)]);
    columns.extend(subtotals.iter().map(|title| (title.as_str(), 14.0)));
    columns.extend([
        ("名次", 8.0),
        ("排名范围", 18.0),
        ("未达到的要求", 30.0),
        ("状态", 24.0),
    ]);
    let title = format!("{}积分汇总表", basis.period.zh());
    let mut book = Sheet::new("积分汇总", &title, &columns, watermark)?;
    for (number, row) in (1_i64..).zip(rows) {
        let sheet = &row.sheet;
        let mut cells = vec![number.into(), text(&row.name)];
        if members {
            cells.extend([text(&row.sector), text(&row.group)]);
            cells.push(row.position.map(Position::zh).into());
        }
        cells.extend(rules.iter().map(|rule| {
            let line = sheet.lines.iter().find(|line| line.key == rule.key);
            line.map_or(Cell::Empty, |line| points(line.points))
        }));
        let share = sheet.attendance_share.map(percent);
        cells.extend([
            points(sheet.total),
            sheet.grade.clone().into(),
            share.map_or(Cell::Empty, points),
        ]);
        cells.extend(parts.iter().map(|part| {
            let line = sheet.parts.iter().find(|line| line.key == part.key);
            line.map_or(Cell::Empty, |line| points(line.points))
        }));
        let among = format!(
            "{}（{} 人）",
            if row.place.among.is_empty() {
                "全体"
            } else {
                &row.place.among
            },
            row.place.of
        );
        let unmet: Vec<&str> = sheet
            .requirements
            .iter()
            .filter(|one| !one.met)
            .map(|one| one.title.as_str())
            .collect();
        cells.extend([
            match row.place.rank {
                0 => Cell::Empty,
                rank => i64::from(rank).into(),
            },
            among.into(),
            unmet.join("、").into(),
            standing(row.frozen.as_ref()).into(),
        ]);
        book.row(cells)?;
    }
    Ok(book)
}

fn details(book: &mut Sheet, period: &str, rows: &[Row]) -> Result<()> {
    let columns = [
        ("姓名", 12.0),
        ("条款", 12.0),
        ("项目", 24.0),
        ("计算过程", 48.0),
        ("得分", 10.0),
        ("依据事实", 60.0),
    ];
    book.next("积分明细", &format!("{period}积分明细"), &columns)?;
    for row in rows {
        for line in &row.sheet.lines {
            let missing = line.reached.as_ref().and_then(|one| one.missing.as_ref());
            let arithmetic = match missing {
                Some(missing) => format!("{}；{missing}", line.arithmetic),
                None => line.arithmetic.clone(),
            };
            let cells = [
                text(&row.name),
                text(&line.clause),
                text(&line.title),
                arithmetic.into(),
            ];
            let earned = [points(line.points), facts(&line.facts).into()];
            book.row(cells.into_iter().chain(earned))?;
        }
        for unused in &row.sheet.unused {
            let fact = format!("{} {}", unused.on, unused.title);
            let why = unused.explanation.as_str();
            let cells = [text(&row.name), Cell::Empty, "未计分".into(), why.into()];
            book.row(cells.into_iter().chain([points(Points::ZERO), fact.into()]))?;
        }
    }
    Ok(())
}

fn text(text: &str) -> Cell {
    text.into()
}

/// Points as a number. A spreadsheet knows no decimals; the nearest double of two decimals is
/// shown as exactly these two.
#[expect(
    clippy::cast_precision_loss,
    reason = "no sheet reaches 2^53 hundredths"
)]
pub(super) fn points(points: Points) -> Cell {
    Cell::Decimal(points.hundredths() as f64 / 100.0)
}

/// The share in percent, half up at the second decimal.
pub(super) fn percent(share: Share) -> Points {
    let (attended, of) = (i64::from(share.attended), i64::from(share.of));
    Points::from_hundredths((attended * 20_000 + of).div_euclid(of * 2))
}

fn facts(facts: &[LineFact]) -> String {
    let mut text = String::new();
    for (index, fact) in facts.iter().enumerate() {
        let one = format!(
            "{}{} {}",
            if index == 0 { "" } else { "；" },
            fact.on,
            fact.title
        );
        if text.chars().count() + one.chars().count() > MOST_CHARACTERS {
            return format!("{text}；……共 {} 项", facts.len());
        }
        text.push_str(&one);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_half_up_at_the_second_decimal() {
        let percent = |attended, of| percent(Share { attended, of }).to_string();
        assert_eq!(
            [
                percent(1, 3),
                percent(2, 3),
                percent(1, 8),
                percent(4, 4),
                percent(0, 4)
            ],
            ["33.33", "66.67", "12.5", "100", "0"]
        );
        assert_eq!(percent(1, 32), "3.13");
    }
}
