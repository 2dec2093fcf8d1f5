//! Everybody asks everything about every place.

use domain::authority::{Reach, Standing};
use domain::ids::{GroupId, SpecialCommitteeId};
use entity::{Scoped, account, group, special_committee};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};
use serde_json::{Value, json};
use tests::TestApp;
use uuid::Uuid;

use super::rows::{PLACES, Place, Rows, rows};
use super::table::Guard::{self, Public, Row, Seat, Session};
use super::table::OPERATIONS;

#[actix_web::test]
async fn the_table_is_kept_for_every_operation_subject_and_scope() {
    let t = TestApp::start().await;
    let rows = rows(&t).await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (who, standings) in subjects(&t).await {
        for (operation, guard) in OPERATIONS {
            for place in PLACES {
                let has_row = matches!(guard, Row(..));
                if !has_row && place != Place::Own {
                    continue;
                }
                // These end the sessions of those who are still to ask.
                if operation.ends_with("/auth/logout")
                    || operation.ends_with("/end-all")
                    || operation.ends_with("/me/password")
                {
                    continue;
                }
                let path = fill(operation, &rows, place);
                let (status, code) = ask(&t, who, &path).await;
                asked += 1;
                if let Some(expected) = objection(
                    *guard,
                    operation,
                    standings.as_deref(),
                    &rows,
                    place,
                    status,
                    &code,
                ) {
                    wrong.push(format!(
                        "{who:?} {operation} {place:?}: {status} {code}, expected {expected}"
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {asked}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(asked > 1500, "only {asked} questions were asked");
}

/// What should have been answered, if it was not.
fn objection(
    guard: Guard,
    asked: &str,
    standings: Option<&[Standing]>,
    rows: &Rows,
    place: Place,
    status: u16,
    code: &str,
) -> Option<&'static str> {
    let (operation, read) = match guard {
        Public => return (status >= 500 && status != 503).then_some("no crash"),
        Session => {
            let refused = status == 401;
            return (refused != standings.is_none() && code != "wechat_code_invalid")
                .then_some("a session is enough");
        }
        Seat(operation) => (operation, None),
        Row(operation, read) => (operation, Some(read)),
    };
    let Some(standings) = standings else {
        return (status != 401).then_some("401");
    };
    let reach = Reach::of(operation, standings);
    let Some(read) = read else {
        return match reach {
            None => (code != "forbidden").then_some("403"),
            Some(_) => (code == "forbidden" || status == 401 || status >= 500).then_some("allowed"),
        };
    };
    let scope = match place {
        Place::Own | Place::OtherGroup => rows.scopes[&place].clone(),
        Place::OtherCommittee | Place::Absent => return (status != 404).then_some("404"),
    };
    let mut scope = scope;
    if asked.contains("/activities/") && place == Place::Own {
        // An activity is everybody's who was invited to it.
        let member = standings.iter().find_map(|standing| {
            if let Standing::Member(member, _) = standing {
                Some(*member)
            } else {
                None
            }
        });
        scope.member = member.or(scope.member);
    }
    if asked.contains("/api/v1/reviews/") {
        // A published list is everybody's, whose group and member it may be.
        for standing in standings {
            match standing {
                Standing::Member(member, group) => {
                    scope.member = Some(*member);
                    scope.groups.push(*group);
                }
                Standing::Convener(group) => scope.groups.push(*group),
                Standing::Staff(_, groups) => scope.groups.extend(groups),
                _ => {}
            }
        }
    }
    let reaches =
        |operation| Reach::of(operation, standings).is_some_and(|reach| reach.covers(&scope));
    if reaches(operation) {
        (code == "forbidden" || code == "not_found" || status == 401 || status >= 500)
            .then_some("allowed")
    } else if reaches(read) {
        (code != "forbidden").then_some("403")
    } else {
        (status != 404).then_some("404")
    }
}

fn fill(operation: &str, rows: &Rows, place: Place) -> String {
    let mut path = operation.to_owned();
    for (name, fallback) in [
        ("app_id", "wxnobody"),
        ("word", "guessed"),
        ("quarter", "2026-Q3"),
        ("period", "2025"),
        ("purpose", "eve_reminder"),
        ("import_id", ""),
        ("message_id", ""),
    ] {
        let value = if fallback.is_empty() {
            Uuid::nil().to_string()
        } else {
            fallback.to_owned()
        };
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    for ((name, there), id) in &rows.ids {
        if *there == place {
            path = path.replace(&format!("{{{name}}}"), id);
        }
    }
    assert!(!path.contains('{'), "{path} is not filled");
    path
}

async fn ask(t: &TestApp, who: Option<&str>, operation: &str) -> (u16, String) {
    let (method, path) = operation.split_once(' ').expect("method and path");
    let method: Method = method.parse().expect("a method");
    let mut request = t
        .client
        .http()
        .request(method.clone(), format!("{}{path}", t.base));
    if let Some(who) = who {
        request = request.bearer_auth(t.token(who).await);
    }
    if method != Method::GET {
        request = request.json(&json!({}));
    }
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    // The live stream of an activity has no end; only problems are read.
    let is_problem = response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind == "application/problem+json");
    let problem = if is_problem {
        response.json::<Value>().await.expect("a problem")
    } else {
        Value::Null
    };
    (
        status,
        problem["code"].as_str().unwrap_or_default().to_owned(),
    )
}

async fn subjects(t: &TestApp) -> Vec<(Option<&'static str>, Option<Vec<Standing>>)> {
    let groups: Vec<GroupId> = group::Entity::of(t.committee)
        .order_by_asc(group::Column::Ordinal)
        .all(t.app.db.read())
        .await
        .expect("groups")
        .iter()
        .map(|group| group.id)
        .collect();
    let special = special_committee::Entity::of(t.committee)
        .order_by_asc(special_committee::Column::Ordinal)
        .one(t.app.db.read())
        .await
        .expect("specials")
        .expect("one");
    let special: SpecialCommitteeId = special.id;
    let member = |who: &str| Standing::Member(t.members[who], groups[0]);
    disable(t).await;
    vec![
        (None, None),
        (Some("chen"), Some(vec![member("chen")])),
        (
            Some("alice"),
            Some(vec![member("alice"), Standing::Convener(groups[0])]),
        ),
        (
            Some("staff1"),
            Some(vec![Standing::Staff(special, vec![groups[0], groups[1]])]),
        ),
        (Some("office"), Some(vec![Standing::Office])),
        (Some("leader"), Some(vec![Standing::Leader])),
        (Some("auditor"), Some(vec![Standing::Auditor])),
        (Some("admin"), Some(vec![Standing::Admin])),
        (Some("ding"), None),
    ]
}

/// Disables ding's account after he signed in: his token is worth nothing.
async fn disable(t: &TestApp) {
    t.token("ding").await;
    let now = t.now();
    t.app
        .db
        .housekeeping(async |txn| {
            let row = account::Entity::of(t.committee)
                .filter(account::Column::MemberId.eq(t.members["ding"]))
                .one(txn)
                .await?
                .expect("ding signed in");
            let change = account::ActiveModel {
                committee_id: Set(row.committee_id),
                id: Set(row.id),
                disabled_at: Set(Some(now)),
                ..Default::default()
            };
            account::Entity::update(change).exec(txn).await?;
            Ok(())
        })
        .await
        .expect("ding is disabled");
    t.app.standings.forget();
}
