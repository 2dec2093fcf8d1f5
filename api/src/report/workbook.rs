//! The Excel file of a period: a row for each member, a row for each line of a sheet, and a page
//! that says by which rules. The numbers are those of the API, from the same sheets.

use domain::people::Position;
use domain::points::Points;
use domain::score::{LineFact, Period, Rulebook, Share, Sheet as ScoreSheet};

use crate::error::Result;
use crate::extract::instant;
use crate::sheet::{Cell, Sheet, Watermark};

/// A cell of Excel holds 32,767 characters; what is longer is cut with a count of what is left out.
const MOST_CHARACTERS: usize = 30_000;

/// One member with his sheet.
#[derive(Clone, Debug)]
pub struct Row {
    /// His name.
    pub name: String,
    /// The name of his sector.
    pub sector: String,
    /// The name of his group.
    pub group: String,
    /// His position.
    pub position: Position,
    /// His sheet.
    pub sheet: ScoreSheet,
}

/// The file. It takes a while: call it where blocking is allowed.
pub fn scores(
    rulebook: &Rulebook,
    period: Period,
    rows: &[Row],
    watermark: Watermark,
) -> Result<Vec<u8>> {
    let mut columns = vec![
        ("序号", 6.0),
        ("姓名", 12.0),
        ("界别", 16.0),
        ("活动组", 16.0),
        ("职务", 14.0),
    ];
    columns.extend(
        rulebook
            .rules
            .iter()
            .map(|rule| (rule.title.as_str(), 14.0)),
    );
    columns.extend([("合计", 10.0), ("等次", 10.0), ("出席率（%）", 12.0)]);
    let title = format!("{}积分汇总表", period.zh());
    let exported_at = instant::text(watermark.at);
    let exported_by = watermark.name.clone();

    let mut book = Sheet::new("积分汇总", &title, &columns, watermark)?;
    for (number, row) in (1_i64..).zip(rows) {
        let start = [
            number.into(),
            text(&row.name),
            text(&row.sector),
            text(&row.group),
            row.position.zh().into(),
        ];
        let rules = rulebook.rules.iter().map(|rule| {
            let line = row.sheet.lines.iter().find(|line| line.key == rule.key);
            line.map_or(Cell::Empty, |line| points(line.points))
        });
        let share = row.sheet.attendance_share.map(percent);
        let end = [
            points(row.sheet.total),
            row.sheet.grade.clone().into(),
            share.map_or(Cell::Empty, points),
        ];
        book.row(start.into_iter().chain(rules).chain(end))?;
    }

    let columns = [
        ("姓名", 12.0),
        ("条款", 12.0),
        ("项目", 24.0),
        ("计算过程", 48.0),
        ("得分", 10.0),
        ("依据事实", 60.0),
    ];
    book.next("积分明细", &format!("{}积分明细", period.zh()), &columns)?;
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
            book.row(
                cells
                    .into_iter()
                    .chain([points(line.points), facts(&line.facts).into()]),
            )?;
        }
        for unused in &row.sheet.unused {
            let fact = format!("{} {}", unused.on, unused.title);
            let why = unused.explanation.as_str();
            let cells = [text(&row.name), Cell::Empty, "未计分".into(), why.into()];
            book.row(cells.into_iter().chain([points(Points::ZERO), fact.into()]))?;
        }
    }

    book.next("说明", "说明", &[("项目", 16.0), ("内容", 80.0)])?;
    let notes = [
        ("考核周期", period.zh()),
        ("考核办法", rulebook.title.clone()),
        ("版本", format!("第 {} 版", rulebook.version)),
        ("提示", rulebook.notice.clone().unwrap_or_default()),
        ("人数", rows.len().to_string()),
        (
            "出席率",
            "实际出席次数 ÷ 应出席次数（已结束的活动，不含免予考勤）".to_owned(),
        ),
        ("导出人", exported_by),
        ("导出时间", exported_at),
    ];
    for (name, note) in notes {
        book.row([name.into(), note.into()])?;
    }
    book.finish()
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
fn points(points: Points) -> Cell {
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
