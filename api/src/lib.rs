//! The service: a capability is a folder, shared rooms know no capability, and what mounts, works,
//! founds and shows the capabilities knows them all.

// The rooms.
pub mod access;
pub mod app;
pub mod batch;
pub mod cache;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod edge;
pub mod error;
pub mod extract;
pub mod facts;
pub mod idempotency;
pub mod jobs;
pub mod methods;
pub mod mount;
pub mod rulebook;
pub mod sheet;
pub mod spreadsheet;
pub mod telemetry;
pub mod upkeep;
pub mod wechat_apps;

// The capabilities.
pub mod account;
pub mod activity;
pub mod audit;
pub mod calendar;
pub mod callback;
pub mod checkin;
pub mod content;
pub mod duty;
pub mod files;
pub mod keys;
pub mod leave;
pub mod notice;
pub mod people;
pub mod plan;
pub mod report;
pub mod review;
pub mod roster;
pub mod score;
pub mod sign_in;
pub mod tidy;
pub mod wechat_account;

// What puts them to use.
pub mod backup;
pub mod demo;
pub mod description;
pub mod doctor;
pub mod founding;
pub mod server;
pub mod worker;
