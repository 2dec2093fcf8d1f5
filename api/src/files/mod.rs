//! Pictures that members and clerks upload, such as proof of a duty record.

mod picture;
mod routes;
mod service;
mod upload;

pub use upload::{FileForm, Upload};

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(routes::upload_file)
        .service(routes::read_file);
}
