//! The lists of proposals, opinion reports and other records that an office keeps in Excel: read,
//! previewed row by row, applied as previewed, and verified as a whole by a second person.
//!
//! Applying makes no fact: what comes from a list is submitted like what a member declares, and
//! what a list adds to verified records waits for the same second person.

mod apply;
mod columns;
mod decide;
mod name;
mod plan;
mod rows;
pub(super) mod service;
mod verify;

pub(super) use plan::{Action, PlannedRow};
pub(super) use verify::Done;
