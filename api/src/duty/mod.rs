//! Duty records: what members and groups did outside activities, declared or imported, checked,
//! verified, taken further, and taken back when it was found wrong. What a verified record earns
//! is the business of `score`.

mod filing;
mod import;
mod kinds;
mod parties;
mod queries;
mod recording;
mod routes;
pub mod service;
pub mod steps;
mod vocabulary;

use crate::mount::Mount;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    // `imports` and `template.xlsx` stand before what takes any word for a record's id.
    on.service(routes::kinds::duty_kinds)
        .service(routes::import::duty_import_template)
        .service(routes::import::preview_duty_import)
        .service(routes::import::duty_imports)
        .service(routes::import::duty_import)
        .service(routes::import::apply_duty_import)
        .service(routes::import::verify_duty_import)
        .service(routes::duty_records)
        .service(routes::duty_record)
        .service(routes::declare_duty)
        .service(routes::amend_duty)
        .service(routes::steps::submit_duty)
        .service(routes::steps::check_duty)
        .service(routes::steps::verify_duty)
        .service(routes::steps::return_duty)
        .service(routes::steps::reverse_duty)
        .service(routes::steps::advance_duty);
}
