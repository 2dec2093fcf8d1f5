//! What a caller reads of texts that are checked. The writer reads his own, the desk – staff,
//! office, leaders, auditors – reads everything and is told what is in doubt; whoever else reads
//! what is shown.

use std::collections::HashMap;

use domain::authority::Standing;
use domain::content::{ContentField, ContentKind, ContentPolicy, ContentState};
use domain::ids::{AccountId, MemberId};
use entity::{Scoped, content_check, file};
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::service::text_hash;
use crate::access::Caller;
use crate::app::App;
use crate::error::{ApiError, Code, Result};

/// What is to be said of one field of a row beside its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContentMark {
    /// Which field.
    pub field: ContentField,
    /// `hidden` by the office, `waiting` until it is checked, or, for the desk alone, `flagged`:
    /// others read it, and the office is to decide.
    pub state: ContentState,
    /// The state in Chinese.
    pub state_name: &'static str,
    /// Whether the text was replaced, because the caller may not read it.
    pub covered: bool,
}

/// What a caller reads of the rows of one kind.
#[derive(Debug)]
pub struct Sight {
    policy: ContentPolicy,
    /// The caller sits at a desk.
    desk: bool,
    account: AccountId,
    member: Option<MemberId>,
    rows: HashMap<(Uuid, ContentField, String), content_check::Model>,
}

impl Sight {
    /// What the caller reads of these rows; one query, however many they are.
    pub async fn of(
        app: &App,
        caller: &Caller,
        kind: ContentKind,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<Self> {
        let rows = content_check::Entity::of(caller.committee)
            .filter(content_check::Column::Kind.eq(kind))
            .filter(content_check::Column::SubjectId.is_in(ids))
            .all(app.db.read())
            .await?;
        let key = |row: &content_check::Model| (row.subject_id, row.field, row.text_hash.clone());
        Ok(Self {
            policy: app.config.wechat.content_check,
            desk: caller.standings().iter().any(Standing::has_desk),
            account: caller.account_id(),
            member: caller.member_id(),
            rows: rows.into_iter().map(|row| (key(&row), row)).collect(),
        })
    }

    /// Covers `text` where the caller may not read it, and says what is to be said beside it.
    /// `about` is the member whose row it is: he reads what stands in it, too.
    pub fn cover(
        &self,
        about: Option<MemberId>,
        (subject, field): (Uuid, ContentField),
        text: &mut String,
    ) -> Option<ContentMark> {
        let mark = self.mark(about, (subject, field), &text_hash(text))?;
        if mark.covered {
            *text = format!("（内容{}）", mark.state_name);
        }
        Some(mark)
    }

    /// The same of what is known by its hash.
    fn mark(
        &self,
        about: Option<MemberId>,
        (subject, field): (Uuid, ContentField),
        hash: &str,
    ) -> Option<ContentMark> {
        let row = self.rows.get(&(subject, field, hash.to_owned()))?;
        let state = row.outcome.state(row.decision, self.policy)?;
        if state == ContentState::Flagged && !self.desk {
            return None;
        }
        let own = row.account_id == self.account || (about.is_some() && about == self.member);
        let reads = own || self.desk || row.outcome.shown(row.decision, self.policy);
        Some(ContentMark {
            field,
            state,
            state_name: state.zh(),
            covered: !reads,
        })
    }
}

/// Proves that the caller may see a picture.
///
/// # Errors
/// `content_hidden` where the office hid it, or where it is hidden until it is checked.
pub async fn require_shown(app: &App, caller: &Caller, file: &file::Model) -> Result<()> {
    let sight = Sight::of(app, caller, ContentKind::File, [file.id.0]).await?;
    let picture = (file.id.0, ContentField::Picture);
    match sight.mark(None, picture, &file.sha256) {
        Some(mark) if mark.covered => {
            let detail = format!("该图片{}，暂不能查看", mark.state_name);
            Err(ApiError::with(Code::ContentHidden, detail))
        }
        _ => Ok(()),
    }
}
