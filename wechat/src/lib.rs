//! What we say to WeChat and what it says to us: calls, callbacks, signatures and its own rules.
//!
//! The words here are WeChat's (app, openid, template message); nothing knows of our tables or our
//! members. Time is an argument or comes from the clock given in [`client::Options`].

pub mod account;
pub mod callback;
pub mod client;
pub mod crypto;
pub mod custom;
pub mod draft;
pub mod endpoint;
pub mod error;
pub mod followers;
mod hidden;
pub mod jssdk;
mod lenient;
pub mod login;
pub mod media;
pub mod menu;
mod multipart;
pub mod oauth;
pub mod ops;
pub mod phone;
pub mod qrcode;
pub mod security;
pub mod subscribe;
pub mod tags;
pub mod template;
pub mod token;
pub mod user_data;
pub mod values;
pub mod wxacode;

#[cfg(feature = "sim")]
pub mod sim;

pub use account::Account;
pub use client::{App, Client, Options};
pub use endpoint::AppKind;
pub use error::{ApiError, Class, Error, LimitError};
