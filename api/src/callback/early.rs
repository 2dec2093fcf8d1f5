//! Reports on messages that came before the answers to our sends were written down.

use std::collections::{BTreeSet, HashMap};

use domain::ids::{CommitteeId, IdentityId, NoticeId};
use domain::notice::{Channel, DeliveryState};
use entity::{Scoped, callback, delivery, identity};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::handle::handle;
use super::service::message_key;
use crate::app::App;
use crate::error::Result;

/// How many rows one query names.
const CHUNK: usize = 500;

/// Handles the reports on the messages of a notice that were here before the answers to our sends
/// were written down.
pub async fn catch_up(app: &App, committee: CommitteeId, notice: NoticeId) -> Result<()> {
    let waiting: Vec<(String, i64, IdentityId)> = delivery::Entity::of(committee)
        .filter(delivery::Column::NoticeId.eq(notice))
        .filter(delivery::Column::Channel.eq(Channel::OfficialAccount))
        .filter(delivery::Column::State.eq(DeliveryState::Accepted))
        .all(app.db.read())
        .await?
        .into_iter()
        .filter_map(|row| Some((row.app_id?, row.msg_id?, row.identity_id?)))
        .collect();
    for chunk in waiting.chunks(CHUNK) {
        let openids: HashMap<IdentityId, String> = identity::Entity::of(committee)
            .filter(identity::Column::Id.is_in(chunk.iter().map(|(_, _, identity)| *identity)))
            .select_only()
            .columns([identity::Column::Id, identity::Column::Openid])
            .into_tuple()
            .all(app.db.read())
            .await?
            .into_iter()
            .collect();
        let keys = chunk
            .iter()
            .filter_map(|(_, msg_id, identity)| Some(message_key(*msg_id, openids.get(identity)?)));
        let accounts: BTreeSet<_> = chunk.iter().map(|(app_id, _, _)| app_id.clone()).collect();
        let early = callback::Entity::of(committee)
            .filter(callback::Column::AppId.is_in(accounts))
            .filter(callback::Column::DedupeKey.is_in(keys))
            .filter(callback::Column::HandledAt.is_null())
            .all(app.db.read())
            .await?;
        for row in early {
            handle(app, &row).await?;
        }
    }
    Ok(())
}
