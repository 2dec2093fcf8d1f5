//! Files in the database: stored, found, and handed to who may read them.

use std::collections::HashMap;

use domain::authority::{Operation, Reach, Scope};
use domain::ids::{AccountId, CommitteeId, FileId};
use entity::{Scoped, file};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::kind::{Kept, named};
use super::picture::make_anew;
use super::{document, evidence};
use crate::access::{Caller, Guarded, Permit, op};
use crate::activity::service::names_of_file;
use crate::app::App;
use crate::content::service::check_picture;
use crate::crypto::random;
use crate::error::{ApiError, Code, Result};

/// A picture being decoded may take 170 MB; two at a time are what a small machine bears.
static DECODING: Semaphore = Semaphore::const_new(2);

impl Guarded for file::Model {
    const PARAM: &'static str = "file_id";
    const READ: Operation = Operation::FileRead;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(file::Entity::find_by_id((committee, FileId(id)))
            .one(app.db.read())
            .await?)
    }

    /// A file lies with whoever uploaded it and with whoever may see what it is shown with: an
    /// activity, or what it is evidence of.
    async fn scope(&self, app: &App, caller: &Caller) -> Result<Scope> {
        let reach = Reach::of(Self::READ, caller.standings()).unwrap_or_default();
        // Who reaches everything need not be looked for.
        let knows = !reach.committee
            && (self.owner_id == caller.account_id()
                || !names_of_file(app, caller, self.id).await?.is_empty()
                || evidence::shows(app, caller, self.id).await?);
        Ok(if knows {
            Scope {
                groups: reach.groups,
                member: caller.member_id(),
            }
        } else {
            Scope::default()
        })
    }
}

/// What is known of a file besides what is in it.
#[derive(Clone, Debug)]
pub struct Described {
    /// Who uploaded it.
    pub owner: AccountId,
    /// What is in it.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
}

impl Described {
    /// `name` with the ending of what the file is.
    pub fn named(&self, name: &str) -> String {
        named(name, &self.media_type)
    }
}

/// The files of a committee among `ids`, without what is in them.
pub async fn describe(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    ids: impl IntoIterator<Item = FileId>,
) -> Result<HashMap<FileId, Described>> {
    let rows: Vec<(FileId, AccountId, String, i64)> = file::Entity::of(committee)
        .filter(file::Column::Id.is_in(ids))
        .select_only()
        .columns([
            file::Column::Id,
            file::Column::OwnerId,
            file::Column::MediaType,
            file::Column::Size,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let described = rows.into_iter().map(|(id, owner, media_type, size)| {
        let described = Described {
            owner,
            media_type,
            size,
        };
        (id, described)
    });
    Ok(described.collect())
}

/// The places of those `ids` which are no files of `owner`: what somebody shows is what he uploaded
/// himself, and another's file sounds like one that is not there.
pub async fn not_own(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    owner: AccountId,
    ids: &[FileId],
) -> Result<Vec<usize>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let known = describe(db, committee, ids.iter().copied()).await?;
    let is_own = |id: &FileId| known.get(id).is_some_and(|file| file.owner == owner);
    Ok((0..ids.len()).filter(|&at| !is_own(&ids[at])).collect())
}

/// The name under which the caller receives a file: the one he was shown, or else its id.
pub(super) async fn name(app: &App, caller: &Caller, file: &file::Model) -> Result<String> {
    let shown = names_of_file(app, caller, file.id).await?;
    let name = shown.into_iter().next().unwrap_or(file.id.to_string());
    Ok(named(&name, &file.media_type))
}

/// A document as it came, or a picture made anew.
fn keep(bytes: Vec<u8>) -> Result<Kept> {
    match document::recognised(&bytes)? {
        Some(kind) => Ok(Kept { kind, data: bytes }),
        None => make_anew(&bytes),
    }
}

/// Stores a file.
pub(super) async fn store(
    app: &App,
    permit: &Permit<op::FileUpload>,
    bytes: Vec<u8>,
) -> Result<file::Model> {
    let kept = {
        let _turn = DECODING.acquire().await.map_err(ApiError::internal)?;
        // A reader that panics met a bad file; the panic stays in the log.
        let made = tokio::task::spawn_blocking(move || keep(bytes)).await;
        made.map_err(|_| ApiError::with(Code::FileUnreadable, "文件已损坏，请重新选择"))??
    };
    let file = permit
        .write(app, async |write| {
            let row = file::ActiveModel {
                committee_id: Set(write.committee),
                // Random, not in the order of time: an id says nothing about its neighbours.
                id: Set(FileId(
                    uuid::Builder::from_random_bytes(random()).into_uuid(),
                )),
                owner_id: Set(permit.caller.account_id()),
                media_type: Set(kept.kind.media_type().to_owned()),
                size: Set(i64::try_from(kept.data.len()).unwrap_or(i64::MAX)),
                sha256: Set(hex::encode(Sha256::digest(&kept.data))),
                data: Set(kept.data),
                created_at: Set(write.at),
            };
            let row = row.insert(&write.txn).await?;
            check_picture(app, write, &permit.caller, &row).await?;
            write.about("file", row.id);
            write.detail(
                json!({ "media_type": row.media_type, "size": row.size, "sha256": row.sha256 }),
            );
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    Ok(file)
}
