//! How a dossier stands on paper.

use domain::activity::ActivityStatus;
use domain::review::Verdict;
use domain::score::Reason;
use domain::time::local_date;
use entity::{activity, attendance};

use super::dossier::{Dossier, PeriodResult};
use super::paper::Paper;
use super::sheet_paper;
use crate::error::{ApiError, Result};
use crate::review::service::DossierEntry;
use crate::sheet::Watermark;

/// The file. It takes a while: call it where blocking is allowed.
pub fn written(dossier: &Dossier, watermark: &Watermark) -> Result<Vec<u8>> {
    let mut paper = Paper::new(&dossier.committee, watermark);
    paper.title("委员履职档案");
    person(&mut paper, dossier);
    if 1 < dossier.results.len() {
        overview(&mut paper, dossier);
    }
    for (at, one) in dossier.results.iter().enumerate() {
        if 0 < at {
            paper.new_page();
        }
        period(&mut paper, one);
    }
    invitations(&mut paper, dossier);
    duties(&mut paper, dossier);
    reviews(&mut paper, dossier)?;
    paper.finish()
}

fn person(paper: &mut Paper, dossier: &Dossier) {
    let member = &dossier.member;
    let [sector, group, special] = dossier.places.clone();
    let mut pairs = vec![
        ("姓名", member.name.clone()),
        ("职务", member.position.zh().to_owned()),
        ("界别", sector.unwrap_or_default()),
        ("活动组", group.unwrap_or_default()),
        ("届次", dossier.term.name.clone()),
        ("联系专委会", special.unwrap_or_default()),
        ("任职日期", member.joined_on.to_string()),
        (
            "离任日期",
            member
                .left_on
                .map_or_else(|| "在任".to_owned(), |day| day.to_string()),
        ),
    ];
    pairs.extend(member.employer.clone().map(|one| ("工作单位", one)));
    let (from, to) = dossier.days;
    pairs.push(("起止日期", format!("{from} 至 {to}")));
    paper.pairs(&pairs);
}

fn overview(paper: &mut Paper, dossier: &Dossier) {
    paper.heading("历期考核结果");
    let rows: Vec<Vec<String>> = dossier
        .results
        .iter()
        .map(|one| {
            let [total, grade, place, standing] = match &one.result {
                Some((assessed, place)) => [
                    assessed.sheet.total.to_string(),
                    assessed.sheet.grade.clone().unwrap_or_default(),
                    place.as_ref().map(sheet_paper::place).unwrap_or_default(),
                    sheet_paper::standing(assessed.frozen.as_ref()),
                ],
                None => ["", "", "", "未列入考核"].map(str::to_owned),
            };
            vec![one.period.zh(), total, grade, place, standing]
        })
        .collect();
    let columns = [
        ("考核期", 24),
        ("总分", 12),
        ("等次", 14),
        ("名次", 26),
        ("状态", 24),
    ];
    paper.table(&columns, &rows);
}

fn period(paper: &mut Paper, one: &PeriodResult) {
    let period = one.period;
    paper.heading(&format!(
        "{}（{} 至 {}）",
        period.zh(),
        period.first,
        period.last
    ));
    paper.remark(&format!("依据《{}》", one.rulebook));
    let Some((assessed, place)) = &one.result else {
        paper.text("本期未列入考核。");
        return;
    };
    let sheet = &assessed.sheet;
    sheet_paper::result(paper, sheet, place.as_ref(), assessed.frozen.as_ref());
    if let Some(conduct) = sheet_paper::decided_by(sheet, &assessed.facts) {
        paper.remark(&format!("等次由以下认定决定：{conduct}"));
    }
    sheet_paper::lines(paper, sheet);
    sheet_paper::requirements(paper, sheet);
    sheet_paper::unused(paper, sheet);
    sheet_paper::attendance(paper, sheet);
    sheet_paper::choices(paper, sheet);
}

