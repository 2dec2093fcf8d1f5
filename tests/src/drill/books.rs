//! The books after a drill, held against what the phones were told: nothing lost, nothing double,
//! nothing nobody asked for, one audit entry each, and chains that verify.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::ids::{ActivityId, MemberId};
use entity::{Scoped, account, attendance, audit, checkin};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::Value;

use super::Ground;
use super::phones::Told;

type Who = (ActivityId, MemberId);

/// Compares; fails with what is wrong, and tells how many check-ins there are.
pub async fn compare(ground: &Ground, told: &Told) -> Result<usize> {
    let app = ground.app().await?;
    let (db, committee) = (app.db.read(), ground.acts[0].committee);
    let members: BTreeMap<_, MemberId> = account::Entity::of(committee)
        .all(db)
        .await?
        .into_iter()
        .filter_map(|account| Some((account.id, account.member_id?)))
        .collect();
    let mut acknowledged: BTreeMap<Who, &str> = BTreeMap::new();
    for one in &told.check_ins {
        let act = &ground.acts[one.act];
        let who = (act.activity, members[&act.crowd[one.member].account]);
        acknowledged.insert(who, &one.client_id);
    }
    let mut wrong = Vec::new();

    let rows = checkin::Entity::of(committee).all(db).await?;
    let mut stored: BTreeSet<Who> = BTreeSet::new();
    for row in &rows {
        let who = (row.activity_id, row.member_id);
        if !stored.insert(who) {
            wrong.push(format!("{who:?} is in twice"));
        }
        match acknowledged.get(&who) {
            Some(key) if *key == row.client_id => {}
            Some(key) => wrong.push(format!("{who:?} sent {key}, in is {}", row.client_id)),
            None => wrong.push(format!("{who:?} is in and nobody was told so")),
        }
    }
    for (who, key) in &acknowledged {
        if !stored.contains(who) {
            wrong.push(format!("{key} was acknowledged and is lost: {who:?}"));
        }
    }

    let entries = audit::Entity::of(committee)
        .filter(audit::Column::Operation.eq("check_in"))
        .filter(audit::Column::Outcome.eq("done"))
        .all(db)
        .await?;
    let mut entered: BTreeMap<Who, usize> = BTreeMap::new();
    for entry in &entries {
        let detail: Value = serde_json::from_str(&entry.detail)?;
        let activity = entry.subject_id.as_deref().unwrap_or_default().parse()?;
        let member = detail["member"].as_str().unwrap_or_default().parse()?;
        *entered
            .entry((ActivityId(activity), MemberId(member)))
            .or_default() += 1;
    }
    let once = stored.iter().map(|who| (*who, 1)).collect();
    if entered != once {
        let (entries, rows) = (entries.len(), stored.len());
        wrong.push(format!("{entries} audit entries for {rows} check-ins"));
    }

    let attended: BTreeSet<Who> = attendance::Entity::of(committee)
        .filter(attendance::Column::CheckedInAt.is_not_null())
        .all(db)
        .await?
        .into_iter()
        .filter(|row| row.status.attended())
        .map(|row| (row.activity_id, row.member_id))
        .collect();
    if attended != stored {
        let (present, rows) = (attended.len(), stored.len());
        wrong.push(format!("{present} attended by {rows} check-ins"));
    }

    if let Err(error) = ground.run(&["audit", "verify"]) {
        wrong.push(format!("{error:#}"));
    }
    wrong.truncate(20);
    anyhow::ensure!(wrong.is_empty(), "the books are wrong: {wrong:#?}");
    Ok(stored.len())
}
