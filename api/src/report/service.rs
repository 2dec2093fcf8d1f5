//! The tables of scores as files. Scores come from [`score::service`], never from a second way.

use std::sync::Arc;

use domain::score::{Period, Scheme, SubjectKind};
use serde_json::json;

use super::workbook::{self, Basis, Row};
use crate::access::{Permit, op};
use crate::app::App;
use crate::cache::limits;
use crate::error::{ApiError, Result};
use crate::score;
use crate::score::service::{Assessed, AssessedGroup, Filter};
use crate::sheet::Watermark;

/// The Excel file of the scores of a period. That it was taken out is in the audit log before
/// anybody has it.
pub async fn scores_workbook(
    app: &App,
    permit: &Permit<op::ScoresExport>,
    period: Period,
) -> Result<Vec<u8>> {
    limited(app, permit).await?;
    let committee = permit.committee();
    let scheme = score::service::scheme_of(app, committee, period).await?;
    let filter = Filter::within(permit.reach.clone());
    let assessed = score::service::sheets(app, committee, period, &filter).await?;
    // This operation reaches everybody or nobody, so that these are the places among all.
    let places = scheme.rank(assessed.iter().map(|one| (&one.person, &one.sheet)));
    let rows = assessed.into_iter().zip(places);
    let rows = rows.map(|(one, place)| Row::of(one, place)).collect();
    packed(app, permit, period, SubjectKind::Member, scheme, rows).await
}

/// The same of the groups.
pub async fn group_scores_workbook(
    app: &App,
    permit: &Permit<op::ScoresExport>,
    period: Period,
) -> Result<Vec<u8>> {
    limited(app, permit).await?;
    let committee = permit.committee();
    let scheme = score::service::scheme_of(app, committee, period).await?;
    let groups = score::service::group_sheets(app, committee, period).await?;
    let rows = groups.into_iter().map(Row::of_group).collect();
    packed(app, permit, period, SubjectKind::Group, scheme, rows).await
}

impl Row {
    fn of(one: Assessed, place: domain::score::Rank) -> Self {
        Self {
            name: one.member.name,
            sector: one.sector,
            group: one.group,
            position: Some(one.member.position),
            sheet: one.sheet,
            place,
            frozen: one.frozen,
        }
    }

    fn of_group(one: AssessedGroup) -> Self {
        Self {
            name: one.group.name,
            sector: String::new(),
            group: String::new(),
            position: None,
            sheet: one.sheet,
            place: one.place,
            frozen: one.frozen,
        }
    }
}

/// Counts the export against what one account may take out in a day.
pub(super) async fn limited(app: &App, permit: &Permit<op::ScoresExport>) -> Result<()> {
    let account = permit.caller.account_id().to_string();
    app.cache
        .take(limits::EXPORT, &account, app.clock.now())
        .await
}

/// Whoever takes the file out, and when.
pub(super) fn watermark(app: &App, permit: &Permit<op::ScoresExport>) -> Watermark {
    Watermark {
        name: permit.caller.account().display_name.clone(),
        at: app.clock.now(),
    }
}

async fn packed(
    app: &App,
    permit: &Permit<op::ScoresExport>,
    period: Period,
    subject: SubjectKind,
    scheme: Arc<Scheme>,
    rows: Vec<Row>,
) -> Result<Vec<u8>> {
    let closed = score::periods::closed(app, permit.committee(), period).await?;
    let sheets_hash = closed.as_ref().and_then(|row| row.sheets_hash.clone());
    let rulebook = scheme.rulebook();
    let kind = match subject {
        SubjectKind::Member => "members",
        SubjectKind::Group => "groups",
    };
    let detail = json!({
        "format": "xlsx", kind: rows.len(), "rulebook": rulebook.key,
        "version": rulebook.version, "sheets_hash": sheets_hash,
    });
    let basis = Basis {
        closed_at: closed.as_ref().and_then(|row| row.closed_at),
        closings: closed.as_ref().map(|row| row.closings),
        document: closed.and_then(|row| row.document),
        sheets_hash,
        subject,
        ..Basis::open(rulebook, period)
    };
    let watermark = watermark(app, permit);
    let packed = tokio::task::spawn_blocking(move || {
        workbook::scores(scheme.rulebook(), &basis, &rows, watermark)
    });
    let bytes = packed.await.map_err(ApiError::internal)??;
    permit
        .write(app, async |write| {
            write.about("scores", period);
            write.detail(detail);
            Ok(())
        })
        .await?;
    Ok(bytes)
}
