//! What handlers take from a request besides the permit: bodies, parameters, versions, pages.

mod times;

use std::future::{Future, Ready, ready};
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, IF_MATCH};
use actix_web::{FromRequest, HttpRequest, web};
use domain::text::{self, NameError, TextError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Gate;
use crate::error::{ApiError, Code, FieldError, Result};

pub use times::{day, instant};

/// A JSON body; unknown fields are refused by the types themselves.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T> Deref for Body<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                value
                    .split(';')
                    .next()
                    .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
            });
        let bytes = web::Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let bytes = bytes
                .await
                .map_err(|_| ApiError::new(Code::PayloadTooLarge))?;
            let body = if is_json {
                parse(&bytes).map(Self)
            } else {
                Err(ApiError::with(
                    Code::UnsupportedMediaType,
                    "请求内容应为 JSON（application/json）",
                ))
            };
            Gate::passed(&request).await;
            body
        })
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    // Meaning is only looked at when the text is JSON at all: 400 for the one, 422 for the other.
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let error = match serde_path_to_error::deserialize(&mut json) {
        Ok(value) => {
            return json
                .end()
                .map(|()| value)
                .map_err(|_| ApiError::new(Code::MalformedRequest));
        }
        Err(error) => error,
    };
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
    if !is_json || !error.inner().is_data() {
        return Err(ApiError::with(
            Code::MalformedRequest,
            "请求内容不是有效的 JSON",
        ));
    }
    let path = error.path().to_string();
    let pointer = if path == "." {
        String::new()
    } else {
        // An element of a list comes as `sessions[0].starts_at`.
        format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
    };
    let text = error.inner().to_string();
    let quoted = text.split('`').nth(1).unwrap_or_default();
    Err(if text.starts_with("unknown field") {
        ApiError::field(
            format!("{pointer}/{quoted}")
                .replace(&format!("/{quoted}/{quoted}"), &format!("/{quoted}")),
            "unknown_field",
            "没有这个字段",
        )
    } else if text.starts_with("missing field") {
        ApiError::field(format!("{pointer}/{quoted}"), "required", "必填")
    } else if text.starts_with("unknown variant") {
        ApiError::field(pointer, "unknown_word", "不在可选范围内")
    } else if text.starts_with(times::ZONE_REQUIRED) {
        let example = "时间须带时区，如 2026-09-25T09:00:00+08:00";
        ApiError::field(pointer, times::ZONE_REQUIRED, example)
    } else {
        ApiError::field(pointer, "wrong_type", "格式不正确")
    })
}

/// Query parameters; unknown ones are refused by the types themselves.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T> Deref for Params<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let params = web::Query::<T>::from_query(request.query_string())
            .map(|query| Self(query.into_inner()))
            .map_err(|error| {
                let text = error.to_string();
                let name = text.split('`').nth(1).unwrap_or_default().to_owned();
                let mut refusal = ApiError::new(Code::UnknownParameter);
                if !name.is_empty() {
                    refusal.errors.push(FieldError {
                        pointer: name,
                        code: "invalid_parameter",
                        message: "查询参数不正确".to_owned(),
                    });
                }
                refusal
            });
        // PostgreSQL stores no U+0000 and cannot be asked for one.
        let params = if request.query_string().contains("%00") {
            Err(ApiError::new(Code::UnknownParameter))
        } else {
            params
        };
        let request = request.clone();
        Box::pin(async move {
            Gate::passed(&request).await;
            params
        })
    }
}

/// The version the client last saw, from `If-Match`. Without the header every version will do.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(Option<i32>);

impl IfMatch {
    /// Checks the version that is there now.
    ///
    /// # Errors
    /// `precondition_failed` when somebody else was faster.
    pub fn check(self, version: i32) -> Result<()> {
        match self.0 {
            Some(seen) if seen != version => Err(ApiError::new(Code::PreconditionFailed)),
            _ => Ok(()),
        }
    }
}

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let version = match request
            .headers()
            .get(IF_MATCH)
            .map(|value| value.to_str().unwrap_or("?").trim())
        {
            None | Some("*") => Ok(None),
            // A tag that is none of ours matches no version.
            Some(tag) => Ok(Some(tag.trim_matches('"').parse().unwrap_or(i32::MIN))),
        };
        ready(version.map(Self))
    }
}