fn invitations(paper: &mut Paper, dossier: &Dossier) {
    paper.heading("参加活动");
    if dossier.invitations.is_empty() {
        paper.text("无。");
        return;
    }
    let rows: Vec<Vec<String>> = dossier
        .invitations
        .iter()
        .map(|(activity, row)| {
            vec![
                local_date(activity.starts_at).to_string(),
                activity.title.clone(),
                activity.kind.zh().to_owned(),
                status(activity, row),
            ]
        })
        .collect();
    let columns = [("日期", 16), ("活动", 42), ("类型", 14), ("情况", 28)];
    paper.table(&columns, &rows);
}

fn status(activity: &activity::Model, row: &attendance::Model) -> String {
    if activity.status == ActivityStatus::Cancelled {
        return activity.status.zh().to_owned();
    }
    let mut parts = vec![row.status.zh().to_owned()];
    if let Some(reason) = row.leave_reason {
        parts.push(reason.zh().to_owned());
    }
    if let (Some(attended), Some(total)) = (row.sessions_attended, row.sessions_total)
        && 1 < total
    {
        parts.push(format!("{attended}/{total} 场"));
    }
    // A correction keeps the original state in every list (product.md §4.6).
    if let Some(original) = row.original_status {
        parts.push(format!("原为{}", original.zh()));
    }
    parts.join("，")
}

fn duties(paper: &mut Paper, dossier: &Dossier) {
    paper.heading("履职记录");
    if dossier.duties.is_empty() {
        paper.text("无。");
        return;
    }
    let rows: Vec<Vec<String>> = dossier
        .duties
        .iter()
        .map(|one| {
            let number = one.row.reference_no.clone();
            let told = match number {
                Some(number) if one.told.is_empty() => format!("编号：{number}"),
                Some(number) => format!("编号：{number}；{}", one.told),
                None => one.told.clone(),
            };
            vec![
                one.row.done_on.to_string(),
                one.kind.clone(),
                one.row.title.clone(),
                told,
                one.row.status.zh().to_owned(),
            ]
        })
        .collect();
    let columns = [
        ("日期", 15),
        ("类别", 15),
        ("题目", 32),
        ("情况", 26),
        ("状态", 12),
    ];
    paper.table(&columns, &rows);
}

fn reviews(paper: &mut Paper, dossier: &Dossier) -> Result<()> {
    paper.heading("评议与决定");
    if dossier.reviews.is_empty() {
        paper.text("无。");
        return Ok(());
    }
    for entry in &dossier.reviews {
        review(paper, entry)?;
    }
    Ok(())
}

fn review(paper: &mut Paper, entry: &DossierEntry) -> Result<()> {
    let DossierEntry {
        review,
        candidate,
        consequence,
        documents,
    } = entry;
    let reasons: Vec<Reason> =
        serde_json::from_value(candidate.reasons.clone()).map_err(ApiError::internal)?;
    let reasons: Vec<String> = reasons
        .iter()
        .map(|reason| format!("{}：{}", reason.clause, reason.text))
        .collect();
    paper.caption(&review.title);
    let mut pairs = vec![
        ("类别", review.kind.zh().to_owned()),
        ("考核期", review.period.clone()),
        ("决定", candidate.verdict.map_or("", Verdict::zh).to_owned()),
        ("结果", consequence.clone().unwrap_or_default()),
        ("决定机构", review.deciding_body.clone().unwrap_or_default()),
        ("文号", review.decided_document.clone().unwrap_or_default()),
    ];
    pairs.extend(review.decided_on.map(|day| ("决定日期", day.to_string())));
    pairs.extend(candidate.verdict_reason.clone().map(|why| ("说明", why)));
    paper.pairs(&pairs);
    if !reasons.is_empty() {
        paper.remark(&format!("理由：\n{}", reasons.join("\n")));
    }
    let rows: Vec<Vec<String>> = documents
        .iter()
        .map(|one| {
            vec![
                one.done_on.to_string(),
                format!("{}：{}", one.kind.zh(), one.title),
                one.number.clone().unwrap_or_default(),
                one.done_by.clone(),
                one.signed_on.map(|day| day.to_string()).unwrap_or_default(),
            ]
        })
        .collect();
    let columns = [
        ("日期", 16),
        ("谈话函告", 34),
        ("文号", 20),
        ("办理人", 14),
        ("签收日期", 16),
    ];
    paper.table(&columns, &rows);
    Ok(())
}
