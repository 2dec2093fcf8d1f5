//! How the tables came to be: added to, never edited, and independent of the entities.

#![expect(
    clippy::too_many_lines,
    reason = "a step lists its tables from the first to the last"
)]

use sea_orm_migration::prelude::*;

mod schema;

mod m20261122_000001_people;
mod m20261122_000002_activity;
mod m20261122_000003_notice;
mod m20261122_000004_duty;
mod m20261122_000005_record;
mod m20261122_000006_plan;
mod m20261122_000007_session;
mod m20261122_000008_activity_file;
mod m20261122_000009_rulebook;
mod m20261122_000010_period;
mod m20261122_000011_review;
mod m20261122_000012_duty;
mod m20261122_000013_delivery;
mod m20261122_000014_callback;
mod m20261122_000015_content;
mod m20261122_000017_upkeep;
mod m20261122_000018_born_on;
mod m20261122_000019_room;

/// Every step, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_people::Migration),
            Box::new(m20261122_000002_activity::Migration),
            Box::new(m20261122_000003_notice::Migration),
            Box::new(m20261122_000004_duty::Migration),
            Box::new(m20261122_000005_record::Migration),
            Box::new(m20261122_000006_plan::Migration),
            Box::new(m20261122_000007_session::Migration),
            Box::new(m20261122_000008_activity_file::Migration),
            Box::new(m20261122_000009_rulebook::Migration),
            Box::new(m20261122_000010_period::Migration),
            Box::new(m20261122_000011_review::Migration),
            Box::new(m20261122_000012_duty::Migration),
            Box::new(m20261122_000013_delivery::Migration),
            Box::new(m20261122_000014_callback::Migration),
            Box::new(m20261122_000015_content::Migration),
            Box::new(m20261122_000017_upkeep::Migration),
            Box::new(m20261122_000018_born_on::Migration),
            Box::new(m20261122_000019_room::Migration),
        ]
    }
}