/// The `ETag` of a version.
pub fn etag(version: i32) -> (&'static str, String) {
    ("ETag", format!("\"{version}\""))
}

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many items, 1 to 200; 50 unless told.
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageParams {
    /// How many rows to skip and how many to take.
    ///
    /// # Errors
    /// For a limit out of range or a cursor that is none of ours.
    pub fn window(limit: Option<u64>, cursor: Option<&str>) -> Result<(u64, u64)> {
        let wrong = |name: &str, message: &str| ApiError {
            errors: vec![FieldError {
                pointer: name.to_owned(),
                code: "invalid_parameter",
                message: message.to_owned(),
            }],
            ..ApiError::new(Code::UnknownParameter)
        };
        let limit = limit.unwrap_or(50);
        if !(1..=200).contains(&limit) {
            return Err(wrong("limit", "每页 1 到 200 条"));
        }
        let skip = match cursor {
            None => 0,
            Some(cursor) => cursor
                .strip_prefix('o')
                .and_then(|skip| skip.parse::<u32>().ok())
                .ok_or_else(|| wrong("cursor", "分页标记不正确"))?,
        };
        Ok((u64::from(skip), limit))
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
    /// `cursor` of the next page, if there is one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of `items` that began after `skip` of `total`.
    pub fn new(items: Vec<T>, total: u64, skip: u64) -> Self {
        let next = skip + items.len() as u64;
        Self {
            next_cursor: (next < total && !items.is_empty()).then(|| format!("o{next}")),
            items,
            total,
        }
    }

    /// A list short enough to be handed out whole, such as the groups of a committee.
    pub fn whole(items: Vec<T>) -> Self {
        let total = items.len() as u64;
        Self {
            items,
            total,
            next_cursor: None,
        }
    }

    /// The page of a list that is already whole in memory.
    pub fn cut(all: Vec<T>, skip: u64, limit: u64) -> Self {
        let total = all.len() as u64;
        let [skip_by, take] = [skip, limit].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        Self::new(
            all.into_iter().skip(skip_by).take(take).collect(),
            total,
            skip,
        )
    }
}

/// Collects what is wrong with the fields of a request, so that the client hears it all at once.
#[derive(Debug, Default)]
pub struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    /// One field is wrong.
    pub fn wrong(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        self.errors.push(FieldError {
            pointer: pointer.into(),
            code,
            message: message.into(),
        });
    }

    /// `message` unless `holds`.
    pub fn check(&mut self, holds: bool, pointer: &str, code: &'static str, message: &str) {
        if !holds {
            self.wrong(pointer, code, message);
        }
    }

    /// A line of text of at most `max` characters.
    pub fn line(&mut self, pointer: &str, value: &str, max: usize) -> String {
        self.text(pointer, text::line(value, max))
    }

    /// A text with line breaks of at most `max` characters; may be empty.
    pub fn paragraph(&mut self, pointer: &str, value: &str, max: usize) -> String {
        if value.trim().is_empty() {
            return String::new();
        }
        self.text(pointer, text::paragraph(value, max))
    }

    /// A person's name.
    pub fn name(&mut self, pointer: &str, value: &str) -> String {
        match text::name(value) {
            Ok(name) => return name,
            Err(NameError::Empty) => self.wrong(pointer, "required", "必填"),
            Err(NameError::TooLong { max }) => {
                self.wrong(pointer, "too_long", format!("最多 {max} 个字"));
            }
            Err(error @ NameError::InvalidChar { .. }) => {
                self.wrong(pointer, "name_invalid_char", error.zh());
            }
        }
        String::new()
    }

    fn text(&mut self, pointer: &str, text: Result<String, TextError>) -> String {
        match text {
            Ok(text) => return text,
            Err(TextError::Empty) => self.wrong(pointer, "required", "必填"),
            Err(TextError::TooLong { max }) => {
                self.wrong(pointer, "too_long", format!("最多 {max} 个字"));
            }
            Err(error @ TextError::InvalidChar { .. }) => {
                self.wrong(pointer, "invalid_char", error.zh());
            }
        }
        String::new()
    }

    /// Goes on when nothing was wrong.
    ///
    /// # Errors
    /// `validation_failed` with every wrong field.
    pub fn finish(self) -> Result<()> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(ApiError::fields(self.errors))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "read by serde only")]
        title: String,
        #[serde(with = "instant")]
        at: chrono::DateTime<chrono::Utc>,
    }

    fn pointer(json: &str) -> (u16, String) {
        let error = parse::<Sample>(json.as_bytes()).unwrap_err();
        (
            error.code.status(),
            error
                .errors
                .first()
                .map(|field| format!("{} {}", field.pointer, field.code))
                .unwrap_or_default(),
        )
    }

    #[test]
    fn the_client_hears_which_field_and_why() {
        assert_eq!(pointer("{"), (400, String::new()));
        assert_eq!(
            pointer(r#"{"title":"a","at":"2026-09-25T09:00:00+08:00","x":1}"#),
            (422, "/x unknown_field".to_owned())
        );
        assert_eq!(
            pointer(r#"{"title":"a"}"#),
            (422, "/at required".to_owned())
        );
        assert_eq!(
            pointer(r#"{"title":1,"at":"2026-09-25T09:00:00+08:00"}"#),
            (422, "/title wrong_type".to_owned())
        );
        assert_eq!(
            pointer(r#"{"title":"a","at":"2026-09-25T09:00:00"}"#),
            (422, "/at timezone_required".to_owned())
        );
        for no_instant in [
            "2024-02-30T09:00:00+08:00",
            "2026-09-25T24:00:00+08:00",
            "10000-01-01T00:00:00Z",
            "",
        ] {
            assert_eq!(
                pointer(&format!(r#"{{"title":"a","at":"{no_instant}"}}"#)),
                (422, "/at wrong_type".to_owned()),
                "{no_instant}"
            );
        }
        assert_eq!(pointer(&"[".repeat(100_000)).0, 400);
    }

    #[test]
    fn an_instant_is_read_in_any_zone_and_written_in_shanghais() {
        let sample: Sample = parse(br#"{"title":"a","at":"2026-09-25T01:00:00Z"}"#).unwrap();
        assert_eq!(instant::text(sample.at), "2026-09-25T09:00:00+08:00");
    }
}
