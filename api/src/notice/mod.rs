//! Notices: what members are told, by which way, and whether it reached them.
//!
//! A notice is written down in the transaction that gives the reason for it ([`announce()`])
//! and carried afterwards ([`deliver()`]). The inbox always holds it; WeChat carries it by the best
//! way there is; whoever is reached by none stands on the list of those to be phoned.

pub mod announce;
mod carry;
mod check;
pub mod credit;
mod deliver;
mod inbox;
mod inbox_routes;
mod outcome;
mod pause_routes;
mod pauses;
mod reach;
mod reminders;
mod resend;
mod resend_routes;
mod routes;
mod rows;
mod service;
mod sheet;
mod subscription_routes;
mod subscriptions;
mod template_routes;
mod templates;
mod turn;
mod verdict;
mod wording;

use crate::mount::Mount;

pub use announce::{Announcement, announce, announce_closing};
pub use check::{
    TemplateCheck, TemplateProblem, check_subscriptions, check_templates, has_subscriptions,
};
pub use deliver::deliver;
pub use outcome::{Report, report};
pub use reach::{Preview, preview};
pub use reminders::{reconcile, remind_due};
pub use turn::turn_due;

/// Job: carry a notice to its recipients. Payload: `{ notice_id }`.
pub const DELIVER: &str = "notice.deliver";
/// Job: find the next way for a delivery that failed after WeChat had taken it. Payload:
/// `{ delivery_id }`.
pub const TURN: &str = "notice.turn";
/// Job: a reminder whose time has come. Payload: `{ activity_id, purpose, starts_at?, session? }`;
/// with `starts_at` nothing is sent once the activity was moved.
pub const REMIND: &str = "notice.remind";
/// Job: close deliveries that WeChat never reported on. Payload: `{ notice_id }`.
pub const RECONCILE: &str = "notice.reconcile";

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::deliveries)
        .service(routes::reach_preview)
        .service(routes::remind)
        .service(routes::phoned)
        .service(resend_routes::resend_delivery)
        .service(resend_routes::resend_notice)
        .service(template_routes::message_templates)
        .service(template_routes::put_message_template)
        .service(pause_routes::channel_pauses)
        .service(pause_routes::resume_channel)
        .service(subscription_routes::my_subscriptions)
        .service(subscription_routes::report_subscriptions)
        .service(inbox_routes::inbox)
        .service(inbox_routes::inbox_read);
}
