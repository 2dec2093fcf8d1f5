//! Notices for a crowd: an official account that everybody follows, a meeting to tell of, and a
//! WeChat that takes its time to answer.
//!
//! For those who measure how notices are carried (`src/bin/drain.rs`) or what goes on beside it
//! (`src/bin/load`).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use api::app::App;
use api::db::Actor;
use api::demo::world::official_account;
use api::notice::{Announcement, announce};
use chrono::TimeDelta;
use domain::activity::{ActivityKind, ActivityMode, ActivityStatus};
use domain::ids::{AccountId, ActivityId, CommitteeId, IdentityId, MemberId, NoticeId};
use domain::notice::NoticePurpose;
use entity::{Scoped, activity, group, identity, member, notice, term};
use sea_orm::{EntityTrait, QueryOrder, Set};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;
use wechat::sim::{PersonSpec, Sim};

/// Passes everything on to `server`, what comes back a little later.
pub async fn slow(server: SocketAddr, pause: Duration) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    actix_web::rt::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            actix_web::rt::spawn(async move {
                let Ok(server) = tokio::net::TcpStream::connect(server).await else {
                    return;
                };
                let (mut asks, mut hears) = client.into_split();
                let (mut answers, mut asked) = server.into_split();
                let there = tokio::io::copy(&mut asks, &mut asked);
                let back = async {
                    let mut buffer = [0; 16_384];
                    while let Ok(length @ 1..) = answers.read(&mut buffer).await {
                        tokio::time::sleep(pause).await;
                        if hears.write_all(&buffer[..length]).await.is_err() {
                            break;
                        }
                    }
                };
                // Whichever side ends first ends the connection.
                tokio::select! { _ = there => {}, () = back => {} }
            });
        }
    });
    Ok(address)
}

/// Everybody follows one of the accounts.
pub async fn follow(
    app: &App,
    sim: &Sim,
    committee: CommitteeId,
    accounts: usize,
) -> Result<Vec<MemberId>> {
    for number in 0..accounts {
        sim.handle.set_callback(&official_account(number), None);
    }
    let members = member::Entity::of(committee).all(app.db.read()).await?;
    let ids: Vec<MemberId> = members.into_iter().map(|member| member.id).collect();
    let now = app.clock.now();
    let mut identities = Vec::with_capacity(ids.len());
    for (number, &member) in ids.iter().enumerate() {
        let (key, app_id) = (format!("p{number}"), official_account(number % accounts));
        let phone = format!("139{number:08}");
        sim.handle.add_person(PersonSpec {
            key: &key,
            phone: &phone,
        });
        sim.handle.follow(&app_id, &key);
        identities.push(identity::ActiveModel {
            committee_id: Set(committee),
            id: Set(IdentityId(Uuid::now_v7())),
            openid: Set(sim.handle.openid(&app_id, &key)),
            app_id: Set(app_id),
            unionid: Set(None),
            unionid_seen_at: Set(None),
            account_id: Set(None),
            member_id: Set(Some(member)),
            following: Set(true),
            following_at: Set(now.timestamp()),
            refused_code: Set(None),
            created_at: Set(now),
        });
    }
    app.db
        .housekeeping(async |txn| {
            for chunk in identities.chunks(200) {
                identity::Entity::insert_many(chunk.to_vec())
                    .exec_without_returning(txn)
                    .await?;
            }
            Ok(())
        })
        .await?;
    Ok(ids)
}

/// A meeting in a week.
pub async fn meeting(app: &App, committee: CommitteeId) -> Result<activity::Model> {
    let (db, now) = (app.db.read(), app.clock.now());
    let term = term::Entity::of(committee)
        .one(db)
        .await?
        .context("a term")?;
    let group = group::Entity::of(committee)
        .order_by_asc(group::Column::Ordinal)
        .one(db)
        .await?
        .context("a group")?;
    let starts_at = now + TimeDelta::days(7);
    let ends_at = starts_at + TimeDelta::hours(2);
    let row = activity::Model {
        committee_id: committee,
        id: ActivityId(Uuid::now_v7()),
        term_id: term.id,
        group_id: group.id,
        kind: ActivityKind::Study,
        mode: ActivityMode::AnnualPlan,
        title: "季度学习".to_owned(),
        content: String::new(),
        venue: "第一驿站".to_owned(),
        latitude: None,
        longitude: None,
        radius_m: None,
        starts_at,
        ends_at,
        opens_at: starts_at - TimeDelta::minutes(30),
        closes_at: ends_at,
        late_after: starts_at,
        reply_by: starts_at - TimeDelta::days(1),
        sessions: None,
        min_share_percent: None,
        lead_reason: None,
        audience: json!({ "groups": [], "members": [] }),
        status: ActivityStatus::Published,
        status_reason: None,
        created_by: AccountId(Uuid::now_v7()),
        submitted_by: None,
        approved_by: None,
        published_at: Some(now),
        closed_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    app.db
        .housekeeping(async |txn| {
            activity::Entity::insert(activity::ActiveModel::from(row.clone()))
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await?;
    Ok(row)
}

/// Publishes the activity to these members; their notices wait to be carried.
pub async fn publish(
    app: &Arc<App>,
    activity: &activity::Model,
    members: &[MemberId],
) -> Result<NoticeId> {
    let actor = Actor::service(activity.committee_id);
    let now = app.clock.now();
    app.db
        .write(&actor, "activity_publish", now, async |write| {
            write.about("activity", activity.id);
            let announcement = Announcement {
                activity,
                purpose: NoticePurpose::ActivityPublished,
                members: members.to_vec(),
                reason: None,
            };
            announce(app, write, announcement).await
        })
        .await?;
    app.work.notify_one();
    let last = notice::Entity::of(activity.committee_id)
        .order_by_desc(notice::Column::Id)
        .one(app.db.read())
        .await?;
    Ok(last.context("a notice")?.id)
}
