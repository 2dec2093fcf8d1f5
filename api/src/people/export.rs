//! The list of members as an Excel file, with masked numbers.

use domain::text;
use entity::member;
use serde_json::json;

use super::members::{self, Filter, Listed};
use crate::access::{Permit, op};
use crate::app::App;
use crate::cache::limits;
use crate::error::{ApiError, Result};
use crate::sheet::{Cell, Sheet, Watermark};

const COLUMNS: &[(&str, f64)] = &[
    ("序号", 6.0),
    ("姓名", 14.0),
    ("手机号", 14.0),
    ("界别", 18.0),
    ("活动组", 18.0),
    ("职务", 14.0),
    ("工作单位", 30.0),
    ("任职日期", 12.0),
    ("状态", 10.0),
    ("离任日期", 12.0),
    ("是否绑定微信", 14.0),
    ("备注", 30.0),
];

/// Makes the file; who took it out, and how many rows it has, is kept.
pub(super) async fn workbook(
    app: &App,
    permit: &Permit<op::MembersExport>,
    filter: &Filter,
) -> Result<Vec<u8>> {
    app.cache
        .take(
            limits::EXPORT,
            &permit.caller.account_id().to_string(),
            app.clock.now(),
        )
        .await?;
    let members = members::list(app, permit, filter, 0, u64::MAX).await?.items;
    permit
        .write(app, async |write| {
            write.about("members", "xlsx");
            write.detail(json!({ "rows": members.len(), "group": filter.group, "sector": filter.sector, "status": filter.status }));
            Ok(())
        })
        .await?;
    let watermark = Watermark {
        name: permit.caller.account().display_name.clone(),
        at: app.clock.now(),
    };
    tokio::task::spawn_blocking(move || written(members, watermark))
        .await
        .map_err(ApiError::internal)?
}

fn written(members: Vec<Listed>, watermark: Watermark) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new("委员名单", "委员名单", COLUMNS, watermark)?;
    for (number, listed) in (1..).zip(members) {
        sheet.row(row(number, listed))?;
    }
    sheet.finish()
}

fn row(number: i64, listed: Listed) -> [Cell; 12] {
    let member::Model {
        name,
        position,
        employer,
        joined_on,
        status,
        left_on,
        ..
    } = listed.member;
    let single_line = |text: String| text::nfc(&text).replace('\n', " ");
    [
        number.into(),
        name.into(),
        listed.masked_phone.into(),
        listed.sector.into(),
        listed.group.into(),
        position.zh().into(),
        employer.into(),
        joined_on.into(),
        status.zh().into(),
        left_on.into(),
        if listed.bound { "是" } else { "否" }.into(),
        listed.remark.map(single_line).into(),
    ]
}
