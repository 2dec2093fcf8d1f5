//! Duty records: what members did outside activities, declared, checked, verified, and taken back
//! when it was found wrong. What a verified record earns is the business of `score`.

mod queries;
mod routes;
pub mod service;
mod vocabulary;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(routes::duty_records)
        .service(routes::duty_record)
        .service(routes::declare_duty)
        .service(routes::amend_duty)
        .service(routes::submit_duty)
        .service(routes::check_duty)
        .service(routes::verify_duty)
        .service(routes::return_duty)
        .service(routes::reverse_duty);
}
