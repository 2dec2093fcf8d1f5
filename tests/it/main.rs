//! Integration tests: one file per capability, each test a sentence about behaviour.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up must stop"
)]

mod abuse;
mod account;
mod activity;
mod audit;
mod authority;
mod backup;
mod birth;
mod calendar;
mod callback;
mod checkin;
mod content;
mod contract;
mod crowd;
mod desk;
mod doctor;
mod duty;
mod duty_import;
mod facts;
mod figures;
mod files;
mod keys;
mod killed;
mod layering;
mod leave;
mod ledger;
mod nation;
mod nodes;
mod notice;
mod notice_again;
mod notice_pause;
mod notice_ways;
mod people;
mod period;
mod plan;
mod process;
mod report;
mod review;
mod roster;
mod rulebook;
mod schema;
mod score;
mod screen;
mod session;
mod sign_in;
mod stopping;
mod story;
mod term;
mod tidy;
mod wechat_account;
