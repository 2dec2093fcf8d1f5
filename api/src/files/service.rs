//! Pictures in the database.

use domain::authority::{Operation, Scope};
use domain::ids::{CommitteeId, FileId};
use entity::file;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::picture::make_anew;
use crate::access::{Caller, Guarded, Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::error::{ApiError, Result};

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

    /// A picture is its owner's, who is known by his account.
    async fn scope(&self, _: &App, caller: &Caller) -> Result<Scope> {
        let is_owner = self.owner_id == caller.account_id();
        Ok(Scope {
            groups: Vec::new(),
            member: if is_owner { caller.member_id() } else { None },
        })
    }
}

/// Stores a picture, made anew.
pub(super) async fn store(
    app: &App,
    permit: &Permit<op::FileUpload>,
    bytes: Vec<u8>,
) -> Result<file::Model> {
    let picture = {
        let _turn = DECODING.acquire().await.map_err(ApiError::internal)?;
        // A decoder that panics met a bad file; the panic stays in the log.
        let made = tokio::task::spawn_blocking(move || make_anew(&bytes)).await;
        made.map_err(|_| {
            ApiError::with(crate::error::Code::FileUnreadable, "图片已损坏，请重新选择")
        })??
    };
    permit
        .write(app, async |write| {
            let row = file::ActiveModel {
                committee_id: Set(write.committee),
                // Random, not in the order of time: an id says nothing about its neighbours.
                id: Set(FileId(
                    uuid::Builder::from_random_bytes(random()).into_uuid(),
                )),
                owner_id: Set(permit.caller.account_id()),
                media_type: Set(picture.media_type.to_owned()),
                size: Set(i64::try_from(picture.data.len()).unwrap_or(i64::MAX)),
                sha256: Set(hex::encode(Sha256::digest(&picture.data))),
                data: Set(picture.data),
                created_at: Set(write.at),
            };
            let row = row.insert(&write.txn).await?;
            write.about("file", row.id);
            write.detail(
                json!({ "media_type": row.media_type, "size": row.size, "sha256": row.sha256 }),
            );
            Ok(row)
        })
        .await
}
