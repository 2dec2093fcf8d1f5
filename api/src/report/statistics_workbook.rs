//! The figures of a period as an Excel file: the numbers of a work report, the parts of the
//! committee beside each other, and who has done nothing yet.

use domain::points::Points;
use domain::score::{Period, Share};
use serde_json::json;

use super::service::{limited, watermark};
use super::statistics::{self, Figures, Part, Statistics};
use super::workbook::{percent, points};
use super::works::{Held, Level};
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{ApiError, Result};
use crate::extract::instant;
use crate::sheet::{Cell, Sheet, Watermark};

/// Makes the file; who took it out is in the audit log before anybody has it.
pub async fn workbook(
    app: &App,
    permit: &Permit<op::ScoresExport>,
    period: Period,
) -> Result<Vec<u8>> {
    limited(app, permit).await?;
    let figures = statistics::of(app, permit.committee(), &permit.reach, period).await?;
    let detail = json!({
        "format": "xlsx", "members": figures.all.members, "closed": figures.closed,
    });
    let watermark = watermark(app, permit);
    let bytes = tokio::task::spawn_blocking(move || written(&figures, watermark))
        .await
        .map_err(ApiError::internal)??;
    permit
        .write(app, async |write| {
            write.about("statistics", period);
            write.detail(detail);
            Ok(())
        })
        .await?;
    Ok(bytes)
}

fn written(figures: &Statistics, watermark: Watermark) -> Result<Vec<u8>> {
    let period = figures.period.zh();
    let columns = [
        ("指标", 30.0),
        ("数值", 14.0),
        ("单位", 8.0),
        ("说明", 50.0),
    ];
    let title = format!("{period}履职统计");
    let mut book = Sheet::new("总体情况", &title, &columns, watermark)?;
    overview(&mut book, figures)?;
    compared(&mut book, figures, &period)?;

    let columns = [
        ("类型", 16.0),
        ("次数", 10.0),
        ("受邀人次", 12.0),
        ("出席人次", 12.0),
        ("出席率（%）", 12.0),
    ];
    book.next("活动", &format!("{period}活动情况"), &columns)?;
    for (kind, held) in &figures.activities.by_kind {
        book.row(held_cells(kind.zh(), held))?;
    }
    book.row(held_cells("合计", &figures.activities.all))?;

    let columns = [("类别", 20.0), ("件数", 10.0), ("人次", 10.0)];
    book.next("履职记录", &format!("{period}已核实的履职记录"), &columns)?;
    for one in &figures.works.kinds {
        book.row([
            one.title.as_str().into(),
            i64::from(one.things).into(),
            i64::from(one.person_times).into(),
        ])?;
    }

    let columns = [("等次", 16.0), ("人数", 10.0), ("占比（%）", 12.0)];
    book.next("等次分布", &format!("{period}等次分布"), &columns)?;
    for (grade, members) in &figures.grades {
        let share = (0 < figures.all.members).then_some(Share {
            attended: *members,
            of: figures.all.members,
        });
        book.row([
            grade.as_deref().unwrap_or("未评定等次").into(),
            i64::from(*members).into(),
            share_cell(share),
        ])?;
    }

    let columns = [("序号", 6.0), ("姓名", 14.0), ("活动组", 20.0)];
    let title = format!("{period}没有已核实履职记录的委员");
    book.next("无履职记录委员", &title, &columns)?;
    for (number, one) in (1_i64..).zip(&figures.idle) {
        book.row([
            number.into(),
            one.name.as_str().into(),
            one.group.as_str().into(),
        ])?;
    }
    book.finish()
}

