//! The notice that tells a member the result of a closed period (考核结果告知书), why it is so, and
//! until when he can object.

use chrono::NaiveDate;
use domain::calendar::{WorkdayDate, add_workdays};
use domain::score::Scheme;
use domain::time::local_date;
use entity::{member, period};
use serde_json::json;

use super::dossier::name_of;
use super::paper::Paper;
use super::sheet_paper;
use crate::access::{On, op};
use crate::app::App;
use crate::cache::limits;
use crate::error::{ApiError, Code, Result};
use crate::score;
use crate::score::service::{Assessed, Filter};
use crate::sheet::Watermark;

/// What stands in a notice.
#[derive(Debug)]
struct Notice {
    committee: String,
    rulebook: String,
    assessed: Assessed,
    closed: period::Model,
    issued_on: NaiveDate,
    workdays: u32,
    until: WorkdayDate,
}

/// Makes the notice. That it was taken out is in the audit log, with the hash of the result.
///
/// # Errors
/// `wrong_step` while the period is open; `not_found` for a member who was not assessed in it;
/// `validation_failed` where neither the office nor the rulebook says how long one can object.
pub async fn notice(
    app: &App,
    on: &On<op::EvaluationNotice, member::Model>,
    period: Option<&str>,
    workdays: Option<u32>,
) -> Result<Vec<u8>> {
    let at = app.clock.now();
    let committee = on.committee();
    let period = score::service::period(app, committee, period).await?;
    let Some(closed) = score::periods::closed(app, committee, period).await? else {
        let detail = format!("{}尚未结账，结账后才能告知结果", period.zh());
        return Err(ApiError::with(Code::WrongStep, detail));
    };
    let scheme = score::periods::frozen_scheme(app, &closed)?;
    let workdays = workdays.or_else(|| publication(&scheme)).ok_or_else(|| {
        ApiError::field(
            "objection_workdays",
            "required",
            "考核办法没有规定公示期，请写明异议期限（工作日）",
        )
    })?;
    let all = score::service::sheets(app, committee, period, &Filter::one(on.row.id)).await?;
    let assessed = all.into_iter().next().ok_or_else(ApiError::not_found)?;
    let account = on.caller.account_id().to_string();
    app.cache.take(limits::EXPORT, &account, at).await?;
    let issued_on = local_date(at);
    let notice = Notice {
        committee: name_of(app, committee).await?,
        rulebook: scheme.rulebook().title.clone(),
        closed,
        issued_on,
        workdays,
        until: add_workdays(issued_on, workdays),
        assessed,
    };
    let frozen = notice.assessed.frozen.as_ref();
    let detail = json!({
        "format": "docx", "document": "evaluation_notice", "period": period,
        "revision": frozen.map(|frozen| frozen.revision),
        "hash": frozen.map(|frozen| frozen.hash.clone()),
        "objections_until": notice.until.date,
    });
    let watermark = Watermark {
        name: on.caller.account().display_name.clone(),
        at,
    };
    let written = tokio::task::spawn_blocking(move || written(&notice, &watermark));
    let bytes = written.await.map_err(ApiError::internal)??;
    on.write(app, async |write| {
        write.about("member", on.row.id);
        write.detail(detail);
        Ok(())
    })
    .await?;
    Ok(bytes)
}

/// How long lists are published by the rulebook, the longest where reviews differ.
fn publication(scheme: &Scheme) -> Option<u32> {
    let reviews = scheme.rulebook().reviews.iter();
    reviews.filter_map(|one| one.publication_workdays).max()
}

fn written(notice: &Notice, watermark: &Watermark) -> Result<Vec<u8>> {
    let Notice {
        committee,
        rulebook,
        assessed,
        closed,
        issued_on,
        workdays,
        until,
    } = notice;
    let sheet = &assessed.sheet;
    let period = sheet.period;
    let mut paper = Paper::new(committee, watermark);
    paper.title("考核结果告知书");
    paper.address(&format!("{}委员：", assessed.member.name));
    paper.letter(&format!(
        "依据《{rulebook}》（第 {} 版），您在{}（{} 至 {}）的履职考核结果已经核定，现告知如下。",
        sheet.rulebook_version,
        period.zh(),
        period.first,
        period.last
    ));
    let grade = match &sheet.grade {
        Some(grade) => format!("，等次为「{grade}」"),
        None => String::new(),
    };
    paper.letter(&format!("考核总分 {} 分{grade}。", sheet.total));
    sheet_paper::result(&mut paper, sheet, None, assessed.frozen.as_ref());
    if let Some(conduct) = sheet_paper::decided_by(sheet, &assessed.facts) {
        paper.remark(&format!("等次由以下认定决定：{conduct}"));
    }
    sheet_paper::lines(&mut paper, sheet);
    sheet_paper::requirements(&mut paper, sheet);
    sheet_paper::unused(&mut paper, sheet);
    sheet_paper::attendance(&mut paper, sheet);
    sheet_paper::choices(&mut paper, sheet);

    paper.heading("提出异议");
    paper.letter(&format!(
        "您对以上结果有异议的，可以在 {} 之前（含当日，自告知次日起 {workdays} 个工作日内）向{committee}办公室书面提出，\
         写明涉及的条款或事项、理由，并附相关依据。办公室核实后书面答复；确需更正的，按结账后更正程序办理，原结果保留备查。",
        until.date
    ));
    if !until.confirmed {
        paper.remark("注：期限内部分日期的放假安排尚未公布，暂按周一至周五为工作日计算。");
    }
    paper.signature(&format!("{committee}办公室"));
    paper.signature(&issued_on.to_string());
    paper.text("委员签收：＿＿＿＿＿＿＿＿　　日期：＿＿＿＿年＿＿月＿＿日");
    let seals = [
        ("结账文号", closed.document.as_deref()),
        ("本期计分表总校验码", closed.sheets_hash.as_deref()),
        ("考核办法校验码", closed.rulebook_hash.as_deref()),
    ];
    for (name, seal) in seals {
        if let Some(seal) = seal {
            paper.remark(&format!("{name}：{seal}"));
        }
    }
    paper.finish()
}
