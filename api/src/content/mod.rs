//! What comes from the mini-program and others read is held against WeChat's rules: texts and
//! pictures, each beside the change that brings it and asked for by a job, so that nobody waits
//! for WeChat and nothing is lost with it. What WeChat objects to goes to a person; no machine
//! refuses anything, least of all for politics, which is what committees talk about.
//!
//! A row of `content_check` speaks of exactly one text: another text of the same field has another
//! row, and what stands nowhere any more is forgotten unless somebody decided it.

mod ask;
mod list;
mod picture;
mod routes;
pub mod service;
mod sight;
mod texts;

use crate::mount::Mount;

pub use ask::check_due;
pub use sight::{ContentMark, Sight, require_shown};
pub use texts::{free_texts, own_words};

/// Job: have a text or a picture judged by WeChat. Payload: `{ content_check_id }`.
pub const CHECK: &str = "content.check";

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::content_checks)
        .service(routes::decide_content_check);
}

/// Mounts what WeChat fetches, outside of the API.
pub fn configure_public(on: &mut impl Mount) {
    on.service(routes::checked_picture);
}
