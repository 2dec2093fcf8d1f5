//! Reviews (评优, 届中请辞, 换届去留 …): who is proposed and why, nominated by whom, published until
//! when, objected to and answered, decided by which body, and what was carried out after it.
//!
//! The proposals are computed by [`domain::score`]; people decide, and nothing here changes
//! anybody's membership.

mod guarded;
mod queries;
mod results;
mod routes;
pub mod service;
mod sight;
mod views;
mod workbook;

use crate::mount::Mount;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::reviews::review_list)
        .service(routes::reviews::review_create)
        // Before the review itself, whose pattern would take the ending for a part of the id.
        .service(routes::reviews::review_workbook)
        .service(routes::reviews::review_read)
        .service(routes::reviews::review_refresh)
        .service(routes::reviews::member_reviews)
        .service(routes::list::review_open)
        .service(routes::list::review_candidate)
        .service(routes::list::review_settle)
        .service(routes::list::review_confirm)
        .service(routes::list::review_return)
        .service(routes::list::review_cancel)
        .service(routes::list::review_nominate)
        .service(routes::list::nomination_withdraw)
        .service(routes::publication::review_publish)
        .service(routes::publication::review_object)
        .service(routes::publication::review_objections)
        .service(routes::publication::review_answer)
        .service(routes::publication::objection_answer)
        .service(routes::publication::objection_withdraw)
        .service(routes::decision::review_present)
        .service(routes::decision::review_decide)
        .service(routes::decision::review_document);
}
