//! Integration tests: one file per capability, each test a sentence about behaviour.

mod activity;
mod audit;
mod authority;
mod calendar;
mod callback;
mod checkin;
mod contract;
mod crowd;
mod duty;
mod files;
mod layering;
mod leave;
mod notice;
mod roster;
mod people;
mod schema;
mod sign_in;
mod score;
mod story;
