//! The crate against known answers: vectors of the official manuals and of other people's
//! clients, and a small server that misbehaves as WeChat does.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up must stop"
)]

mod answers;
mod attacks;
mod callback;
mod codes;
mod crypto;
mod custom;
mod envelope;
mod fake;
mod forged;
mod generated;
mod http;
mod jssdk;
mod kinds;
mod library;
mod logs;
mod media;
mod menu;
mod oauth;
mod ops;
mod pushes;
mod qrcode;
mod replies;
mod security;
mod session;
mod subscriptions;
mod tags;
mod tokens;
mod user_data;
mod values;
mod vectors;
