//! The list of checks as the office reads it.

use std::collections::HashMap;

use domain::content::{ContentDecision, ContentOutcome, ContentPolicy};
use domain::ids::{AccountId, CommitteeId};
use entity::{Scoped, account, content_check};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::texts;
use crate::app::App;
use crate::error::Result;

/// Which checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All.
    All,
    /// What a person must decide.
    Pending,
    /// What was decided so.
    Decided(ContentDecision),
}

/// A check with what a person needs to decide it.
#[derive(Debug)]
pub(super) struct Shown {
    pub row: content_check::Model,
    /// The text; none of a picture, and where another text stands there by now.
    pub text: Option<String>,
    /// The name of who wrote it.
    pub writer: String,
    /// The name of who decided.
    pub decided_by: Option<String>,
    /// Whether a person must decide it.
    pub pending: bool,
}

/// A page of the checks, the latest first, and how many there are.
pub(super) async fn list(
    app: &App,
    committee: CommitteeId,
    wanted: Wanted,
    (skip, limit): (u64, u64),
) -> Result<(Vec<Shown>, u64)> {
    use content_check::Column as C;
    let query = content_check::Entity::of(committee);
    let query = match wanted {
        Wanted::All => query,
        Wanted::Pending => query
            .filter(C::Decision.is_null())
            .filter(C::Outcome.is_in(open_outcomes(app.config.wechat.content_check))),
        Wanted::Decided(decision) => query.filter(C::Decision.eq(decision)),
    };
    let total = query.clone().count(app.db.read()).await?;
    let rows = query
        .order_by_desc(C::WrittenAt)
        .order_by_desc(C::Id)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    Ok((show(app, committee, rows).await?, total))
}

/// The outcomes that a person must decide.
fn open_outcomes(policy: ContentPolicy) -> impl Iterator<Item = ContentOutcome> {
    let all = ContentOutcome::ALL.iter().copied();
    all.filter(move |outcome| outcome.needs_decision(policy))
}

/// Checks with their texts and the names of people.
pub(super) async fn show(
    app: &App,
    committee: CommitteeId,
    rows: Vec<content_check::Model>,
) -> Result<Vec<Shown>> {
    let people = rows
        .iter()
        .flat_map(|row| [Some(row.account_id), row.decided_by])
        .flatten();
    let names: HashMap<AccountId, String> = account::Entity::of(committee)
        .filter(account::Column::Id.is_in(people))
        .select_only()
        .columns([account::Column::Id, account::Column::DisplayName])
        .into_tuple::<(AccountId, String)>()
        .all(app.db.read())
        .await?
        .into_iter()
        .collect();
    let mut texts = Vec::with_capacity(rows.len());
    let standing = texts::of_checks(app.db.read(), committee, &rows).await?;
    for row in &rows {
        let text = standing.get(&(row.subject_id, row.field));
        // Two texts of one field may both be decided; only one of them stands.
        texts.push(text.filter(|text| super::service::text_hash(text) == row.text_hash));
    }
    let name = |id: AccountId| names.get(&id).cloned().unwrap_or_default();
    let policy = app.config.wechat.content_check;
    let texts: Vec<Option<String>> = texts.into_iter().map(Option::<&String>::cloned).collect();
    let shown = rows.into_iter().zip(texts).map(|(row, text)| Shown {
        text,
        writer: name(row.account_id),
        decided_by: row.decided_by.map(name),
        pending: row.decision.is_none() && row.outcome.needs_decision(policy),
        row,
    });
    Ok(shown.collect())
}
