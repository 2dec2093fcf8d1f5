//! A review as an Excel file: the list with its reasons, the places, nominations, objections, and
//! the decision with what was carried out.

use std::collections::{BTreeMap, HashMap};

use domain::people::Position;
use domain::points::Points;
use domain::score::{Places, ProposedRung, Reason};
use domain::time::local_date;
use entity::{review, review_candidate};
use serde_json::json;

use super::queries::{Described, describe};
use crate::access::{On, op};
use crate::app::App;
use crate::cache::limits;
use crate::error::{ApiError, Result};
use crate::sheet::{Cell, Sheet, Watermark};

const LIST: &[(&str, f64)] = &[
    ("序号", 6.0),
    ("姓名", 10.0),
    ("活动组", 16.0),
    ("界别", 12.0),
    ("职务", 10.0),
    ("总分", 8.0),
    ("等次", 8.0),
    ("列入名单", 9.0),
    ("规则建议", 10.0),
    ("建议后果", 14.0),
    ("理由", 60.0),
    ("研究情况", 30.0),
    ("依据", 24.0),
    ("推荐理由", 24.0),
    ("决定", 12.0),
    ("另作决定", 16.0),
    ("决定理由", 24.0),
];

const PLACES: &[(&str, f64)] = &[
    ("类别", 12.0),
    ("范围", 20.0),
    ("基数", 8.0),
    ("名额", 8.0),
    ("已用", 8.0),
];

const OBJECTIONS: &[(&str, f64)] = &[
    ("提出日期", 12.0),
    ("涉及", 12.0),
    ("内容", 50.0),
    ("状态", 12.0),
    ("答复期限", 12.0),
    ("答复", 50.0),
    ("处理", 12.0),
];

const DOCUMENTS: &[(&str, f64)] = &[
    ("姓名", 10.0),
    ("类型", 8.0),
    ("名称", 18.0),
    ("文号", 20.0),
    ("日期", 12.0),
    ("办理人", 12.0),
    ("签收日期", 12.0),
    ("备注", 30.0),
];

const FACTS: &[(&str, f64)] = &[("项目", 18.0), ("内容", 70.0)];

/// Makes the file of a review; who took it out is kept.
pub async fn workbook(app: &App, on: &On<op::ReviewExport, review::Model>) -> Result<Vec<u8>> {
    let at = app.clock.now();
    let account = on.caller.account_id().to_string();
    app.cache.take(limits::EXPORT, &account, at).await?;
    let described = describe(app, &on.caller, on.row.clone()).await?;
    on.write(app, async |write| {
        write.about("review", on.row.id);
        write.detail(json!({ "format": "xlsx", "rows": described.candidates.len() }));
        Ok(())
    })
    .await?;
    let watermark = Watermark {
        name: on.caller.account().display_name.clone(),
        at,
    };
    tokio::task::spawn_blocking(move || written(&described, watermark))
        .await
        .map_err(ApiError::internal)?
}

fn written(described: &Described, watermark: Watermark) -> Result<Vec<u8>> {
    let row = &described.row;
    let state = if row.provisional { "（暂定）" } else { "" };
    let title = format!("{}{state}", row.title);
    let mut sheet = Sheet::new("名单", &title, LIST, watermark)?;
    // Those on the list first, then the others in their order.
    let (listed, others): (Vec<_>, Vec<_>) =
        described.candidates.iter().partition(|one| one.listed);
    for (number, one) in (1..).zip(listed.into_iter().chain(others)) {
        sheet.row(candidate(described, number, one)?)?;
    }
    places(&mut sheet, described)?;
    objections(&mut sheet, described)?;
    documents(&mut sheet, described)?;
    basis(&mut sheet, described)?;
    sheet.finish()
}

fn candidate(
    described: &Described,
    number: i64,
    one: &review_candidate::Model,
) -> Result<[Cell; 17]> {
    let reasons: Vec<Reason> =
        serde_json::from_value(one.reasons.clone()).map_err(ApiError::internal)?;
    let rung: Option<ProposedRung> = one
        .rung
        .clone()
        .map(serde_json::from_value)
        .transpose()
        .map_err(ApiError::internal)?;
    let reasons: Vec<_> = reasons
        .iter()
        .map(|reason| format!("{}：{}", reason.clause, reason.text))
        .collect();
    let nomination = described.nominations.get(&one.id);
    Ok([
        number.into(),
        one.name.as_str().into(),
        one.group_name.as_str().into(),
        one.sector_name.clone().into(),
        one.position.map(Position::zh).into(),
        Points::from_hundredths(one.total).to_string().into(),
        one.grade.clone().into(),
        if one.listed { "是" } else { "否" }.into(),
        one.outcome.zh().into(),
        rung.map(|rung| rung.title).into(),
        reasons.join("\n").into(),
        one.settled_reason.clone().into(),
        one.settled_basis.clone().into(),
        nomination
            .map(|nomination| nomination.reason.clone())
            .into(),
        one.verdict.map(domain::review::Verdict::zh).into(),
        one.consequence.clone().into(),
        one.verdict_reason.clone().into(),
    ])
}

