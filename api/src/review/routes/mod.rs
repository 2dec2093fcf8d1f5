//! HTTP for reviews, in the order of a review's life.

pub mod decision;
pub mod list;
pub mod publication;
pub mod reviews;

use actix_web::{HttpResponse, HttpResponseBuilder};
use entity::review;

use super::service;
use super::views::ReviewView;
use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use crate::extract::etag;

/// The review as the caller may see it, with its version.
async fn view(
    app: &App,
    caller: &Caller,
    row: review::Model,
    mut response: HttpResponseBuilder,
) -> Result<HttpResponse> {
    let tag = etag(row.version);
    let described = service::describe(app, caller, row).await?;
    Ok(response
        .insert_header(tag)
        .json(ReviewView::try_from(described)?))
}
