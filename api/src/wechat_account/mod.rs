//! The accounts at WeChat: which station's account a member follows and how he links it, and how
//! the accounts fare, for the office and the operator.
//!
//! What followers do there arrives in [`crate::callback`]; what they are sent is in
//! [`crate::notice`].

mod check;
mod conflicts;
mod menu;
mod mine;
mod my_routes;
mod nightly;
mod queries;
mod routes;
mod service;

use crate::mount::Mount;

pub use check::{Finding, Verdict, check, check_and_note};
pub use nightly::{CHECK, check_due, ensure_scheduled};

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(my_routes::official_accounts)
        .service(my_routes::link_official_account)
        .service(my_routes::link_code)
        .service(routes::accounts)
        .service(routes::resync)
        .service(routes::publish_menu)
        .service(routes::link_conflicts)
        .service(routes::decide_link_conflict);
}
