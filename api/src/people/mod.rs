//! People and where they belong: the catalogue of groups and sectors, members, seats, and how the
//! office lets a member bind a WeChat.
//!
//! Binding itself is signing in ([`crate::sign_in`]); bringing in a whole roster is
//! [`crate::roster`].

mod bindings;
mod bindings_routes;
mod catalogue;
mod catalogue_routes;
mod export;
mod guarded;
mod members;
mod members_change;
mod members_routes;
mod seats;
mod seats_routes;
mod seats_rules;

use chrono::{DateTime, Utc};
use domain::calendar::ShiftPolicy;
use entity::committee;
use sea_orm::{EntityTrait, Set};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::db::{self, Db, SYSTEM};
use crate::error::Result;

pub use bindings::canonical_invite_code;
pub use catalogue::{current_term, in_office};
pub use members_change::rename_account;

/// Mounts the operations.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(catalogue_routes::groups)
        .service(catalogue_routes::sectors)
        .service(catalogue_routes::stations)
        .service(catalogue_routes::special_committees)
        .service(catalogue_routes::terms)
        .service(members_routes::list_members)
        .service(members_routes::members_xlsx)
        .service(members_routes::create_member)
        .service(members_routes::read_member)
        .service(members_routes::update_member)
        .service(members_routes::member_phone)
        .service(bindings_routes::create_invite_code)
        .service(bindings_routes::binding_requests)
        .service(bindings_routes::decide_binding_request)
        .service(seats_routes::list_seats)
        .service(seats_routes::grant_seat)
        .service(seats_routes::confirm_seat)
        .service(seats_routes::end_seat);
}

/// Makes the committee that stands for the service itself, if it is not there yet.
pub async fn found_system(db: &Db, now: DateTime<Utc>) -> Result<()> {
    db.housekeeping(async |txn| {
        let system = committee::ActiveModel {
            id: Set(SYSTEM),
            code: Set("system".to_owned()),
            name: Set("系统".to_owned()),
            shift_policy: Set(ShiftPolicy::PreviousWorkday),
            correction_workdays: Set(0),
            offline_hours: Set(0),
            code_secret: Set(Vec::new()),
            created_at: Set(now),
        };
        committee::Entity::insert(system)
            .on_conflict_do_nothing_on([committee::Column::Id])
            .exec_without_returning(txn)
            .await?;
        db::begin_chains(txn, SYSTEM).await
    })
    .await
}
