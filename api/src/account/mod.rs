//! Accounts with passwords after the founding: made, disabled, enabled again, given new secrets.
//!
//! An account is worth nothing by itself: seats are granted in [`crate::people`] and wait there
//! for a second person. Signing in is [`crate::sign_in`].

mod queries;
mod routes;
mod service;

use crate::mount::Mount;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::list_accounts)
        .service(routes::create_account)
        .service(routes::disable_account)
        .service(routes::enable_account)
        .service(routes::reset_account);
}
