//! The crate against known answers: vectors of the official manuals and of other people's
//! clients, and a small server that misbehaves as WeChat does.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up must stop"
)]

mod answers;
mod callback;
mod codes;
mod crypto;
mod envelope;
mod fake;
mod forged;
mod http;
mod kinds;
mod library;
mod pushes;
mod qrcode;
mod replies;
mod security;
mod tokens;
mod user_data;
mod values;
mod vectors;
