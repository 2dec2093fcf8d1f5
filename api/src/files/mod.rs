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

use crate::mount::Mount;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::upload_file).service(routes::read_file);
}