fn places(sheet: &mut Sheet, described: &Described) -> Result<()> {
    sheet.next("名额", "名额与推荐名额", PLACES)?;
    let read = |stored: &serde_json::Value| -> Result<BTreeMap<String, Places>> {
        serde_json::from_value(stored.clone()).map_err(ApiError::internal)
    };
    let listed = described.candidates.iter().filter(|one| one.listed);
    let used = listed.count();
    for (among, one) in read(&described.row.places)? {
        let whole = among.is_empty();
        sheet.row([
            "名额".into(),
            if whole { "全体".to_owned() } else { among }.into(),
            i64::from(one.base).into(),
            i64::from(one.places).into(),
            whole
                .then(|| i64::try_from(used).unwrap_or(i64::MAX))
                .into(),
        ])?;
    }
    let mut nominated: HashMap<&str, i64> = HashMap::new();
    for one in &described.candidates {
        if described.nominations.contains_key(&one.id) {
            *nominated.entry(&one.group_name).or_default() += 1;
        }
    }
    for (group, one) in read(&described.row.nominations)? {
        let used = nominated.get(group.as_str()).copied().unwrap_or(0);
        sheet.row([
            "推荐名额".into(),
            group.into(),
            i64::from(one.base).into(),
            i64::from(one.places).into(),
            used.into(),
        ])?;
    }
    Ok(())
}

fn objections(sheet: &mut Sheet, described: &Described) -> Result<()> {
    sheet.next("异议", "异议与答复", OBJECTIONS)?;
    let names: HashMap<_, _> = described
        .candidates
        .iter()
        .map(|one| (one.id, one.name.as_str()))
        .collect();
    for one in &described.objections {
        let about = one.candidate_id.and_then(|id| names.get(&id).copied());
        sheet.row([
            local_date(one.created_at).into(),
            about.unwrap_or("整个名单").into(),
            one.text.as_str().into(),
            one.state.zh().into(),
            one.due_on.into(),
            one.answer.clone().into(),
            one.remedy.map(domain::review::Remedy::zh).into(),
        ])?;
    }
    Ok(())
}

fn documents(sheet: &mut Sheet, described: &Described) -> Result<()> {
    sheet.next("谈话函告", "谈话与函告", DOCUMENTS)?;
    for one in &described.documents {
        let about = described
            .candidates
            .iter()
            .find(|row| row.id == one.candidate_id);
        sheet.row([
            about.map(|row| row.name.clone()).into(),
            one.kind.zh().into(),
            one.title.as_str().into(),
            one.number.clone().into(),
            one.done_on.into(),
            one.done_by.as_str().into(),
            one.signed_on.into(),
            one.note.clone().into(),
        ])?;
    }
    Ok(())
}

/// The review itself: its rule, its steps, its decision and what it rests on.
fn basis(sheet: &mut Sheet, described: &Described) -> Result<()> {
    let row = &described.row;
    let rule = super::service::rule_of(row)?;
    sheet.next("办理情况", &row.title, FACTS)?;
    let decided = [row.deciding_body.clone(), row.decided_document.clone()];
    let until = row.published_until.map(|day| day.to_string());
    let lines: [(&str, Option<String>); 12] = [
        ("类别", Some(row.kind.zh().to_owned())),
        ("考核期", Some(row.period.clone())),
        ("状态", Some(row.status.zh().to_owned())),
        ("条款", Some(format!("{} {}", rule.clause, rule.text))),
        ("决定机构", Some(rule.decided_by)),
        (
            "公示日期",
            row.published_at.map(|at| local_date(at).to_string()),
        ),
        ("公示截止", until),
        ("截止日期说明", row.until_reason.clone()),
        (
            "决定",
            decided
                .iter()
                .flatten()
                .cloned()
                .reduce(|body, document| format!("{body} {document}")),
        ),
        ("决定日期", row.decided_on.map(|day| day.to_string())),
        ("细则校验码", Some(row.rulebook_hash.clone())),
        ("计分表校验码", Some(row.sheets_hash.clone())),
    ];
    for (name, content) in lines {
        sheet.row([name.into(), content.into()])?;
    }
    Ok(())
}
