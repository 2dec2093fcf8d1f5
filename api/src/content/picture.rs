//! Pictures as WeChat fetches them: under an address nobody can guess, for an hour, and only while
//! the check is open.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::content::{ContentKind, ContentOutcome};
use domain::ids::{CommitteeId, FileId};
use entity::{Scoped, content_check, file};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::app::App;
use crate::crypto::mac;
use crate::db::found;
use crate::error::{ApiError, Result};

/// How long an address counts; WeChat tells what it found within half an hour.
const LIVES: TimeDelta = TimeDelta::hours(1);
/// Committee, file, the second until which it counts, and half of a MAC over them.
const LENGTH: usize = 16 + 16 + 8 + 16;

fn seal(app: &App, head: &[u8]) -> [u8; 16] {
    let key = app.vault.derive("content-picture");
    let (tag, _) = mac(&key, &[head])
        .split_first_chunk()
        .map(|(tag, rest)| (*tag, rest.len()))
        .expect("a MAC has 32 bytes");
    tag
}

/// Where WeChat fetches a picture; none without `wechat.public_url`.
pub(super) fn address(
    app: &App,
    committee: CommitteeId,
    file: FileId,
    now: DateTime<Utc>,
) -> Option<String> {
    let base = app.config.wechat.public_url.as_deref()?;
    let until = (now + LIVES).timestamp().to_be_bytes();
    let head = [&committee.0.as_bytes()[..], file.0.as_bytes(), &until].concat();
    let word = URL_SAFE_NO_PAD.encode([&head[..], &seal(app, &head)].concat());
    Some(format!(
        "{}/wechat/media/{word}",
        base.trim_end_matches('/')
    ))
}

/// The picture of an address.
///
/// # Errors
/// `not_found` for a word that is none of ours, too old, or of a picture that is checked already.
pub(super) async fn fetched(app: &App, word: &str) -> Result<file::Model> {
    let (committee, id) = open(app, word).ok_or_else(ApiError::not_found)?;
    let checks = content_check::Entity::of(committee)
        .filter(content_check::Column::Kind.eq(ContentKind::File))
        .filter(content_check::Column::SubjectId.eq(id.0))
        .filter(content_check::Column::Outcome.eq(ContentOutcome::Unchecked))
        .one(app.db.read())
        .await?;
    found(checks)?;
    found(
        file::Entity::find_by_id((committee, id))
            .one(app.db.read())
            .await?,
    )
}

fn open(app: &App, word: &str) -> Option<(CommitteeId, FileId)> {
    let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(word).ok()?.try_into().ok()?;
    let (head, tag) = bytes.split_at(LENGTH - 16);
    if !bool::from(seal(app, head).ct_eq(tag)) {
        return None;
    }
    let id = |at: usize| Uuid::from_slice(&head[at..at + 16]).ok();
    let until = i64::from_be_bytes(head[32..].try_into().ok()?);
    (app.clock.now().timestamp() < until).then_some(())?;
    Some((CommitteeId(id(0)?), FileId(id(16)?)))
}
