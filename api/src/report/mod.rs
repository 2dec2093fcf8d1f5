//! What goes out of the service on paper: scores and statistics as Excel, a member's dossier and
//! the notice of his result as Word. Scores come from [`crate::score`], never from a second way.

mod documents_routes;
mod dossier;
mod dossier_paper;
mod evaluation;
pub mod paper;
mod routes;
mod service;
mod sheet_paper;
mod statistics;
mod statistics_routes;
mod statistics_workbook;
pub mod workbook;
mod works;

use crate::mount::Mount;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::scores_workbook)
        .service(routes::group_scores_workbook)
        .service(statistics_routes::statistics)
        .service(statistics_routes::statistics_xlsx)
        .service(documents_routes::member_dossier)
        .service(documents_routes::evaluation_notice);
}
