//! What the tables hold: one file per table, each opening with what the table promises.
//!
//! Every row belongs to a committee, and the committee is the first column of every key, so that
//! the safe query is the short one: [`Scoped::of`] finds the rows of one committee and there is no
//! other way to begin a query in the service.

pub mod account;
pub mod activity;
pub mod activity_day;
pub mod activity_file;
pub mod amendment;
pub mod attendance;
pub mod audit;
pub mod binding_request;
pub mod callback;
pub mod channel_pause;
pub mod checkin;
pub mod committee;
pub mod content_check;
pub mod correction;
pub mod delivery;
pub mod duty_import;
pub mod duty_record;
pub mod fact;
pub mod file;
pub mod group;
pub mod idempotency;
pub mod identity;
pub mod inbox_message;
pub mod invite_code;
pub mod job;
pub mod leave_request;
pub mod ledger_head;
pub mod link_conflict;
pub mod link_token;
pub mod media_check;
pub mod member;
pub mod message_template;
pub mod nomination;
pub mod notice;
pub mod objection;
pub mod period;
pub mod plan;
pub mod plan_item;
pub mod review;
pub mod review_candidate;
pub mod review_document;
pub mod roster_import;
pub mod rulebook;
pub mod seat;
pub mod sector;
pub mod session;
pub mod sheet;
pub mod special_committee;
pub mod station;
pub mod subscription_credit;
pub mod term;
pub mod upkeep;
pub mod wechat_account;

use domain::ids::CommitteeId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};

/// A table whose rows belong to committees.
pub trait Scoped: EntityTrait {
    /// The column that names the committee.
    const COMMITTEE: Self::Column;

    /// The rows of one committee.
    fn of(committee: CommitteeId) -> Select<Self> {
        Self::find().filter(Self::COMMITTEE.eq(committee))
    }
}
