//! The service: a capability is a folder, shared rooms know no capability except [`app`], which
//! mounts them.

pub mod access;
pub mod accounts;
pub mod app;
pub mod cache;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod edge;
pub mod error;
pub mod extract;
pub mod founding;
pub mod idempotency;
pub mod jobs;
pub mod methods;
pub mod sheet;
pub mod telemetry;

pub mod activity;
pub mod audit;
pub mod calendar;
pub mod callback;
pub mod checkin;
pub mod demo;
pub mod duty;
pub mod files;
pub mod leave;
pub mod notice;
pub mod people;
pub mod report;
pub mod roster;
pub mod score;
pub mod sign_in;
