//! What happens at the door: the rotating code, check-in and check-out, the roll, the counts for
//! the venue's screen, corrections afterwards, and the settlement when an activity closes.
//!
//! Who is invited and when an activity closes is decided in [`crate::activity`].

mod code;
mod correction;
mod desk;
mod live;
mod mend;
mod out;
mod policy;
mod refusal;
mod roll;
mod routes;
pub mod service;
mod settle;

use crate::mount::Mount;

pub use desk::Desk;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::door::check_in)
        .service(routes::door::check_in_code)
        .service(routes::door::check_in_code_picture)
        .service(routes::door::check_out)
        .service(routes::live::live_counts)
        .service(routes::roll::attendance_list)
        .service(routes::roll::roll_call)
        .service(routes::roll::my_attendance)
        .service(routes::correction::request_correction)
        .service(routes::correction::activity_corrections)
        .service(routes::correction::corrections)
        .service(routes::correction::decide_correction);
}
