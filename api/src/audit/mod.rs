//! The audit log and the two chains: reading, proving that nothing was changed, taking a copy out.
//!
//! The command line also notes the seals in a file to be kept elsewhere, see [`checkpoint`].
//! Entries are written by [`crate::db::Db::write`] alone; nothing here changes one.

pub mod chain;
pub mod checkpoint;
pub mod export;
mod form;
pub mod offline;
pub mod recompute;
mod routes;
mod service;

use crate::mount::Mount;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::audit_log)
        .service(routes::verify_chains)
        .service(routes::export_chains);
}
