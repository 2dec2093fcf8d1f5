//! `xingdong roster import`: the same import from the operator's terminal.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, bail};
use entity::committee;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::plan::{Action, Plan};
use super::service;
use crate::app::App;
use crate::db::Actor;
use crate::error::ApiError;
use crate::spreadsheet::Issue;

/// How large a file may be, as over HTTP.
const FILE_LIMIT: u64 = 10 << 20;

/// Prints what importing the file would do and, with `apply`, does it.
///
/// # Errors
/// For a committee that is not there, a file that cannot be read, rows with errors.
pub async fn from_command_line(
    app: &App,
    committee_code: &str,
    path: &Path,
    apply: bool,
) -> anyhow::Result<()> {
    let committee = committee::Entity::find()
        .filter(committee::Column::Code.eq(committee_code))
        .one(app.db.read())
        .await?
        .with_context(|| format!("没有代码为 {committee_code} 的政协委员会"))?;
    let size = std::fs::metadata(path)
        .with_context(|| format!("打不开 {}", path.display()))?
        .len();
    if size > FILE_LIMIT {
        bail!("文件超过 10 MB");
    }
    let file = std::fs::read(path).with_context(|| format!("读不了 {}", path.display()))?;
    let actor = Actor {
        committee: committee.id,
        account: None,
        name: "运维".to_owned(),
    };
    let file_name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let preview = service::preview(app, &actor, &file_name, file)
        .await
        .map_err(explain)?;
    print!("{}", shown(&preview.plan));
    let errors = preview.plan.error_count();
    if errors > 0 {
        bail!("{errors} 行有错误，没有导入任何内容");
    }
    if !apply {
        println!("以上只是预览；加上 --apply 才会导入。");
        return Ok(());
    }
    let applied = service::apply(app, &actor, preview.id, &preview.plan_hash)
        .await
        .map_err(explain)?;
    let rows: Vec<_> = applied
        .actions
        .iter()
        .map(|(action, count)| format!("{} {count} 人", action.zh()))
        .collect();
    println!(
        "已导入：{}，授予召集人席位 {} 个。",
        rows.join("，"),
        applied.seats
    );
    Ok(())
}

fn explain(error: ApiError) -> anyhow::Error {
    let mut text = error.detail.to_string();
    for field in &error.errors {
        let _ = write!(text, "\n  {}：{}", field.pointer, field.message);
    }
    match error.cause {
        Some(cause) => cause.context(text),
        None => anyhow::anyhow!(text),
    }
}

/// The preview as text: every row that needs a look, and how many do what.
fn shown(plan: &Plan) -> String {
    let mut text = String::new();
    let mut line = |content: &str| {
        text.push_str(content);
        text.push('\n');
    };
    for row in &plan.rows {
        let action = row.step.as_ref().map_or("错误", |step| step.action.zh());
        for (kind, issues) in [("错误", &row.errors), ("提示", &row.warnings)] {
            for Issue {
                column, message, ..
            } in issues
            {
                let column = if column.is_empty() {
                    String::new()
                } else {
                    format!("［{column}］")
                };
                line(&format!(
                    "第 {} 行 {}（{action}）{kind}：{column}{message}",
                    row.row, row.name
                ));
            }
        }
    }
    if !plan.hidden_rows.is_empty() {
        let rows: Vec<_> = plan.hidden_rows.iter().map(ToString::to_string).collect();
        line(&format!("隐藏的行也会导入：第 {} 行", rows.join("、")));
    }
    for warning in &plan.warnings {
        line(&format!("提示：{warning}"));
    }
    let actions = plan.actions();
    let counts = [
        Action::Create,
        Action::Update,
        Action::Return,
        Action::Unchanged,
    ]
    .map(|action| {
        format!(
            "{} {}",
            action.zh(),
            actions.get(&action).copied().unwrap_or(0)
        )
    });
    line(&format!(
        "共 {} 行：{}，错误 {}",
        plan.rows.len(),
        counts.join("，"),
        plan.error_count()
    ));
    text
}
