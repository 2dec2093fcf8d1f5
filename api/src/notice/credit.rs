//! Credits for subscription messages: each tap on "accept" is good for one message.
//!
//! The phone tells of a tap at once and WeChat tells of the same tap by a push, in any order, late,
//! twice or never; both are one credit. WeChat keeps its own count and does not show it: when it
//! answers that nothing is left (43101), what we have noted is void.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{CommitteeId, CreditId, DeliveryId, IdentityId};
use domain::notice::DeliveryState;
use entity::{Scoped, identity, subscription_credit as credit};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use sha2::{Digest, Sha256};

use crate::crypto::random;
use crate::error::Result;

/// How far the phone's word of a tap and WeChat's may lie apart.
const SAME_TAP: TimeDelta = TimeDelta::minutes(5);
/// How many messages of one template somebody can have agreed to and not got: what is beyond was
/// made up.
const MOST: u64 = 50;
/// How many ids one query names.
const CHUNK: usize = 500;

/// Who tells of a tap, and how he names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The mini-program, with a name of its own for the tap.
    ByClient(String),
    /// WeChat (`subscribe_msg_popup_event`), with the `CreateTime` of the push, in Unix seconds.
    ByEvent(i64),
}

/// Somebody agreed to one message of a template. Telling of one tap again changes nothing.
///
/// Who is not known in the app has no credits: nothing could be sent to him.
pub async fn granted(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    app_id: &str,
    openid: &str,
    template_id: &str,
    told: &Told,
    at: DateTime<Utc>,
) -> Result<()> {
    let Some(identity) = known(txn, committee, app_id, openid).await? else {
        return Ok(());
    };
    grant(txn, committee, identity, template_id, told, at).await
}