fn overview(book: &mut Sheet, figures: &Statistics) -> Result<()> {
    let all = &figures.all;
    let works = &figures.works;
    let held = &figures.activities.all;
    let mut line = |name: &str, value: Cell, unit: &str, note: &str| {
        book.row([name.into(), value, unit.into(), note.into()])
    };
    let state = if figures.closed {
        "已结账"
    } else {
        "未结账，暂定结果"
    };
    line("状态", state.into(), "", "")?;
    line("统计截至", instant::text(figures.as_of).into(), "", "")?;
    line("考核人数", i64::from(all.members).into(), "人", "")?;
    line(
        "举办活动",
        i64::from(held.held).into(),
        "次",
        "已结束并核定出席的活动",
    )?;
    let attended = i64::from(held.invitations.attended);
    line("参加活动", attended.into(), "人次", "含迟到、早退")?;
    let note = "出席 ÷（出席＋请假＋缺席），不含免予考勤";
    line("出席率", share_cell(held.invitations.share()), "%", note)?;
    line("平均分", maybe(all.average()), "分", "")?;
    line("中位分", maybe(all.median()), "分", "")?;
    let idle = i64::from(all.without_duty);
    line(
        "没有履职记录的委员",
        idle.into(),
        "人",
        "以已核实的记录为准",
    )?;
    let proposals = works.proposals;
    for (name, count, note) in [
        ("提交提案", proposals.submitted, "联名、集体提案计一件"),
        ("立案", proposals.filed, "含重点提案、优秀提案"),
        ("不予立案", proposals.not_filed, ""),
        ("转为社情民意", proposals.converted, ""),
        ("重点提案", proposals.key, ""),
        ("优秀提案", proposals.excellent, ""),
        (
            "报送社情民意信息",
            works.opinion_reports.submitted,
            "联名计一件",
        ),
        ("采用社情民意信息", works.opinion_reports.adopted, ""),
    ] {
        line(name, i64::from(count).into(), "件", note)?;
    }
    let by_level = |what: &str, level: &Level| format!("{what}：{}", level.title);
    for level in &works.opinion_reports.adopted_by_level {
        let name = by_level("采用", level);
        let note = "被多级采用的分别计入各级";
        line(&name, i64::from(level.reports).into(), "件", note)?;
    }
    let instructed = i64::from(works.opinion_reports.instructed);
    line("领导批示社情民意信息", instructed.into(), "件", "")?;
    for level in &works.opinion_reports.instructed_by_level {
        let name = by_level("批示", level);
        line(&name, i64::from(level.reports).into(), "件", "")?;
    }
    Ok(())
}

fn compared(book: &mut Sheet, figures: &Statistics, period: &str) -> Result<()> {
    let columns = [
        ("类别", 12.0),
        ("名称", 22.0),
        ("人数", 8.0),
        ("受邀人次", 10.0),
        ("出席人次", 10.0),
        ("出席率（%）", 12.0),
        ("平均分", 10.0),
        ("中位分", 10.0),
        ("无履职记录人数", 16.0),
    ];
    book.next("分类统计", &format!("{period}分类统计"), &columns)?;
    for (name, parts) in [
        ("活动组", &figures.groups),
        ("界别", &figures.sectors),
        ("专委会", &figures.special_committees),
        ("职务", &figures.positions),
        ("年龄段", &figures.age_bands),
    ] {
        for Part {
            name: part,
            figures,
            ..
        } in parts
        {
            book.row(compared_cells(name, part, figures))?;
        }
    }
    book.row(compared_cells("合计", "", &figures.all))
}

fn compared_cells(name: &str, part: &str, figures: &Figures) -> [Cell; 9] {
    [
        name.into(),
        part.into(),
        i64::from(figures.members).into(),
        i64::from(figures.invited).into(),
        i64::from(figures.attended).into(),
        share_cell(figures.attendance_share),
        maybe(figures.average()),
        maybe(figures.median()),
        i64::from(figures.without_duty).into(),
    ]
}

fn held_cells(kind: &str, held: &Held) -> [Cell; 5] {
    [
        kind.into(),
        i64::from(held.held).into(),
        i64::from(held.invitations.invited).into(),
        i64::from(held.invitations.attended).into(),
        share_cell(held.invitations.share()),
    ]
}

fn share_cell(share: Option<Share>) -> Cell {
    share.map(percent).map_or(Cell::Empty, points)
}

fn maybe(value: Option<Points>) -> Cell {
    value.map_or(Cell::Empty, points)
}
