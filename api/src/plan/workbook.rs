//! The plans of a year as one Excel file, with the day each quarter's activity falls on.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::plan_item;
use serde_json::json;

use super::queries::{self, Listed, Wanted, items_of, owner_names};
use crate::access::{Permit, op};
use crate::app::App;
use crate::cache::limits;
use crate::calendar;
use crate::error::{ApiError, Result};
use crate::sheet::{Cell, Sheet, Watermark};

const COLUMNS: &[(&str, f64)] = &[
    ("活动组", 18.0),
    ("季度", 8.0),
    ("活动日", 12.0),
    ("模式", 24.0),
    ("类型", 12.0),
    ("主题", 40.0),
    ("负责人", 12.0),
    ("状态", 10.0),
];

/// One line of the file.
struct Line {
    group: String,
    item: plan_item::Model,
    day: Option<NaiveDate>,
    owner: String,
    status: &'static str,
}

/// Makes the file of the plans within reach; who took it out, and how many rows it has, is kept.
pub async fn workbook(app: &App, permit: &Permit<op::PlanList>, year: i32) -> Result<Vec<u8>> {
    let caller = &permit.caller;
    let at = app.clock.now();
    app.cache
        .take(limits::EXPORT, &caller.account_id().to_string(), at)
        .await?;
    let lines = lines(app, permit, year).await?;
    permit
        .write(app, async |write| {
            write.about("plans", year);
            write.detail(json!({ "format": "xlsx", "rows": lines.len() }));
            Ok(())
        })
        .await?;
    let watermark = Watermark {
        name: caller.account().display_name.clone(),
        at,
    };
    tokio::task::spawn_blocking(move || written(year, lines, watermark))
        .await
        .map_err(ApiError::internal)?
}

async fn lines(app: &App, permit: &Permit<op::PlanList>, year: i32) -> Result<Vec<Line>> {
    let committee = permit.committee();
    let wanted = Wanted {
        year: Some(year),
        ..Wanted::default()
    };
    let plans = queries::list(app, committee, &permit.reach, &wanted).await?;
    let ids: Vec<_> = plans.iter().map(|plan| plan.row.id).collect();
    let items = items_of(app.db.read(), committee, &ids).await?;
    let owners = owner_names(app.db.read(), committee, &items).await?;
    let calendar = Permit::<op::CalendarRead>::of(permit.caller.clone())?;
    let days: HashMap<i32, NaiveDate> = calendar::service::activity_days(app, &calendar, year)
        .await?
        .into_iter()
        .map(|day| {
            let date = day
                .confirmed
                .map_or(day.proposal.proposed_date, |row| row.confirmed_date);
            (i32::from(day.proposal.quarter.number), date)
        })
        .collect();
    let mut of_plan: HashMap<_, Vec<_>> = HashMap::new();
    for item in items {
        of_plan.entry(item.plan_id).or_default().push(item);
    }
    let line = |plan: &Listed, item: plan_item::Model| Line {
        group: plan.group_name.clone(),
        day: days.get(&item.quarter).copied(),
        owner: owners
            .get(&item.owner_member_id)
            .cloned()
            .unwrap_or_default(),
        status: plan.row.status.zh(),
        item,
    };
    let mut lines = Vec::new();
    for plan in &plans {
        let items = of_plan.remove(&plan.row.id).unwrap_or_default();
        lines.extend(items.into_iter().map(|item| line(plan, item)));
    }
    Ok(lines)
}

fn written(year: i32, lines: Vec<Line>, watermark: Watermark) -> Result<Vec<u8>> {
    let title = format!("{year} 年度履职计划汇总");
    let mut sheet = Sheet::new("年度履职计划汇总", &title, COLUMNS, watermark)?;
    for line in lines {
        let cells: [Cell; 8] = [
            line.group.into(),
            i64::from(line.item.quarter).into(),
            line.day.into(),
            line.item.mode.zh().into(),
            line.item.kind.zh().into(),
            line.item.topic.into(),
            line.owner.into(),
            line.status.into(),
        ];
        sheet.row(cells)?;
    }
    sheet.finish()
}
