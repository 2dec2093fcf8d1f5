//! The one file of a multipart form.

use std::future::Future;
use std::pin::Pin;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;

use crate::access::Gate;
use crate::error::{ApiError, Code, Result};

/// How large a file may be.
const LIMIT: usize = 10 << 20;
/// How long a file's name may be.
const NAME_LIMIT: usize = 200;

/// The form of an upload.
#[derive(Debug, utoipa::ToSchema)]
pub struct FileForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    #[expect(dead_code, reason = "it describes the form; `Upload` reads it")]
    file: Vec<u8>,
}

/// The file in the field `file`.
#[derive(Debug)]
pub struct Upload {
    /// What the client called it; good for showing and for nothing else.
    pub file_name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl FromRequest for Upload {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("multipart/form-data"));
        let form = Multipart::new(request.headers(), payload.take());
        let request = request.clone();
        Box::pin(async move {
            let upload = if is_form {
                take(form).await
            } else {
                Err(ApiError::with(
                    Code::UnsupportedMediaType,
                    "请以 multipart/form-data 上传文件",
                ))
            };
            Gate::passed(&request).await;
            upload
        })
    }
}

async fn take(mut form: Multipart) -> Result<Upload> {
    let malformed = || ApiError::with(Code::MalformedRequest, "上传的表单格式不正确");
    let mut found = None;
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|_| malformed())?;
        if field.name() != Some("file") {
            let name = field
                .name()
                .unwrap_or_default()
                .chars()
                .take(NAME_LIMIT)
                .collect::<String>();
            return Err(ApiError::field(
                format!("/{name}"),
                "unknown_field",
                "没有这个字段",
            ));
        }
        let file_name = field
            .content_disposition()
            .and_then(|disposition| disposition.get_filename())
            .unwrap_or_default();
        let file_name = file_name
            .chars()
            .filter(|c| !c.is_control())
            .take(NAME_LIMIT)
            .collect();
        let bytes = field
            .bytes(LIMIT)
            .await
            .map_err(|_| ApiError::new(Code::PayloadTooLarge))?
            .map_err(|_| malformed())?;
        if found
            .replace(Upload {
                file_name,
                bytes: bytes.to_vec(),
            })
            .is_some()
        {
            return Err(ApiError::field(
                "/file",
                "duplicate",
                "一次只能上传一个文件",
            ));
        }
    }
    found.ok_or_else(|| ApiError::field("/file", "required", "请选择文件"))
}
