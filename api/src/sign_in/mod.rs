//! Signing in: by WeChat, by password, binding a WeChat to a member, and one's own account.
//!
//! Sessions and tokens themselves are in [`crate::access`].

mod binding;
mod me;
mod me_routes;
mod mini_program;
pub mod password;
mod routes;
pub mod totp;

use crate::mount::Mount;

pub(crate) use binding::rebind;
pub(crate) use me::end_sessions;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::sign_in_by_wechat)
        .service(routes::bind_wechat)
        .service(routes::sign_in_by_password)
        .service(routes::refresh_tokens)
        .service(routes::sign_out)
        .service(me_routes::show_me)
        .service(me_routes::change_password)
        .service(me_routes::end_all_sessions);
}
