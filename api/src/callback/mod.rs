//! What WeChat tells us: pushes to our address, and the list of followers read from time to time.
//!
//! A push is stored once, whatever WeChat repeats, answered within the second, and handled by a
//! job in order of WeChat's clock. Pushes get lost, so the followers of every account are read in
//! full each night.

mod early;
mod followers;
mod handle;
mod kept;
pub mod links;
mod nightly;
mod reply;
mod routes;
mod service;

use crate::mount::Mount;

pub use early::catch_up;
pub use followers::follow;
pub use handle::handle_due;
pub use nightly::{Resync, ensure_scheduled, resync, resync_due};
pub(crate) use service::name_of;

/// Job: handle a push, and with it what else is open of its account. Payload: `{ callback_id }`.
pub const HANDLE: &str = "callback.handle";
/// Job: find out who a new follower is, and in doubt whether he follows. Payload:
/// `{ identity_id, doubt? }`.
pub const FOLLOW: &str = "follower.link";
/// Job: read the followers of an account in full. Payload: `{ app_id }`.
pub const RESYNC: &str = "follower.resync";

/// Mounts the operations, outside of the API.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::verify).service(routes::receive);
}
