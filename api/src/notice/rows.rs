//! The row of a delivery and the machine it is carried by.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{CommitteeId, DeliveryId, MemberId, NoticeId};
use domain::notice::delivery::{Delivery, Policy};
use domain::notice::{Channel, DeliveryState};
use entity::{Scoped, delivery, notice};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, Iterable, QueryFilter, Select};
use sha2::{Digest, Sha256};

use super::reach::Route;
use crate::crypto::random;
use crate::error::Result;

/// How many rows one statement writes.
const CHUNK: usize = 500;

/// At most 32 ASCII characters, the same for each try of one round of a delivery to one account.
pub fn client_msg_id(delivery: DeliveryId, app_id: &str, round: i32) -> String {
    let mut id = hex::encode(Sha256::digest(format!("{delivery} {app_id} {round}")));
    id.truncate(32);
    id
}

/// A delivery of a notice by one channel, not begun.
pub fn new_delivery(
    notice: &notice::Model,
    member: MemberId,
    channel: Channel,
    expires_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> delivery::Model {
    let id = DeliveryId::new(at, random());
    delivery::Model {
        committee_id: notice.committee_id,
        id,
        notice_id: notice.id,
        activity_id: notice.activity_id,
        member_id: member,
        channel,
        state: DeliveryState::Pending,
        reason: None,
        identity_id: None,
        app_id: None,
        client_msg_id: client_msg_id(id, "", 0),
        msg_id: None,
        attempts: 0,
        fence: 0,
        round: 0,
        template_id: None,
        next_attempt_at: Some(at),
        lease_until: None,
        doubt_since: None,
        first_attempt_at: None,
        accepted_at: None,
        expires_at: Some(expires_at),
        withdrawn: None,
        settled_at: None,
        phoned_by: None,
        created_at: at,
    }
}

/// Sends a delivery this way from here on.
pub fn put_on(row: &mut delivery::Model, route: &Route, at: DateTime<Utc>) {
    row.client_msg_id = client_msg_id(row.id, &route.app_id, row.round);
    row.identity_id = Some(route.identity);
    row.app_id = Some(route.app_id.clone());
    row.template_id = None;
    row.next_attempt_at = Some(at);
}

/// The machine of a row.
pub fn machine(row: &delivery::Model) -> Delivery {
    let life: TimeDelta = Policy::WECHAT.life;
    Delivery {
        channel: row.channel,
        state: row.state,
        reason: row.reason.clone(),
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        fence: row.fence,
        next_attempt_at: row.next_attempt_at,
        lease_until: row.lease_until,
        first_attempt_at: row.first_attempt_at,
        doubt_since: row.doubt_since,
        accepted_at: row.accepted_at,
        msg_id: row.msg_id,
        settled_at: row.settled_at,
        expires_at: row.expires_at.unwrap_or(row.created_at + life),
        withdrawn: row.withdrawn.clone(),
    }
}

/// Writes the machine back into its row.
pub fn put(row: &mut delivery::Model, machine: Delivery) {
    let Delivery {
        channel,
        state,
        reason,
        attempts,
        fence,
        next_attempt_at,
        lease_until,
        first_attempt_at,
        doubt_since,
        accepted_at,
        msg_id,
        settled_at,
        expires_at,
        withdrawn,
    } = machine;
    row.channel = channel;
    row.state = state;
    row.reason = reason;
    row.attempts = i32::try_from(attempts).unwrap_or(i32::MAX);
    row.fence = fence;
    row.next_attempt_at = next_attempt_at;
    row.lease_until = lease_until;
    row.first_attempt_at = first_attempt_at;
    row.doubt_since = doubt_since;
    row.accepted_at = accepted_at;
    row.msg_id = msg_id;
    row.settled_at = settled_at;
    row.expires_at = Some(expires_at);
    row.withdrawn = withdrawn;
}

/// Writes rows that are locked, or new: many in one statement.
pub async fn store(txn: &DatabaseTransaction, rows: &[delivery::Model]) -> Result<()> {
    use delivery::Column as C;
    let fixed = [
        C::CommitteeId,
        C::Id,
        C::NoticeId,
        C::MemberId,
        C::CreatedAt,
    ];
    let changing = || {
        C::iter().filter(move |column| {
            !fixed
                .iter()
                .any(|fixed| std::mem::discriminant(fixed) == std::mem::discriminant(column))
        })
    };
    for chunk in rows.chunks(CHUNK) {
        let models = chunk.iter().cloned().map(delivery::ActiveModel::from);
        delivery::Entity::insert_many(models)
            .on_conflict(
                OnConflict::columns([C::CommitteeId, C::Id])
                    .update_columns(changing())
                    .to_owned(),
            )
            .exec_without_returning(txn)
            .await?;
    }
    Ok(())
}

/// The states of what is still to be sent.
pub const OPEN: [DeliveryState; 2] = [DeliveryState::Pending, DeliveryState::Sending];

/// The rows of a notice that WeChat is still to carry.
pub fn open_rows(committee: CommitteeId, notice: NoticeId) -> Select<delivery::Entity> {
    delivery::Entity::of(committee)
        .filter(delivery::Column::NoticeId.eq(notice))
        .filter(delivery::Column::State.is_in(OPEN))
        .filter(delivery::Column::Channel.ne(Channel::Phone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_message_has_one_id_for_each_account_and_round_and_it_fits() {
        let id = DeliveryId(Uuid::from_u128(7));

        assert_eq!(client_msg_id(id, "wx1", 0), client_msg_id(id, "wx1", 0));
        assert_ne!(client_msg_id(id, "wx1", 0), client_msg_id(id, "wx2", 0));
        assert_ne!(client_msg_id(id, "wx1", 0), client_msg_id(id, "wx1", 1));
        assert!(client_msg_id(id, "wx1", 0).len() <= 32);
    }
}
