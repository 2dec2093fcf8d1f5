//! Files that members and clerks upload: pictures as proof, documents for an activity. Who reads a
//! file is who uploaded it, and whoever may see what it is shown with.

mod document;
mod evidence;
mod kind;
mod picture;
mod routes;
pub mod service;
mod upload;

pub use upload::{FileForm, Upload};

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(routes::upload_file)
        .service(routes::read_file);
}
