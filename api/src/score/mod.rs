//! Scores: facts and the adopted rulebook become sheets, and whoever may read one sees every line.
//!
//! Nothing is stored here. Facts come from the slices that record them, the arithmetic from
//! [`domain::score`]; there is one way to compute, [`service::sheets`], for every reader.

pub mod facts_file;
pub mod offline;
mod places;
mod routes;
pub mod rulebook_file;
pub mod service;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(routes::scores)
        .service(routes::member_score)
        .service(routes::my_score)
        .service(routes::rulebooks)
        .service(routes::rulebook);
}
