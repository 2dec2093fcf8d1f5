//! Scores: facts and the adopted rulebook become sheets, and whoever may read one sees every line.
//!
//! Facts come from the slices that record them, the arithmetic from [`domain::score`]. Of an open
//! period nothing is stored; what was closed is frozen and answered from there. There is one way
//! to a sheet, [`service::sheets`], for every reader.

mod amendment_routes;
pub mod amendments;
pub mod facts_file;
mod filter;
mod group_routes;
pub mod known;
pub mod offline;
mod period_routes;
pub mod periods;
pub mod places;
mod preview;
mod routes;
pub mod rulebook_file;
mod rulebook_routes;
pub mod rulebooks;
pub mod service;
mod visibility;

use crate::mount::Mount;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::scores)
        .service(routes::member_score)
        .service(routes::my_score)
        .service(group_routes::group_scores)
        .service(group_routes::group_score)
        .service(period_routes::period_list)
        .service(period_routes::period_create)
        .service(period_routes::period_read)
        .service(period_routes::period_close)
        .service(period_routes::period_reopen)
        .service(period_routes::period_withdraw)
        .service(amendment_routes::amendment_list)
        .service(amendment_routes::amendment_propose)
        .service(amendment_routes::amendment_decide)
        .service(rulebook_routes::rulebook_list)
        .service(rulebook_routes::rulebook_create)
        .service(rulebook_routes::rulebook_read)
        .service(rulebook_routes::rulebook_update)
        .service(rulebook_routes::rulebook_propose)
        .service(rulebook_routes::rulebook_adopt)
        .service(rulebook_routes::rulebook_withdraw)
        .service(rulebook_routes::rulebook_preview);
}
