//! What the rules say: pure functions over facts, with no clock, no network and no database.
//!
//! Time is always an argument and always an instant in UTC; what a person sees is Asia/Shanghai
//! ([`time::local`]). Nothing here knows how a thing is stored or served, apart from two optional
//! features that teach ids and words to be columns (`sea-orm`) and schemas (`utoipa`).

#[macro_use]
mod words;

pub use words::UnknownWord;

pub mod activity;
pub mod attendance;
pub mod authority;
pub mod calendar;
pub mod checkin;
pub mod closing;
pub mod content;
pub mod duty;
pub mod follower;
pub mod ids;
pub mod leave;
pub mod ledger;
pub mod notice;
pub mod people;
pub mod plan;
pub mod points;
pub mod review;
pub mod roster;
pub mod rulebook;
pub mod score;
pub mod session;
pub mod table;
pub mod text;
pub mod time;
