//! A score sheet on paper: the lines as a table with clause, calculation and basis, the parts, the
//! requirements, what earned nothing, and what the rulebook chose.

use domain::score::{Fact, Rank, Sheet};

use super::paper::Paper;
use super::workbook::percent;
use crate::score::service::Frozen;

/// Which state of things a result is: closed with its hash, or open and to be changed.
pub fn standing(frozen: Option<&Frozen>) -> String {
    match frozen {
        Some(frozen) => {
            let amended = if frozen.amended {
                "（结账后更正）"
            } else {
                ""
            };
            format!("已结账，第 {} 次修订{amended}", frozen.revision)
        }
        None => "未结账，暂定结果".to_owned(),
    }
}

/// A place among others, in words.
pub fn place(place: &Rank) -> String {
    if place.rank == 0 {
        return "免予考核，不排名".to_owned();
    }
    let among = if place.among.is_empty() {
        String::new()
    } else {
        format!("{}内", place.among)
    };
    format!("{among}第 {} 名，共 {} 人", place.rank, place.of)
}

/// The result in a few pairs.
pub fn result(paper: &mut Paper, sheet: &Sheet, rank: Option<&Rank>, frozen: Option<&Frozen>) {
    let mut pairs = vec![
        ("总分", sheet.total.to_string()),
        (
            "等次",
            sheet.grade.clone().unwrap_or_else(|| "不评定".to_owned()),
        ),
    ];
    pairs.extend(rank.map(|one| ("名次", place(one))));
    pairs.push(("状态", standing(frozen)));
    pairs.push(("计算", sheet.arithmetic.clone()));
    pairs.push((
        "考核办法",
        format!("{} 第 {} 版", sheet.rulebook, sheet.rulebook_version),
    ));
    pairs.extend(sheet.grade_note.clone().map(|note| ("等次说明", note)));
    pairs.extend(sheet.stay.map(|stay| {
        let text = format!("在任 {} 个季度，考核期共 {} 个季度", stay.quarters, stay.of);
        ("任职时间", text)
    }));
    pairs.extend(frozen.map(|frozen| ("校验码", frozen.hash.clone())));
    paper.pairs(&pairs);
}

/// Every line with its calculation and the facts it rests on, then the parts.
pub fn lines(paper: &mut Paper, sheet: &Sheet) {
    paper.caption("计分明细");
    let rows: Vec<Vec<String>> = sheet
        .lines
        .iter()
        .map(|line| {
            let missing = line.reached.as_ref().and_then(|one| one.missing.as_ref());
            let arithmetic = match missing {
                Some(missing) => format!("{}；{missing}", line.arithmetic),
                None => line.arithmetic.clone(),
            };
            let facts: Vec<String> = line
                .facts
                .iter()
                .map(|fact| match &fact.arithmetic {
                    Some(how) => format!("{} {}（{how}）", fact.on, fact.title),
                    None => format!("{} {}", fact.on, fact.title),
                })
                .collect();
            vec![
                line.clause.clone(),
                line.title.clone(),
                arithmetic,
                line.points.to_string(),
                facts.join("\n"),
            ]
        })
        .collect();
    let columns = [
        ("条款", 12),
        ("项目", 16),
        ("计算过程", 30),
        ("得分", 8),
        ("依据", 34),
    ];
    paper.table(&columns, &rows);

    if !sheet.parts.is_empty() {
        paper.caption("分项小计");
        let rows: Vec<Vec<String>> = sheet
            .parts
            .iter()
            .map(|part| {
                vec![
                    part.clause.clone(),
                    part.title.clone(),
                    part.arithmetic.clone(),
                    part.points.to_string(),
                ]
            })
            .collect();
        let columns = [("条款", 12), ("分项", 20), ("计算过程", 56), ("得分", 12)];
        paper.table(&columns, &rows);
    }
}

/// What had to be done whatever the points.
pub fn requirements(paper: &mut Paper, sheet: &Sheet) {
    if sheet.requirements.is_empty() {
        return;
    }
    paper.caption("基本要求");
    let rows: Vec<Vec<String>> = sheet
        .requirements
        .iter()
        .map(|one| {
            vec![
                one.clause.clone(),
                one.title.clone(),
                one.zh().to_owned(),
                one.finding.clone(),
            ]
        })
        .collect();
    let columns = [("条款", 12), ("要求", 28), ("结果", 12), ("情况", 48)];
    paper.table(&columns, &rows);
}

/// What earned nothing, each with its reason, and what counted as something else.
pub fn unused(paper: &mut Paper, sheet: &Sheet) {
    if !sheet.unused.is_empty() {
        paper.caption("未计分事项");
        let rows: Vec<Vec<String>> = sheet
            .unused
            .iter()
            .map(|one| {
                vec![
                    one.on.to_string(),
                    one.title.clone(),
                    one.explanation.clone(),
                ]
            })
            .collect();
        paper.table(&[("日期", 16), ("事项", 42), ("原因", 42)], &rows);
    }
    if !sheet.deemed.is_empty() {
        paper.caption("视同事项");
        let rows: Vec<Vec<String>> = sheet
            .deemed
            .iter()
            .map(|one| vec![one.clause.clone(), one.title.clone(), one.text.clone()])
            .collect();
        paper.table(&[("条款", 16), ("事项", 42), ("规定", 42)], &rows);
    }
}

/// The fact of conduct that decided the grade, in words.
pub fn decided_by(sheet: &Sheet, facts: &[Fact]) -> Option<String> {
    let id = sheet.decided_by.filter(|_| !sheet.is_exempt())?;
    let fact = facts.iter().find(|fact| fact.id == id)?;
    Some(format!("{} {}", fact.on, fact.title))
}

/// To what he was invited and what became of it.
pub fn attendance(paper: &mut Paper, sheet: &Sheet) {
    let of = sheet.attendance;
    paper.caption("出席情况");
    paper.pairs(&[
        ("受邀", of.invited.to_string()),
        ("出席", of.attended.to_string()),
        ("请假", of.leave.to_string()),
        ("免予考勤", of.exempt.to_string()),
        ("缺席", of.absent.to_string()),
        (
            "出席率",
            sheet
                .attendance_share
                .map_or_else(|| "—".to_owned(), |share| format!("{}%", percent(share))),
        ),
    ]);
}

/// Where the committee's text is silent and the rulebook chose, and what must be shown beside the
/// result.
pub fn choices(paper: &mut Paper, sheet: &Sheet) {
    if !sheet.choices.is_empty() {
        paper.caption("办法未作规定、由考核办法选定的事项");
        let rows: Vec<Vec<String>> = sheet
            .choices
            .iter()
            .map(|one| vec![one.clause.clone(), one.text.clone()])
            .collect();
        paper.table(&[("条款", 20), ("选定", 80)], &rows);
    }
    if let Some(notice) = &sheet.notice {
        paper.remark(&format!("提示：{notice}"));
    }
}
