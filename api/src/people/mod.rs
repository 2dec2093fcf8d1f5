//! People and where they belong: the catalogue of groups and sectors, members, seats, and how the
//! office lets a member bind a WeChat.
//!
//! Binding itself is signing in ([`crate::sign_in`]); bringing in a whole roster is
//! [`crate::roster`].

mod bindings;
mod bindings_routes;
mod catalogue;
mod catalogue_routes;
mod export;
mod guarded;
mod members;
mod members_change;
mod members_routes;
mod seats;
mod seats_routes;
mod seats_rules;

use crate::mount::Mount;

pub use bindings::canonical_invite_code;
pub use catalogue::{current_term, in_office};
pub use members_change::rename_account;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(catalogue_routes::groups)
        .service(catalogue_routes::sectors)
        .service(catalogue_routes::stations)
        .service(catalogue_routes::special_committees)
        .service(catalogue_routes::terms)
        .service(members_routes::list_members)
        .service(members_routes::members_xlsx)
        .service(members_routes::create_member)
        .service(members_routes::read_member)
        .service(members_routes::update_member)
        .service(members_routes::member_phone)
        .service(bindings_routes::create_invite_code)
        .service(bindings_routes::binding_requests)
        .service(bindings_routes::decide_binding_request)
        .service(seats_routes::list_seats)
        .service(seats_routes::grant_seat)
        .service(seats_routes::confirm_seat)
        .service(seats_routes::end_seat);
}
