//! Notices: what members are told, by which way, and whether it reached them.
//!
//! A notice is written down in the transaction that gives the reason for it ([`service::announce`])
//! and carried afterwards ([`deliver()`]). The inbox always holds it; whoever follows a station's
//! official account gets it there; whoever does neither stands on the list of those to be phoned.

mod check;
pub mod credit;
mod deliver;
mod inbox;
mod outcome;
mod reach;
mod reminders;
mod routes;
pub mod service;
mod sheet;
mod verdict;
mod wording;

use utoipa_actix_web::service_config::ServiceConfig;

pub use check::{TemplateProblem, template_problems};
pub use deliver::deliver;
pub use outcome::{Report, report};
pub use reach::{Preview, preview};
pub use reminders::{reconcile, remind_due};
pub use service::{Announcement, announce};

/// Job: carry a notice to its recipients. Payload: `{ notice_id }`.
pub const DELIVER: &str = "notice.deliver";
/// Job: a reminder whose time has come. Payload: `{ activity_id, purpose, starts_at? }`; with
/// `starts_at` nothing is sent once the activity was moved.
pub const REMIND: &str = "notice.remind";
/// Job: close deliveries that WeChat never reported on. Payload: `{ notice_id }`.
pub const RECONCILE: &str = "notice.reconcile";

/// Mounts the operations.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(routes::deliveries)
        .service(routes::reach_preview)
        .service(routes::remind)
        .service(routes::phoned)
        .service(routes::inbox)
        .service(routes::inbox_read);
}
