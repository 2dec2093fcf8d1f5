//! The files of an activity: agenda and materials, named as people see them, replaced together.

use domain::authority::{Operation, Reach};
use domain::ids::{AccountId, ActivityFileId, ActivityId, CommitteeId, FileId};
use entity::{Scoped, activity, activity_file};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Set,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::queries::within;
use super::service::{locked, store};
use super::status_now;
use crate::access::{Caller, On, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::Write;
use crate::error::{ApiError, Code, Result};
use crate::extract::{Fields, IfMatch};
use crate::files::service::describe;

/// How many files an activity may show.
const MOST: usize = 10;
/// How long a name may be.
const NAME_LIMIT: usize = 100;
/// What some system that people keep files on takes in no name.
const UNFIT: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

/// A file to be shown with an activity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenFile {
    /// What `POST /files` answered. The caller's own upload, or a file the activity shows already.
    file_id: FileId,
    /// What people see, such as 议程.pdf; at most 100 characters. Its ending is made to fit what
    /// the file is.
    name: String,
}

/// A file that is shown with an activity.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShownFile {
    /// Names it for `GET /files/{file_id}`.
    pub id: FileId,
    /// What people see.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
}

/// The files of an activity, in their order.
pub(super) async fn of(
    app: &App,
    committee: CommitteeId,
    id: ActivityId,
) -> Result<Vec<ShownFile>> {
    let rows = activity_file::Entity::of(committee)
        .filter(activity_file::Column::ActivityId.eq(id))
        .order_by_asc(activity_file::Column::Ordinal)
        .all(app.db.read())
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut files = describe(app.db.read(), committee, rows.iter().map(|row| row.file_id)).await?;
    let shown = rows.into_iter().filter_map(|row| {
        let file = files.remove(&row.file_id)?;
        Some(ShownFile {
            id: row.file_id,
            name: row.name,
            media_type: file.media_type,
            size: file.size,
        })
    });
    Ok(shown.collect())
}

/// The names under which the activities that the caller may see show a file, the latest first.
pub async fn names_of_file(app: &App, caller: &Caller, file: FileId) -> Result<Vec<String>> {
    let Some(reach) = Reach::of(Operation::ActivityRead, caller.standings()) else {
        return Ok(Vec::new());
    };
    let seen = activity::Entity::of(caller.committee)
        .filter(within(caller, &reach))
        .select_only()
        .column(activity::Column::Id)
        .into_query();
    let names = activity_file::Entity::of(caller.committee)
        .filter(activity_file::Column::FileId.eq(file))
        .filter(activity_file::Column::ActivityId.in_subquery(seen))
        .order_by_desc(activity_file::Column::Id)
        .select_only()
        .column(activity_file::Column::Name)
        .into_tuple()
        .all(app.db.read())
        .await?;
    Ok(names)
}

/// Makes `given` the files of an activity; tells whether that changed anything.
///
/// # Errors
/// `validation_failed` with the place of each file that is not there for this caller.
pub(super) async fn put(
    write: &Write,
    caller: AccountId,
    id: ActivityId,
    given: &[GivenFile],
) -> Result<bool> {
    let before = activity_file::Entity::of(write.committee)
        .filter(activity_file::Column::ActivityId.eq(id))
        .order_by_asc(activity_file::Column::Ordinal)
        .all(&write.txn)
        .await?;
    let before: Vec<(FileId, String)> = before
        .into_iter()
        .map(|row| (row.file_id, row.name))
        .collect();
    let after = checked(write, caller, &before, given).await?;
    if after == before {
        return Ok(false);
    }
    activity_file::Entity::delete_many()
        .filter(activity_file::Column::CommitteeId.eq(write.committee))
        .filter(activity_file::Column::ActivityId.eq(id))
        .exec(&write.txn)
        .await?;
    if after.is_empty() {
        return Ok(true);
    }
    let rows =
        after
            .into_iter()
            .zip(1..)
            .map(|((file, name), ordinal)| activity_file::ActiveModel {
                committee_id: Set(write.committee),
                id: Set(ActivityFileId::new(write.at, random())),
                activity_id: Set(id),
                file_id: Set(file),
                name: Set(name),
                ordinal: Set(ordinal),
            });
    activity_file::Entity::insert_many(rows)
        .exec_without_returning(&write.txn)
        .await?;
    Ok(true)
}

async fn checked(
    write: &Write,
    caller: AccountId,
    before: &[(FileId, String)],
    given: &[GivenFile],
) -> Result<Vec<(FileId, String)>> {
    let mut fields = Fields::default();
    fields.check(
        given.len() <= MOST,
        "/files",
        "too_many",
        "一次活动最多附 10 个文件",
    );
    fields.finish()?;

    let ids = given.iter().map(|file| file.file_id);
    let known = describe(&write.txn, write.committee, ids).await?;
    let mut fields = Fields::default();
    let mut after: Vec<(FileId, String)> = Vec::new();
    for (index, GivenFile { file_id, name }) in given.iter().enumerate() {
        let (id_at, name_at) = (
            format!("/files/{index}/file_id"),
            format!("/files/{index}/name"),
        );
        let name = fields.line(&name_at, name, NAME_LIMIT);
        fields.check(
            !name.contains(UNFIT),
            &name_at,
            "invalid_char",
            "文件名不能含有 / \\ : * ? \" < > |",
        );
        fields.check(
            after.iter().all(|(id, _)| id != file_id),
            &id_at,
            "duplicate",
            "同一个文件只能附一次",
        );
        let file = known.get(file_id).filter(|file| {
            file.owner == caller || before.iter().any(|(before, _)| before == file_id)
        });
        let Some(file) = file else {
            fields.wrong(
                id_at,
                "unknown_file",
                "没有这个文件，请先上传；只能附本人上传的文件",
            );
            continue;
        };
        after.push((*file_id, file.named(&name)));
    }
    fields.finish()?;
    Ok(after)
}

/// Replaces the files of an activity that is not over yet; what it says otherwise stays.
pub(super) async fn replace(
    app: &App,
    on: &On<op::ActivityFiles, activity::Model>,
    seen: IfMatch,
    given: &[GivenFile],
) -> Result<activity::Model> {
    on.write(app, async |write| {
        let row = locked(write, on.row.id).await?;
        seen.check(row.version)?;
        let status = status_now(&row, write.at);
        if !status.takes_files() {
            let sentence = format!("活动{}，不能再更换材料", status.zh());
            return Err(ApiError::with(Code::WrongStep, sentence));
        }
        if !put(write, on.caller.account_id(), row.id, given).await? {
            write.unchanged();
            return Ok(row);
        }
        let row = store(write, row.into_active_model()).await?;
        let files: Vec<FileId> = given.iter().map(|file| file.file_id).collect();
        write.detail(json!({ "status": status, "version": row.version, "files": files }));
        Ok(row)
    })
    .await
}
