//! What goes out of the service on paper: the table of scores as Excel, and statistics.

mod routes;
mod service;
pub mod workbook;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(routes::scores_workbook)
        .service(routes::statistics);
}
