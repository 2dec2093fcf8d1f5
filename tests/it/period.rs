//! Closing a period: two people, frozen sheets, amendments, opening again, and the proof that what
//! was frozen comes out the same.

mod amending;
mod closing;
mod recompute;
mod shapes;

use domain::ids::RulebookId;
use domain::rulebook::RulebookStatus;
use entity::rulebook;
use sea_orm::{EntityTrait, Set};
use serde_json::{Value, json};
use tests::TestApp;
use uuid::Uuid;

/// A verified duty record of a member, done on a day.
async fn verified(t: &TestApp, who: &str, kind: &str, title: &str, on: &str) {
    let body = json!({ "kind": kind, "title": title, "done_on": on, "submit": true });
    let record = t.act(who, "/duty-records", body).await;
    let path = format!("/duty-records/{}/verify", record["id"].as_str().unwrap());
    t.act("office", &path, json!({})).await;
}

/// Closes a period that is over: the office proposes, the leader decides.
async fn close(t: &TestApp, key: &str) -> Value {
    let path = format!("/periods/{key}/close");
    t.act("office", &path, json!({})).await;
    t.act("leader", &path, json!({ "document": "邢东协〔2027〕1号" }))
        .await
}

/// Puts the clock into the next January, when the year 2026 is over.
fn next_year(t: &TestApp) {
    t.set("2027-01-10T09:00:00+08:00");
}

/// A rulebook as if it had been adopted for everything from a day on.
async fn adopted(t: &TestApp, text: &str, from: &str) {
    let schemes = api::rulebook::Schemes::default();
    let book = schemes.of("", text).expect("a rulebook").rulebook().clone();
    let row = rulebook::ActiveModel {
        committee_id: Set(t.committee),
        id: Set(RulebookId(Uuid::now_v7())),
        key: Set(book.key.clone()),
        version: Set(i32::try_from(book.version).unwrap()),
        title: Set(book.title.clone()),
        text: Set(text.to_owned()),
        hash: Set(book.hash().to_string()),
        status: Set(RulebookStatus::Adopted),
        effective_from: Set(Some(from.parse().unwrap())),
        created_by: Set(domain::ids::AccountId(Uuid::now_v7())),
        authors: Set(json!([])),
        adopted_at: Set(Some(t.now())),
        row_version: Set(1),
        created_at: Set(t.now()),
        updated_at: Set(t.now()),
        ..Default::default()
    };
    t.app
        .db
        .housekeeping(async |txn| {
            rulebook::Entity::insert(row)
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await
        .expect("the rulebook is written");
}

/// The line of a member in a list of scores.
fn line<'a>(page: &'a Value, name: &str) -> &'a Value {
    let items = page["items"].as_array().expect("a page");
    items
        .iter()
        .find(|row| row["name"] == name)
        .unwrap_or_else(|| panic!("{name} is not in {page}"))
}
