//! Accounts with passwords after the founding: made, disabled, enabled again, given new secrets.
//!
//! An account is worth nothing by itself: seats are granted in [`crate::people`] and wait there
//! for a second person. Signing in is [`crate::sign_in`].

mod queries;
mod routes;
mod service;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(routes::list_accounts)
        .service(routes::create_account)
        .service(routes::disable_account)
        .service(routes::enable_account)
        .service(routes::reset_account);
}
