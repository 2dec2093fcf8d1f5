//! Yearly plans: each group drafts its own, the office puts them together, the leaders adopt them
//! (product.md §4.2). The activities that come of a plan are the business of [`crate::activity`].

mod adoption;
mod queries;
mod routes;
pub mod service;
mod views;
mod workbook;

use crate::mount::Mount;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::plan_list)
        .service(routes::plan_create)
        .service(routes::plans_adopt)
        .service(routes::plans_workbook)
        .service(routes::plan_read)
        .service(routes::plan_update)
        .service(routes::plan_submit)
        .service(routes::plan_accept)
        .service(routes::plan_return);
}
