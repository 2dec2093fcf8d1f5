//! The roster: the office's file of members, read, previewed row by row, and applied as previewed.

mod command;
mod plan;
mod routes;
pub mod service;
mod template;

pub use command::from_command_line;

use crate::mount::Mount;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::roster_template)
        .service(routes::preview_roster)
        .service(routes::apply_roster);
}
