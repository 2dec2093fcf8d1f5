//! The activity days: what the rule says, what is proposed, what the office confirmed.

mod routes;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(routes::activity_days)
        .service(routes::confirm);
}