/// The same for somebody whose identity is at hand.
pub(super) async fn grant(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    identity: IdentityId,
    template_id: &str,
    told: &Told,
    at: DateTime<Utc>,
) -> Result<()> {
    use credit::Column as C;
    // One popup asks for several templates, which are one tap on the phone and several credits.
    let key = |name: &str| hex::encode(Sha256::digest(format!("{name} {template_id}")));
    let (own, other, key) = match told {
        Told::ByClient(name) => (C::ClientKey, C::EventKey, key(name)),
        Told::ByEvent(seconds) => (C::EventKey, C::ClientKey, key(&seconds.to_string())),
    };
    let of_template = || {
        credit::Entity::of(committee)
            .filter(C::IdentityId.eq(identity))
            .filter(C::TemplateId.eq(template_id))
    };
    if of_template().filter(own.eq(&key)).count(txn).await? > 0 {
        return Ok(());
    }
    let agreed_at = match told {
        Told::ByClient(_) => at,
        Told::ByEvent(seconds) => DateTime::from_timestamp(*seconds, 0).unwrap_or(at),
    };
    // The other side may have told of this tap; each of its taps is met by one of ours.
    let same = of_template()
        .filter(own.is_null())
        .filter(other.is_not_null())
        .filter(C::AgreedAt.gte(agreed_at - SAME_TAP))
        .filter(C::AgreedAt.lte(agreed_at + SAME_TAP))
        .order_by_asc(C::AgreedAt)
        .lock_exclusive()
        .one(txn)
        .await?;
    if let Some(same) = same {
        let mut row = same.into_active_model();
        match told {
            Told::ByClient(_) => row.client_key = Set(Some(key)),
            Told::ByEvent(_) => row.event_key = Set(Some(key)),
        }
        row.update(txn).await?;
        return Ok(());
    }
    let left = of_template()
        .filter(C::SpentAt.is_null())
        .filter(C::VoidAt.is_null())
        .count(txn)
        .await?;
    if MOST <= left {
        return Ok(());
    }
    let (client_key, event_key) = match told {
        Told::ByClient(_) => (Some(key), None),
        Told::ByEvent(_) => (None, Some(key)),
    };
    let row = credit::Model {
        committee_id: committee,
        id: CreditId::new(at, random()),
        identity_id: identity,
        template_id: template_id.to_owned(),
        client_key,
        event_key,
        agreed_at,
        spent_by: None,
        spent_at: None,
        void_at: None,
    };
    // Two reports of one tap can race past the look above; the unique indexes
    // `subscription_credit_client` and `subscription_credit_event` keep it one credit.
    credit::Entity::insert(credit::ActiveModel::from(row))
        .on_conflict_do_nothing_on([C::CommitteeId, C::IdentityId, own])
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Somebody switched the messages of a template off in his settings
/// (`subscribe_msg_change_event`): what he had agreed to is void. A tap on "reject" in a popup
/// takes nothing away.
pub async fn rejected(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    app_id: &str,
    openid: &str,
    template_id: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    match known(txn, committee, app_id, openid).await? {
        Some(identity) => empty(txn, committee, identity, template_id, at).await,
        None => Ok(()),
    }
}

/// WeChat reports what became of a subscription message it had taken
/// (`subscribe_msg_sent_event`), by its id; an `error_code` of 0 is success. `None` when no such
/// message is known (yet), else the final state it came to, if it had none before.
pub async fn sent(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    app_id: &str,
    msg_id: i64,
    error_code: i64,
    at: DateTime<Utc>,
) -> Result<Option<Option<DeliveryState>>> {
    let outcome = if error_code == 0 {
        wechat::callback::JobOutcome::Success
    } else {
        wechat::callback::JobOutcome::SystemFailed
    };
    let report = super::Report {
        app_id: app_id.to_owned(),
        msg_id,
        outcome,
    };
    super::report(txn, committee, &report, at).await
}

/// How many messages of each template each of these people has agreed to and not got.
pub async fn left(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    identities: &[IdentityId],
) -> Result<HashMap<(IdentityId, String), u64>> {
    use credit::Column as C;
    let mut left = HashMap::new();
    for chunk in identities.chunks(CHUNK) {
        let rows: Vec<(IdentityId, String)> = credit::Entity::of(committee)
            .filter(C::IdentityId.is_in(chunk.iter().copied()))
            .filter(C::SpentAt.is_null())
            .filter(C::VoidAt.is_null())
            .select_only()
            .columns([C::IdentityId, C::TemplateId])
            .into_tuple()
            .all(db)
            .await?;
        for key in rows {
            *left.entry(key).or_default() += 1;
        }
    }
    Ok(left)
}

/// Spends the oldest credit on a message; tells whether there was one.
pub async fn spend(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    identity: IdentityId,
    template_id: &str,
    delivery: DeliveryId,
    at: DateTime<Utc>,
) -> Result<bool> {
    use credit::Column as C;
    let oldest = credit::Entity::of(committee)
        .filter(C::IdentityId.eq(identity))
        .filter(C::TemplateId.eq(template_id))
        .filter(C::SpentAt.is_null())
        .filter(C::VoidAt.is_null())
        .order_by_asc(C::AgreedAt)
        .order_by_asc(C::Id)
        .lock_exclusive()
        .one(txn)
        .await?;
    let Some(oldest) = oldest else {
        return Ok(false);
    };
    let mut row = oldest.into_active_model();
    row.spent_by = Set(Some(delivery));
    row.spent_at = Set(Some(at));
    row.update(txn).await?;
    Ok(true)
}

/// Gives back what was spent on messages that certainly were not sent.
pub async fn give_back(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    deliveries: &[DeliveryId],
) -> Result<()> {
    use credit::Column as C;
    if deliveries.is_empty() {
        return Ok(());
    }
    credit::Entity::update_many()
        .col_expr(C::SpentBy, Expr::value(Option::<DeliveryId>::None))
        .col_expr(C::SpentAt, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(C::CommitteeId.eq(committee))
        .filter(C::SpentBy.is_in(deliveries.iter().copied()))
        .exec(txn)
        .await?;
    Ok(())
}

/// WeChat says that nothing is left (43101): whatever we have noted is void.
pub async fn empty(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    identity: IdentityId,
    template_id: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    use credit::Column as C;
    credit::Entity::update_many()
        .col_expr(C::VoidAt, Expr::value(Some(at)))
        .filter(C::CommitteeId.eq(committee))
        .filter(C::IdentityId.eq(identity))
        .filter(C::TemplateId.eq(template_id))
        .filter(C::SpentAt.is_null())
        .filter(C::VoidAt.is_null())
        .exec(txn)
        .await?;
    Ok(())
}

async fn known(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    app_id: &str,
    openid: &str,
) -> Result<Option<IdentityId>> {
    Ok(identity::Entity::of(committee)
        .filter(identity::Column::AppId.eq(app_id))
        .filter(identity::Column::Openid.eq(openid))
        .one(txn)
        .await?
        .map(|row| row.id))
}
