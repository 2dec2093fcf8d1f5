//! HTTP for files.

use actix_web::http::header::{
    Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
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
use crate::content;
use crate::error::{Problem, Result};

/// A file that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileView {
    /// Names it where a file is asked for.
    pub file_id: FileId,
    /// What it is, such as `image/jpeg` or `application/pdf`.
    pub media_type: String,
    /// Bytes, as stored.
    pub size: i64,
}

/// Upload a file of at most 10 MB.
///
/// A PDF, docx, xlsx or pptx without macros is kept as it is. A picture – JPEG, PNG or WebP, 8,000
/// pixels a side and 40 million in all – is made anew: turned upright, at most 2,560 pixels long,
/// without the place where it was taken. What a file is, is told from what is in it.
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

/// What a file holds, as an attachment under the name it was shown by.
///
/// For who uploaded it; for who may see an activity that shows it (everybody invited, once it is
/// published); for who may read a duty record that names it as evidence; for the member of a
/// correction that does, and those who decide it. A picture that the office hid, or that is not
/// checked yet where that is waited for, is `content_hidden` for other members.
#[utoipa::path(tag = "files", params(("file_id" = String, Path)), responses((status = 200, content_type = "*/*", body = Vec<u8>), (status = "default", body = Problem)))]
#[get("/files/{file_id}")]
pub async fn read_file(app: Data<App>, on: On<op::FileRead, file::Model>) -> Result<HttpResponse> {
    let name = service::name(&app, &on.caller, &on.row).await?;
    content::require_shown(&app, &on.caller, &on.row).await?;
    let file = on.row;
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header(attachment(name))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cache-Control", "private, max-age=86400"))
        .insert_header(("ETag", format!("\"{}\"", file.sha256)))
        .body(file.data))
}

/// RFC 6266: the name in UTF-8, and for programs that know only ASCII what is left of it there.
fn attachment(name: String) -> ContentDisposition {
    let ascii = name
        .chars()
        .map(|c| if c.is_ascii() { c } else { '_' })
        .collect();
    let extended = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: name.into_bytes(),
    };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(ascii),
            DispositionParam::FilenameExt(extended),
        ],
    }
}
