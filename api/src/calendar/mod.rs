//! The activity days: what the rule says, what is proposed, what the office confirmed.

mod routes;
pub mod service;

use crate::mount::Mount;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::activity_days).service(routes::confirm);
}
