//! HTTP for pictures.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use domain::ids::FileId;
use entity::file;
use serde::Serialize;
use utoipa::ToSchema;

use super::service;
use super::upload::{FileForm, Upload};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::cache::limits;
use crate::error::{Problem, Result};

/// A picture that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileView {
    /// Names it where a file is asked for.
    pub file_id: FileId,
    /// `image/jpeg` or `image/png`.
    pub media_type: String,
    /// Bytes, as stored.
    pub size: i64,
}

/// Upload a picture.
///
/// JPEG, PNG or WebP of at most 10 MB, 8,000 pixels a side and 40 million in all. It is made anew:
/// turned upright, at most 2,560 pixels long, without the place where it was taken.
#[utoipa::path(tag = "files", request_body(content = FileForm, content_type = "multipart/form-data"), responses((status = 201, body = FileView), (status = "default", body = Problem)))]
#[post("/files")]
pub async fn upload_file(
    app: Data<App>,
    permit: Permit<op::FileUpload>,
    upload: Upload,
) -> Result<HttpResponse> {
    let subject = format!("file:{}", permit.caller.account_id());
    app.cache
        .take(limits::UPLOAD, &subject, app.clock.now())
        .await?;
    let file = service::store(&app, &permit, upload.bytes).await?;
    Ok(HttpResponse::Created().json(FileView {
        file_id: file.id,
        media_type: file.media_type,
        size: file.size,
    }))
}

/// The picture.
#[utoipa::path(tag = "files", params(("file_id" = String, Path)), responses((status = 200, content_type = "image/*", body = Vec<u8>), (status = "default", body = Problem)))]
#[get("/files/{file_id}")]
pub async fn read_file(on: On<op::FileRead, file::Model>) -> HttpResponse {
    let file = on.row;
    let ending = if file.media_type == "image/png" {
        "png"
    } else {
        "jpg"
    };
    HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((
            "Content-Disposition",
            format!("attachment; filename=\"{}.{ending}\"", file.id),
        ))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cache-Control", "private, max-age=86400"))
        .insert_header(("ETag", format!("\"{}\"", file.sha256)))
        .body(file.data)
}
