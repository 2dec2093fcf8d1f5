//! What WeChat tells us: pushes to our address, and the list of followers read from time to time.
//!
//! A push is stored once, whatever WeChat repeats, and handled in the same transaction. Pushes get
//! lost, so the followers of every account are read in full each night.

mod followers;
mod nightly;
mod routes;
mod service;

use utoipa_actix_web::service_config::ServiceConfig;

pub use followers::follow;
pub use nightly::{Resync, ensure_scheduled, resync, resync_due};
pub use service::catch_up;

/// Job: find out who a new follower is. Payload: `{ identity_id }`.
pub const FOLLOW: &str = "follower.link";
/// Job: read the followers of an account in full. Payload: `{ app_id }`.
pub const RESYNC: &str = "follower.resync";

/// Mounts the operations, outside of the API.
pub fn configure(service: &mut ServiceConfig) {
    service.service(routes::verify).service(routes::receive);
}
